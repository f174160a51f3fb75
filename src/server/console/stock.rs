//! Stock: by item, an item's lots in the order in which they should go, and what is at a place.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, html, in_query};
use super::{lots, story, words};
use crate::domain::{Day, ItemId, LocationId, Quantity, SiteZone, Timestamp, Unit};
use crate::server::http::App;
use crate::server::storage::console::{self as storage, BalanceRow, Names, PAGE_ROWS_MAX, Wanted};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

struct ItemRow {
    id: ItemId,
    code: String,
    name: String,
    amount: String,
    lots: u64,
    good_to: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "stock.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    rows: Vec<ItemRow>,
    next: String,
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: String,
}

/// "14 Mar 2027, in 111 days", and how loudly to say it.
pub(super) fn good_to(day: Option<Day>, today: Day) -> (String, &'static str) {
    let Some(day) = day else { return (String::new(), "") };
    let left = crate::domain::days_between(today, day);
    let tone = match left {
        ..0 => "bad",
        0..=30 => "warn",
        _ => "",
    };
    (format!("{}, {}", words::day(day), words::distance(today, day)), tone)
}

/// The day at the site.
pub(super) fn today(names: &Names, now: Timestamp) -> Day {
    names.site().map_or(SiteZone(chrono_tz::UTC), |site| site.zone).day(now)
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(after): Query<After>,
) -> Result<Response, PageError> {
    let items = app.storage.item_stock(seat.site, &after.after).await?;
    let mut wanted = Wanted::default();
    wanted.site(seat.site);
    let names = app.storage.names(seat.site, wanted).await?;
    let today = today(&names, seat.now);
    let next = match items.last() {
        Some(last) if items.len() == PAGE_ROWS_MAX => format!("/stock?after={}", in_query(&last.item.code)),
        _ => String::new(),
    };
    let stocked = items.iter().filter(|row| row.units != 0).count();
    let rows = items.into_iter().map(|row| {
        let (good_to, tone) = good_to(row.good_to, today);
        ItemRow {
            id: row.item.id,
            amount: words::amount(Quantity::balance(row.units), row.item.unit),
            code: row.item.code,
            name: row.item.name,
            lots: row.lots,
            good_to,
            tone,
        }
    });
    let rows: Vec<_> = rows.collect();
    let lead = match rows.len() {
        0 => "There are no items yet.".to_owned(),
        count => format!(
            "{stocked} of {count} items{} are in stock.",
            if next.is_empty() { "" } else { " on this page" }
        ),
    };
    html(&Page {
        shell: Shell::new(&app, &seat, "/stock").await?,
        title: "Stock",
        reload_s: 0,
        lead,
        rows,
        next,
    })
}

struct Balance {
    lot: String,
    lot_href: String,
    item: String,
    good_to: String,
    tone: &'static str,
    place: String,
    place_href: String,
    amount: String,
    since: String,
}

#[derive(Template)]
#[template(path = "balances.html", config = "src/server/console/askama.toml")]
struct Balances {
    shell: Shell,
    title: String,
    reload_s: u32,
    lead: String,
    by_item: bool,
    rows: Vec<Balance>,
    next: String,
    /// Where all of them are as CSV.
    file: String,
}

/// How many balances the pages before have shown.
#[derive(Deserialize)]
pub(super) struct Skip {
    #[serde(default)]
    skip: u64,
}

/// Where the balances go on.
fn next(path: &str, skip: u64, found: &storage::Balances) -> String {
    let shown = skip.saturating_add(found.rows.len() as u64);
    if shown < found.total && !found.rows.is_empty() { format!("{path}?skip={shown}") } else { String::new() }
}

async fn named(app: &App, seat: &Seat, rows: &[BalanceRow], mut wanted: Wanted) -> Result<Names, PageError> {
    wanted.site(seat.site);
    for row in rows {
        wanted.item(row.key.item);
        wanted.location(row.key.place.location);
    }
    Ok(app.storage.names(seat.site, wanted).await?)
}

fn told(rows: Vec<BalanceRow>, names: &Names, seat: &Seat) -> Vec<Balance> {
    let today = today(names, seat.now);
    let row = |row: BalanceRow| {
        let (good_to, tone) = good_to(row.good_to, today);
        let key = row.key;
        let serial = key.serial.as_ref().map_or(String::new(), |serial| format!(" · {serial}"));
        let unit = names.item(key.item).map_or(Unit::Each, |item| item.unit);
        Balance {
            lot: format!("{}{serial}", key.lot.as_ref().map_or("–", |lot| lot.as_str())),
            lot_href: lots::href(key.item, key.lot.as_ref()),
            item: names.item_name(key.item),
            good_to,
            tone,
            place: story::place(&key.place, names),
            place_href: format!("/locations/{}", key.place.location),
            amount: words::amount(Quantity::balance(row.units), unit),
            since: words::ago(seat.now, row.since),
        }
    };
    rows.into_iter().map(row).collect()
}

pub(super) async fn item(
    State(app): State<App>,
    seat: Seat,
    Path(item): Path<i64>,
    Query(from): Query<Skip>,
) -> Result<Response, PageError> {
    let id = ItemId(item);
    let found = app.storage.balances_of(seat.site, id, from.skip).await?;
    let mut wanted = Wanted::default();
    wanted.item(id);
    let names = named(&app, &seat, &found.rows, wanted).await?;
    let item = names.item(id).ok_or(PageError::NotFound("item"))?;
    let amount = words::amount(Quantity::balance(found.units), item.unit);
    let lead = match found.total {
        0 => format!("{}: nothing in stock.", item.name),
        1 => format!("{}: {amount} at one place.", item.name),
        count => format!("{}: {amount} in {count} balances, first expiry first.", item.name),
    };
    let title = item.name.clone();
    let next = next(&format!("/items/{id}"), from.skip, &found);
    let file = format!("/stock.csv?item={id}");
    let rows = told(found.rows, &names, &seat);
    let shell = Shell::new(&app, &seat, "/stock").await?;
    html(&Balances { shell, title, reload_s: 0, lead, by_item: true, rows, next, file })
}

pub(super) async fn location(
    State(app): State<App>,
    seat: Seat,
    Path(location): Path<i64>,
    Query(from): Query<Skip>,
) -> Result<Response, PageError> {
    let id = LocationId(location);
    let found = app.storage.balances_at(seat.site, id, from.skip).await?;
    let mut wanted = Wanted::default();
    wanted.location(id);
    let names = named(&app, &seat, &found.rows, wanted).await?;
    let title = names.location(id).ok_or(PageError::NotFound("place"))?.code.clone();
    let lead = match found.total {
        0 => format!("{title} is empty."),
        1 => format!("{title} holds one balance."),
        count => format!("{title} holds {count} balances."),
    };
    let next = next(&format!("/locations/{id}"), from.skip, &found);
    let file = format!("/stock.csv?location={id}");
    let rows = told(found.rows, &names, &seat);
    let shell = Shell::new(&app, &seat, "/stock").await?;
    html(&Balances { shell, title, reload_s: 0, lead, by_item: false, rows, next, file })
}
