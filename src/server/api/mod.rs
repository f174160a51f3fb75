//! `/api/v1`: what other programs ask of a site, and what they bring. Each endpoint is documented where it is written, and
//! the document at `/api/v1/openapi.json` is made from that, with the router: neither can have what the other lacks.
//!
//! Every handler takes a [`Caller`](super::http::Caller) of the scope that it needs; the site is the key's, and every
//! query begins with it, so that no number or name in a request can show another site's goods.

mod csv;
mod document;
mod events;
mod imports;
mod list;
mod lots;
mod orders;
mod params;
mod stock;
mod webhooks;

pub(super) use list::whole_csv;

use super::http::App;
use crate::exchange::import::FILE_BYTES_MAX;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of the API.
pub(super) fn routes() -> Router<App> {
    let (router, _) = documented().split_for_parts();
    router
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX))
        .layer(RequestDecompressionLayer::new())
        .layer(RequestBodyLimitLayer::new(FILE_BYTES_MAX))
        .layer(map_response(guarded))
}

/// The routes with what is written about them.
fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(document::openapi))
        .routes(routes!(imports::import_file))
        .routes(routes!(stock::stock))
        .routes(routes!(lots::lots))
        .routes(routes!(lots::origins))
        .routes(routes!(lots::destinations))
        .routes(routes!(orders::orders))
        .routes(routes!(events::events))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::add))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::enable))
        .routes(routes!(webhooks::disable))
        .routes(routes!(webhooks::test))
}

/// What every answer is sent with: it is nobody else's, and never a page.
async fn guarded(mut response: Response) -> Response {
    for (name, value) in [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
