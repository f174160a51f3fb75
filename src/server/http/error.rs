//! Errors become answers in this one place: a status, and `{"code", "message"}` for programs and people.

use super::log::request_id;
use crate::domain::Timestamp;
use crate::server::api_keys::Scope;
use crate::server::ingest::PushError;
use crate::server::people::PeopleError;
use crate::server::secret::SecretError;
use crate::server::storage::StorageError;
use crate::sync::wire::Conflict;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;
use uuid::Uuid;

/// Seconds after which a busy server may be asked again.
const RETRY_AFTER_S: u32 = 2;

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub(in crate::server) enum ApiError {
    /// The body or the address is not what the endpoint takes.
    #[error("{0}")]
    BadRequest(String),
    /// Too much of it.
    #[error("{0}")]
    TooLarge(String),
    /// It did not come in time.
    #[error("the body did not come in time")]
    Slow,
    /// The connection ended within it: the network's fault, not the sender's.
    #[error("the connection ended before the body did")]
    Incomplete,
    /// No signature, or not a device's that is known here.
    #[error("no device that is known here signed this request")]
    Unauthorized,
    /// Signed with a time that is too far from the server's.
    #[error("the request's time is too far from the server's clock")]
    Clock(Timestamp),
    /// Served already.
    #[error("this request was served already")]
    Replayed(Timestamp),
    /// More requests than can be remembered, or more tries than are allowed; after so many seconds there may be more.
    #[error("too many requests in a short time")]
    TooMany(u32),
    /// No key, or none that is good.
    #[error("no good API key came with this request; send it as `Authorization: Bearer KEY`")]
    NoKey,
    /// A good key that was made for other things.
    #[error("this key is not for {0}; it needs the scope `{0}`")]
    MissingScope(Scope),
    /// There is no such thing, or not at the caller's site.
    #[error("{0}")]
    NotFound(String),
    /// Well-formed, and still nothing that can be done.
    #[error("{0}")]
    Refused(String),
    /// A place in a list that this server never named.
    #[error("`after` is no cursor of this list; take it from `next` as it is")]
    BadCursor,
    /// Neither form of a list.
    #[error("lists are sent as application/json or text/csv")]
    NotAcceptable,
    /// A form where a file is wanted.
    #[error("send the file itself as the body, not a form with it")]
    UnsupportedMedia,
    /// There is no room for it now; after so many seconds there may be.
    #[error("too much is coming in at once; nothing was saved, come again")]
    Full(u32),
    /// A form that another page sent, or that is of another session.
    #[error("this form is not of this page; load it again")]
    ForeignForm,
    /// A person.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The figures of the server, asked for by somebody else.
    #[error("the figures are for this machine, and for who shows the token of --metrics-token-file")]
    NotForYou,
    /// The device is locked out.
    #[error("this device is locked out")]
    Revoked,
    /// The token opens nothing, was used, or is too old.
    #[error("the token is unknown, used or older than ten minutes")]
    BadToken,
    /// The push as a whole is malformed.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The device and the server do not agree on what is there.
    #[error("the device and the server disagree on what is there")]
    Conflict(Conflict),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database cannot be written now, or not by this program: others may serve.
    #[error("not ready: {0}")]
    NotReady(StorageError),
    /// The system's random numbers.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Work that was cut off.
    #[error("the work was cut off")]
    Cut,
}

/// Every answer that is not 2xx.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(in crate::server) struct Problem<'a> {
    /// What is wrong, for programs; it never changes.
    code: &'a str,
    /// What is wrong, for people.
    #[schema(value_type = String)]
    message: Cow<'a, str>,
    /// The server's clock, where another time would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    now: Option<Timestamp>,
    /// What the log calls this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    request: Option<Uuid>,
}

impl ApiError {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::TooLarge(_) | Self::Push(PushError::TooMany { .. } | PushError::TooLarge { .. }) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large")
            }
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "timeout"),
            Self::Incomplete => (StatusCode::REQUEST_TIMEOUT, "incomplete"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Clock(_) => (StatusCode::UNAUTHORIZED, "clock"),
            Self::Replayed(_) => (StatusCode::UNAUTHORIZED, "replayed"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
            Self::NoKey => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::MissingScope(_) => (StatusCode::FORBIDDEN, "missing_scope"),
            Self::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
            Self::BadCursor => (StatusCode::BAD_REQUEST, "bad_cursor"),
            Self::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, "not_acceptable"),
            Self::UnsupportedMedia => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::Revoked => (StatusCode::FORBIDDEN, "revoked"),
            Self::ForeignForm => (StatusCode::FORBIDDEN, "foreign_form"),
            Self::NotForYou => (StatusCode::FORBIDDEN, "not_for_you"),
            Self::People(PeopleError::Storage(error)) if error.passes() => {
                (StatusCode::SERVICE_UNAVAILABLE, "busy")
            }
            Self::BadToken => (StatusCode::FORBIDDEN, "bad_token"),
            Self::Push(PushError::OtherDevice) => (StatusCode::FORBIDDEN, "other_device"),
            Self::Push(PushError::BadSignature) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_signature"),
            Self::Push(PushError::NotDense { .. } | PushError::NoEpoch) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "malformed_push")
            }
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Self::Storage(error) if error.passes() => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Full(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::NotReady(_) => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
            Self::Storage(_) | Self::People(_) | Self::Secret(_) | Self::Cut => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Conflict(conflict) = &self {
            return (StatusCode::CONFLICT, Json(conflict)).into_response();
        }
        let (status, code) = self.kind();
        let message = if let Self::Full(_) = &self {
            self.to_string().into()
        } else if let Self::NotReady(_) = &self {
            tracing::warn!(error = %self, "asked whether it is ready");
            self.to_string().into()
        } else if status.is_server_error() {
            tracing::error!(error = %self, "request failed");
            "the server could not do this now; nothing was saved".into()
        } else {
            self.to_string().into()
        };
        let now = match self {
            Self::Clock(now) | Self::Replayed(now) => Some(now),
            _ => None,
        };
        let mut response =
            (status, Json(Problem { code, message, now, request: request_id() })).into_response();
        if matches!(self, Self::NoKey) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            let seconds =
                if let Self::TooMany(seconds) | Self::Full(seconds) = self { seconds } else { RETRY_AFTER_S };
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Gives errors that the layers and the router made (no such page, too long, too slow) the same form.
pub(super) async fn as_json(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    // Pages are made by handlers only; what the layers make is plain.
    let is_ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        [&b"application/json"[..], b"text/html"].iter().any(|ours| kind.as_bytes().starts_with(ours))
    });
    if !is_error || is_ours {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::REQUEST_TIMEOUT => "timeout",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_encoding",
        StatusCode::RANGE_NOT_SATISFIABLE => "range_not_satisfiable",
        _ if status.is_client_error() => "bad_request",
        _ => "internal",
    };
    let message = status.canonical_reason().unwrap_or("error").to_lowercase().into();
    let mut plain =
        (status, Json(Problem { code, message, now: None, request: request_id() })).into_response();
    let kept = [
        header::ALLOW,
        header::ACCEPT_ENCODING,
        header::CONTENT_RANGE,
        header::CACHE_CONTROL,
        header::X_CONTENT_TYPE_OPTIONS,
    ];
    for name in kept {
        if let Some(value) = response.headers().get(&name) {
            plain.headers_mut().insert(name, value.clone());
        }
    }
    plain
}
