//! `GET /api/v1/events`: the ledger from a place on, for programs that follow it.

use super::document::Refused;
use super::list::{Asked, Format, Page, answer};
use super::params::Params;
use crate::server::http::{ApiError, App, Caller, Events};
use crate::server::storage::export::{EventLine, EventList};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The last `seq` that is known; 0 or absent begins with the first entry.
    after: Option<String>,
    /// Entries on a page: 1 to 10,000, 1,000 where absent.
    limit: Option<usize>,
    /// `json` or `csv`; what `Accept` says where absent.
    format: Option<Format>,
}

/// Lists the ledger's entries behind a place: dense, in order, none left out and none twice, however often it is asked.
/// As CSV each change of an entry is a line, the list comes in pages too, and the header `x-next` says where the next one
/// begins.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "events",
    params(Which),
    responses(
        (status = 200, description = "A page of entries", content(
            (Page<EventLine> = "application/json"),
            (String = "text/csv")
        ), headers(("x-next" = String, description = "For CSV: `after` of the next page; absent behind the last one"))),
        Refused
    ),
    security(("key" = ["events"]))
)]
pub(super) async fn events(
    State(app): State<App>,
    caller: Caller<Events>,
    Params(which): Params<Which>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = Asked { format: which.format, after: which.after, limit: which.limit };
    answer(&app, &headers, (caller.site, EventList), asked, ("events", false)).await
}
