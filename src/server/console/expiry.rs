//! What will expire, and when.

use super::chart::{Bar, bars};
use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, html, in_query};
use super::stock::{good_to, today};
use super::{lots, words};
use crate::domain::{Day, ItemId, LotKey, LotNumber, Quantity, Unit};
use crate::server::http::App;
use crate::server::storage::console::{PAGE_ROWS_MAX, Wanted};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

const BANDS: [(&str, &str); 6] = [
    ("past its date", "bad"),
    ("within 7 days", "warn"),
    ("within 30 days", "warn"),
    ("31 to 60 days", ""),
    ("61 to 90 days", ""),
    ("91 to 180 days", ""),
];

struct Row {
    item: String,
    item_id: ItemId,
    lot: String,
    lot_href: String,
    good_to: String,
    tone: &'static str,
    amount: String,
}

#[derive(Template)]
#[template(path = "expiry.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    chart: String,
    rows: Vec<Row>,
    next: String,
}

/// The last lot of the page before.
#[derive(Deserialize)]
pub(super) struct After {
    after: Option<Day>,
    #[serde(default)]
    item: i64,
    #[serde(default)]
    lot: String,
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(after): Query<After>,
) -> Result<Response, PageError> {
    let mut wanted = Wanted::default();
    wanted.site(seat.site);
    let site = app.storage.names(seat.site, wanted).await?;
    let today = today(&site, seat.now);
    let lot = LotKey { item: ItemId(after.item), lot: LotNumber::new(&after.lot).ok() };
    let (found, rows) = app.storage.expiry(seat.site, today, after.after.map(|day| (day, lot))).await?;
    let mut wanted = Wanted::default();
    rows.iter().for_each(|row| wanted.item(row.lot.item));
    let names = app.storage.names(seat.site, wanted).await?;
    let count = |band: usize| found.get(band).map_or(0, |band| band.lots);
    let lead = match (count(0), count(1) + count(2)) {
        (0, 0) => "Nothing in stock expires within 30 days.".to_owned(),
        (0, 1) => "Nothing is past its date; 1 lot expires within 30 days.".to_owned(),
        (0, soon) => format!("Nothing is past its date; {soon} lots expire within 30 days."),
        (1, soon) => format!("1 lot is past its date, {} within 30 days.", lot_count(soon)),
        (past, soon) => format!("{past} lots are past their date, {} within 30 days.", lot_count(soon)),
    };
    let chart: Vec<_> =
        BANDS.iter().zip(&found).map(|((label, tone), band)| Bar { label, value: band.lots, tone }).collect();
    let next = match rows.last() {
        Some(last) if rows.len() == PAGE_ROWS_MAX => {
            let lot = in_query(last.lot.lot.as_ref().map_or("", LotNumber::as_str));
            format!("/expiry?after={}&item={}&lot={lot}", last.good_to, last.lot.item)
        }
        _ => String::new(),
    };
    let rows = rows.into_iter().map(|row| {
        let (good_to, tone) = good_to(Some(row.good_to), today);
        let unit = names.item(row.lot.item).map_or(Unit::Each, |item| item.unit);
        Row {
            item: names.item_name(row.lot.item),
            item_id: row.lot.item,
            lot: row.lot.lot.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string),
            lot_href: lots::href(row.lot.item, row.lot.lot.as_ref()),
            good_to,
            tone,
            amount: words::amount(Quantity::balance(row.units), unit),
        }
    });
    let rows = rows.collect();
    let shell = Shell::new(&app, &seat, "/expiry").await?;
    let chart = bars("Lots in stock by the days they have left", &chart);
    html(&Page { shell, title: "Expiry", reload_s: 0, lead, chart, rows, next })
}

fn lot_count(count: u64) -> String {
    if count == 1 { "1 lot".to_owned() } else { format!("{count} lots") }
}
