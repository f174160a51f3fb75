//! `GET /api/v1/orders`: confirmations, each order line with the lots and serial numbers that count against it.

use super::document::Refused;
use super::list::{Asked, Format, Page, answer};
use super::params::Params;
use crate::domain::{Direction, OrderStatus};
use crate::server::http::{ApiError, App, Caller, Read};
use crate::server::storage::export::{OrderLineRow, OrderList};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only `inbound` or `outbound` orders.
    #[param(value_type = Option<String>)]
    direction: Option<Direction>,
    /// Only `open`, `closed` or `cancelled` orders.
    #[param(value_type = Option<String>)]
    status: Option<OrderStatus>,
    /// Only the order of this number.
    order: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows on a page: 1 to 10,000, 1,000 where absent. For CSV: a page instead of the whole list.
    limit: Option<usize>,
    /// `json` or `csv`; what `Accept` says where absent.
    format: Option<Format>,
}

/// Lists how far orders are: a row for each lot and serial number that counts against an order line, one for each line
/// that nothing counts against yet, and line 0 for what was not ordered. As CSV the whole list is sent, from one moment.
#[utoipa::path(
    get,
    path = "/api/v1/orders",
    tag = "orders",
    params(Which),
    responses(
        (status = 200, description = "A page of order lines, or all of them as CSV", content(
            (Page<OrderLineRow> = "application/json"),
            (String = "text/csv")
        )),
        Refused
    ),
    security(("key" = ["read"]))
)]
pub(super) async fn orders(
    State(app): State<App>,
    caller: Caller<Read>,
    Params(which): Params<Which>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let list = OrderList { direction: which.direction, status: which.status, number: which.order };
    let asked = Asked { format: which.format, after: which.after, limit: which.limit };
    answer(&app, &headers, (caller.site, list), asked, ("orders", true)).await
}
