//! What a page says when it cannot be shown.

use super::shell::html;
use crate::server::own::OwnError;
use crate::server::secret::SecretError;
use crate::server::storage::StorageError;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a page is not shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// The role is not enough.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The form is not one of ours, or from an older session.
    #[error("this form is out of date; go back, load the page again and send it once more")]
    ForeignForm,
    /// There is no such thing at this site.
    #[error("there is no such {0} at this site")]
    NotFound(&'static str),
    /// What was sent cannot be used.
    #[error("{0}")]
    Wrong(String),
    /// What the server records itself.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system's random numbers.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A template.
    #[error("the page could not be made")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "error.html", config = "src/server/console/askama.toml")]
struct ErrorPage {
    message: String,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Forbidden(_) | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Wrong(_) => StatusCode::BAD_REQUEST,
            Self::Own(OwnError::Impossible(_)) => StatusCode::BAD_REQUEST,
            Self::Own(OwnError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage(error) | Self::Own(OwnError::Storage(error)) if error.passes() => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Storage(_) | Self::Own(_) | Self::Secret(_) | Self::Template(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let message = if status.is_server_error() {
            tracing::error!(error = %self, "page failed");
            "The server could not do this now. Nothing was saved. Try again.".to_owned()
        } else {
            let text = self.to_string();
            let mut chars = text.chars();
            chars
                .next()
                .map_or(String::new(), |first| first.to_uppercase().chain(chars).collect::<String>() + ".")
        };
        let mut response = match html(&ErrorPage { message }) {
            Ok(page) => (status, page).into_response(),
            Err(_) => status.into_response(),
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, axum::http::HeaderValue::from_static("2"));
        }
        response
    }
}
