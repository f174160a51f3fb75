//! One line for each request, with an id that the answer carries too.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

tokio::task_local! {
    static CURRENT: Uuid;
}

/// What the log calls the request that is being served.
pub(super) fn request_id() -> Option<Uuid> {
    CURRENT.try_with(|id| *id).ok()
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) async fn log(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = Instant::now();
    let span = tracing::info_span!("request", %id);
    let mut response = CURRENT.scope(id, next.run(request).instrument(span)).await;
    let (status, ms) = (response.status().as_u16(), begun.elapsed().as_millis());
    if response.status().is_server_error() {
        tracing::warn!(%id, %method, path, status, ms, "served");
    } else {
        tracing::info!(%id, %method, path, status, ms, "served");
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
