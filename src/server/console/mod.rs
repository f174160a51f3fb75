//! The supervisor's pages: server-made HTML that works without script, each page answering one question in its first
//! line.
//!
//! Everything below `/` but the sign-in needs a [`Seat`]: who sits there, at which site, and the token that every form
//! carries. A page asks `storage` for rows of that site only, so no address can show another site's goods.

mod audit;
mod cases;
mod chart;
mod devices;
mod discrepancies;
mod downloads;
mod error;
mod expiry;
mod holds;
mod imports;
mod lots;
mod orders;
mod people;
mod qr;
mod search;
mod seat;
mod shell;
mod stock;
mod story;
mod webhooks;
mod words;

pub(super) use qr::svg as code;

use super::http::{App, guarded};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

/// The pages' routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(devices::page))
        .route("/tiles", get(devices::tiles))
        .route("/devices/sign-off", post(devices::sign_off))
        .route("/devices/enrol", post(devices::enrol))
        .route("/devices/revoke", post(devices::revoke))
        .route("/devices/{device}", get(devices::one))
        .route("/discrepancies", get(discrepancies::page))
        .route("/discrepancy", get(discrepancies::one).post(discrepancies::settle))
        .route("/holds", get(holds::page).post(holds::place))
        .route("/holds/release", post(holds::release))
        .route("/holds/{hold}", get(cases::page))
        .route("/stock", get(stock::page))
        .route("/items/{item}", get(stock::item))
        .route("/locations/{location}", get(stock::location))
        .route("/lot", get(lots::page))
        .route("/stock.csv", get(downloads::stock))
        .route("/lots.csv", get(downloads::lots))
        .route("/orders.csv", get(downloads::orders))
        .route("/lot/origins.csv", get(downloads::origins))
        .route("/lot/destinations.csv", get(downloads::destinations))
        .route("/expiry", get(expiry::page))
        .route("/orders", get(orders::page))
        .route("/orders/{order}", get(orders::one))
        .route("/people", get(people::page).post(people::save))
        .route("/webhooks", get(webhooks::page).post(webhooks::act))
        .route("/audit", get(audit::page))
        .route("/search", get(search::page))
        .route("/imports", get(imports::page))
        .route(
            "/imports",
            post(imports::upload)
                .layer(DefaultBodyLimit::max(crate::exchange::import::FILE_BYTES_MAX + 4096)),
        )
        .layer(map_response(async |response: Response| guarded(response)))
        .route("/console.css", get(style))
}

async fn style() -> Response {
    let css = include_str!("templates/console.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], css)
        .into_response()
}
