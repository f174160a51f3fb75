//! One line for each request, with an id that the answer carries too, and the figures of all of them.

use super::App;
use axum::extract::{MatchedPath, Request, State};
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
pub(in crate::server) fn request_id() -> Option<Uuid> {
    CURRENT.try_with(|id| *id).ok()
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is told of requests for which there is no route, whatever they asked for.
const NO_ROUTE: &str = "none";
/// The methods that are told by name; the rest are others.
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PUT", "DELETE"];

pub(super) async fn log(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = Instant::now();
    let span = tracing::info_span!("request", %id);
    let mut response = CURRENT.scope(id, next.run(request).instrument(span)).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    let ms = took.as_millis();
    let told = METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    app.storage.metrics().request(told, route, status, took);
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
