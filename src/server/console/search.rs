//! One box: whatever somebody holds in hand, its page is one click away.

use super::error::PageError;
use super::lots;
use super::seat::Seat;
use super::shell::{Shell, html};
use crate::domain::{Direction, MasterRecord, PartyKind};
use crate::server::http::App;
use crate::server::storage::console::{Hit, Wanted};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Longest text looked for, in bytes.
const QUERY_BYTES_MAX: usize = 96;

struct Row {
    kind: &'static str,
    name: String,
    sub: String,
    href: String,
}

#[derive(Template)]
#[template(path = "search.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
pub(super) struct What {
    #[serde(default)]
    q: String,
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(what): Query<What>,
) -> Result<Response, PageError> {
    let text = what.q.trim();
    let hits =
        if text.len() > QUERY_BYTES_MAX { Vec::new() } else { app.storage.search(seat.site, text).await? };
    let mut wanted = Wanted::default();
    for hit in &hits {
        match hit {
            Hit::Lot(lot) => wanted.item(lot.item),
            Hit::Hu(item, _, location) => {
                wanted.item(*item);
                wanted.location(*location);
            }
            _ => {}
        }
    }
    let names = app.storage.names(seat.site, wanted).await?;
    let rows: Vec<_> = hits
        .into_iter()
        .filter_map(|hit| match hit {
            Hit::Lot(lot) => Some(Row {
                kind: "lot",
                name: lot.lot.as_ref().map_or(String::new(), ToString::to_string),
                sub: names.item_name(lot.item),
                href: lots::href(lot.item, lot.lot.as_ref()),
            }),
            Hit::Hu(item, lot, location) => Some(Row {
                kind: "in this unit",
                name: format!(
                    "{}, lot {}",
                    names.item_name(item),
                    lot.as_ref().map_or("–", |lot| lot.as_str())
                ),
                sub: names.place(location),
                href: lots::href(item, lot.as_ref()),
            }),
            Hit::Record(record) => found(*record),
            Hit::Device(id, name) => {
                Some(Row { kind: "device", name, sub: String::new(), href: format!("/devices/{id}") })
            }
        })
        .collect();
    if let [only] = &rows[..] {
        return Ok(Redirect::to(&only.href).into_response());
    }
    let mut shell = Shell::new(&app, &seat, "/search").await?;
    shell.query = what.q.clone();
    let lead = match rows.len() {
        _ if text.is_empty() => "Type or scan a lot, an order, an item, a place or a device.".to_owned(),
        0 => format!("Nothing goes by \u{201c}{text}\u{201d} here."),
        count => format!("{count} things go by \u{201c}{text}\u{201d}."),
    };
    html(&Page { shell, title: "Find", reload_s: 0, lead, rows })
}

fn found(record: MasterRecord) -> Option<Row> {
    Some(match record {
        MasterRecord::Item(item) => {
            Row { kind: "item", name: item.name, sub: item.code, href: format!("/items/{}", item.id) }
        }
        MasterRecord::Location(place) => {
            Row { kind: "place", name: place.code, sub: place.zone, href: format!("/locations/{}", place.id) }
        }
        MasterRecord::Order(order) => Row {
            kind: if order.direction == Direction::Inbound { "delivery" } else { "order" },
            name: order.number,
            sub: String::new(),
            href: format!("/orders/{}", order.id),
        },
        MasterRecord::Party(party) => Row {
            kind: if party.kind == PartyKind::Supplier { "supplier" } else { "customer" },
            name: party.name,
            sub: party.code,
            href: if party.kind == PartyKind::Supplier { "/orders?inbound".into() } else { "/orders".into() },
        },
        MasterRecord::User(_) | MasterRecord::Site(_) => return None,
    })
}
