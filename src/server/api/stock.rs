//! `GET /api/v1/stock`: what is where, and how long it is good.

use super::document::Refused;
use super::list::{Asked, Format, Page, answer};
use super::params::{Params, item, location, lot_number};
use crate::server::http::{ApiError, App, Caller, Read};
use crate::server::storage::export::{StockLine, StockList};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only of the item of this code.
    item: Option<String>,
    /// Only of lots of this number.
    lot: Option<String>,
    /// Only at the place of this code.
    location: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows on a page: 1 to 10,000, 1,000 where absent. For CSV: a page instead of the whole list.
    limit: Option<usize>,
    /// `json` or `csv`; what `Accept` says where absent.
    format: Option<Format>,
}

/// Lists stock: every balance that is not zero, by item, lot, serial number, place and handling unit. As CSV the whole
/// list is sent, from one moment.
#[utoipa::path(
    get,
    path = "/api/v1/stock",
    tag = "stock",
    params(Which),
    responses(
        (status = 200, description = "A page of balances, or all of them as CSV", content(
            (Page<StockLine> = "application/json"),
            (String = "text/csv")
        )),
        Refused
    ),
    security(("key" = ["read"]))
)]
pub(super) async fn stock(
    State(app): State<App>,
    caller: Caller<Read>,
    Params(which): Params<Which>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let site = caller.site;
    let item = match &which.item {
        Some(code) => Some(item(&app, site, code).await?),
        None => None,
    };
    let location = match &which.location {
        Some(code) => Some(location(&app, site, code).await?),
        None => None,
    };
    let lot = which.lot.as_deref().map(lot_number).transpose()?;
    let asked = Asked { format: which.format, after: which.after, limit: which.limit };
    answer(&app, &headers, (site, StockList { item, lot, location }), asked, ("stock", true)).await
}
