//! `GET /api/v1/lots`, and for a recall `…/lots/origins` and `…/lots/destinations`: a lot's way back and forward.

use super::document::Refused;
use super::list::{Asked, Format, Page, answer};
use super::params::{Params, item, lot_number};
use crate::domain::{LotKey, SiteId};
use crate::server::http::{ApiError, App, Caller, Read};
use crate::server::storage::export::{
    DestinationLine, DestinationList, LotLine, LotList, OriginLine, OriginList,
};
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
    /// Only lots of this number.
    lot: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows on a page: 1 to 10,000, 1,000 where absent. For CSV: a page instead of the whole list.
    limit: Option<usize>,
    /// `json` or `csv`; what `Accept` says where absent.
    format: Option<Format>,
}

/// Lists lots by item and number, with what labels and papers said of them. As CSV the whole list is sent.
#[utoipa::path(
    get,
    path = "/api/v1/lots",
    tag = "lots",
    params(Which),
    responses(
        (status = 200, description = "A page of lots, or all of them as CSV", content(
            (Page<LotLine> = "application/json"),
            (String = "text/csv")
        )),
        Refused
    ),
    security(("key" = ["read"]))
)]
pub(super) async fn lots(
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
    let lot = which.lot.as_deref().map(lot_number).transpose()?;
    let asked = Asked { format: which.format, after: which.after, limit: which.limit };
    answer(&app, &headers, (site, LotList { item, lot }), asked, ("lots", true)).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct One {
    /// The item's code.
    item: String,
    /// The lot number; absent for an item without lots.
    lot: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows on a page: 1 to 10,000, 1,000 where absent. For CSV: a page instead of the whole list.
    limit: Option<usize>,
    /// `json` or `csv`; what `Accept` says where absent.
    format: Option<Format>,
}

impl One {
    /// The lot, which must be known: an empty answer to a misspelt number would say that nobody has any of it.
    async fn key(&self, app: &App, site: SiteId) -> Result<LotKey, ApiError> {
        let number = self.lot.as_deref().map(lot_number).transpose()?;
        let key = LotKey { item: item(app, site, &self.item).await?, lot: number };
        if app.storage.knows_lot(site, key.clone()).await? {
            return Ok(key);
        }
        let lot = self.lot.as_deref().unwrap_or_default();
        Err(ApiError::NotFound(format!("nothing is known of a lot {lot:?} of item {:?}", self.item)))
    }

    fn asked(self) -> Asked {
        Asked { format: self.format, after: self.after, limit: self.limit }
    }
}

/// Lists every receipt of a lot: from which supplier, on which order, how much, when. Undone ones follow with the same
/// quantity below zero.
#[utoipa::path(
    get,
    path = "/api/v1/lots/origins",
    tag = "lots",
    params(One),
    responses(
        (status = 200, description = "A page of receipts, or all of them as CSV", content(
            (Page<OriginLine> = "application/json"),
            (String = "text/csv")
        )),
        Refused
    ),
    security(("key" = ["read"]))
)]
pub(super) async fn origins(
    State(app): State<App>,
    caller: Caller<Read>,
    Params(one): Params<One>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let list = OriginList(one.key(&app, caller.site).await?);
    answer(&app, &headers, (caller.site, list), one.asked(), ("origins", true)).await
}

/// Lists every dispatch of a lot: to which customer, on which order, how much, when; who has some of it is asked of here
/// in a recall. What was undone or came back follows with a quantity below zero.
#[utoipa::path(
    get,
    path = "/api/v1/lots/destinations",
    tag = "lots",
    params(One),
    responses(
        (status = 200, description = "A page of dispatches, or all of them as CSV", content(
            (Page<DestinationLine> = "application/json"),
            (String = "text/csv")
        )),
        Refused
    ),
    security(("key" = ["read"]))
)]
pub(super) async fn destinations(
    State(app): State<App>,
    caller: Caller<Read>,
    Params(one): Params<One>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let list = DestinationList(one.key(&app, caller.site).await?);
    answer(&app, &headers, (caller.site, list), one.asked(), ("destinations", true)).await
}
