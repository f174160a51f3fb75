//! Bodies: read within the limits, decompressed by the layer above, parsed by serde.

use super::error::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::io;
use tower_http::timeout::TimeoutError;

/// A JSON body, whatever its content type says.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = whole(request, state).await?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(ApiError::BadRequest(format!("the body is not valid: {error}"))),
        }
    }
}

/// All of a body, as it is at this layer.
pub(in crate::server) async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { meaning(&rejection) }
    })
}

fn too_large() -> ApiError {
    ApiError::TooLarge("the body is too large".to_owned())
}

/// Looks through the causes: the limit and the clock are wrapped by the decompression, which is wrapped
/// again.
fn meaning(rejection: &(dyn Error + 'static)) -> ApiError {
    let (mut at, mut on_the_wire) = (rejection, false);
    loop {
        if at.is::<LengthLimitError>() {
            return too_large();
        }
        if at.is::<TimeoutError>() {
            return ApiError::Slow;
        }
        on_the_wire |= at.is::<hyper::Error>();
        let early = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
        if on_the_wire && at.downcast_ref::<io::Error>().is_some_and(early) {
            return ApiError::Incomplete;
        }
        // An io::Error's source skips the error that it wraps.
        let wrapped = at.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| at.source()) {
            Some(cause) => at = cause,
            None => return ApiError::BadRequest(format!("the body cannot be read: {at}")),
        }
    }
}
