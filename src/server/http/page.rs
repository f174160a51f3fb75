//! What every page carries: nothing from elsewhere, no script, no frame, no copy kept.

use super::error::ApiError;
use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// No script, no frame, nothing from elsewhere; forms go back to this server.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A page as an answer.
pub(super) fn page(template: &impl Template, status: StatusCode) -> Result<Response, ApiError> {
    let html = template.render().map_err(|_| ApiError::Cut)?;
    Ok(guarded((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()))
}

/// What every page is sent with.
pub(in crate::server) fn guarded(mut response: Response) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: browsers then hide the origin of our own forms too.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// With the seconds after which to try again.
pub(super) fn wait(mut response: Response, seconds: u32) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
