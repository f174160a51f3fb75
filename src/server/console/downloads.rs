//! What a page shows, all of it, as CSV: the lists are those of the API, for the site of whoever is signed in.

use super::error::PageError;
use super::lots;
use super::seat::Seat;
use crate::domain::{Direction, ItemId, LocationId};
use crate::server::api::whole_csv;
use crate::server::http::App;
use crate::server::storage::export::{DestinationList, LotList, OrderList, OriginList, StockList};
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Stock {
    item: Option<i64>,
    location: Option<i64>,
}

pub(super) async fn stock(
    State(app): State<App>,
    seat: Seat,
    Query(of): Query<Stock>,
) -> Result<Response, PageError> {
    let list = StockList { item: of.item.map(ItemId), lot: None, location: of.location.map(LocationId) };
    Ok(whole_csv(&app, seat.site, list, None, "stock").await?)
}

pub(super) async fn lots(State(app): State<App>, seat: Seat) -> Result<Response, PageError> {
    Ok(whole_csv(&app, seat.site, LotList::default(), None, "lots").await?)
}

#[derive(Deserialize)]
pub(super) struct Orders {
    inbound: Option<String>,
    /// Only the order of this number.
    number: Option<String>,
}

pub(super) async fn orders(
    State(app): State<App>,
    seat: Seat,
    Query(of): Query<Orders>,
) -> Result<Response, PageError> {
    let direction = match (&of.number, &of.inbound) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(Direction::Inbound),
        (None, None) => Some(Direction::Outbound),
    };
    if of.number.as_ref().is_some_and(|number| number.contains('\0')) {
        return Err(PageError::NotFound("order"));
    }
    let list = OrderList { direction, status: None, number: of.number };
    Ok(whole_csv(&app, seat.site, list, None, "orders").await?)
}

pub(super) async fn origins(
    State(app): State<App>,
    seat: Seat,
    Query(which): Query<lots::Which>,
) -> Result<Response, PageError> {
    Ok(whole_csv(&app, seat.site, OriginList(which.key()), None, "origins").await?)
}

pub(super) async fn destinations(
    State(app): State<App>,
    seat: Seat,
    Query(which): Query<lots::Which>,
) -> Result<Response, PageError> {
    Ok(whole_csv(&app, seat.site, DestinationList(which.key()), None, "destinations").await?)
}
