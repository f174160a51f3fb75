//! Orders: how far they are, and which lots stand against each line.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, html, in_query};
use super::{lots, words};
use crate::domain::{Direction, OrderId, OrderStatus, Quantity, Unit};
use crate::server::http::App;
use crate::server::storage::console::{LineProgress, OrderRow, Wanted};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

struct Row {
    id: OrderId,
    number: String,
    party: String,
    due: String,
    state: &'static str,
    tone: &'static str,
    done: String,
}

#[derive(Template)]
#[template(path = "orders.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    inbound: bool,
    rows: Vec<Row>,
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Which {
    inbound: Option<String>,
    /// The last order of the page before.
    before: Option<i64>,
}

fn state(row: &OrderRow) -> (&'static str, &'static str) {
    match row.order.status {
        OrderStatus::Cancelled => ("cancelled", ""),
        _ if row.closed => ("closed", "good"),
        _ if row.done.iter().any(|units| *units > 0) => ("under way", "done"),
        _ => ("open", ""),
    }
}

/// Base units ordered.
fn ordered(row: &OrderRow) -> i64 {
    row.order.lines.iter().map(|line| line.quantity.units()).sum()
}

/// What counts as done for a direction: received, or dispatched.
fn done(row: &OrderRow) -> i64 {
    let [received, _, dispatched, _] = row.done;
    if row.order.direction == Direction::Inbound { received } else { dispatched }
}

fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        String::new()
    } else {
        format!("{} %", (part.max(0).saturating_mul(100) / whole).min(999))
    }
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(which): Query<Which>,
) -> Result<Response, PageError> {
    let inbound = which.inbound.is_some();
    let direction = if inbound { Direction::Inbound } else { Direction::Outbound };
    let (found, next) = app.storage.orders(seat.site, direction, which.before.map(OrderId)).await?;
    let mut wanted = Wanted::default();
    found.iter().for_each(|row| wanted.party(row.order.party));
    let names = app.storage.names(seat.site, wanted).await?;
    let open = found.iter().filter(|row| matches!(state(row).0, "open" | "under way")).count();
    let what = if inbound { "deliveries" } else { "orders" };
    let of = match (which.before, next) {
        (None, None) => String::new(),
        (None, Some(_)) => format!(" of the newest {}", found.len()),
        (Some(_), _) => format!(" of these {}", found.len()),
    };
    let lead = match open {
        _ if found.is_empty() && which.before.is_some() => format!("There are no older {what}."),
        0 => format!("No {what}{of} are open."),
        1 => format!("One of the {what}{of} is open."),
        _ => format!("{open} {what}{of} are open."),
    };
    let way = if inbound { "inbound&" } else { "" };
    let next = next.map_or(String::new(), |id| format!("/orders?{way}before={id}"));
    let rows = found.iter().map(|row| {
        let (state, tone) = state(row);
        Row {
            id: row.order.id,
            number: row.order.number.clone(),
            party: names.party(row.order.party),
            due: row.order.due.map_or(String::new(), words::day),
            state,
            tone,
            done: percent(done(row), ordered(row)),
        }
    });
    let rows = rows.collect();
    html(&Page {
        shell: Shell::new(&app, &seat, "/orders").await?,
        title: "Orders",
        reload_s: 0,
        lead,
        inbound,
        rows,
        next,
    })
}

struct Line {
    number: String,
    item: String,
    ordered: String,
    done: [String; 4],
    lots: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "order.html", config = "src/server/console/askama.toml")]
struct OnePage {
    shell: Shell,
    title: String,
    reload_s: u32,
    lead: String,
    inbound: bool,
    lines: Vec<Line>,
    /// Where its lines are as CSV.
    file: String,
}

pub(super) async fn one(
    State(app): State<App>,
    seat: Seat,
    Path(order): Path<i64>,
) -> Result<Response, PageError> {
    let found = app.storage.order(seat.site, OrderId(order)).await?;
    let (row, progress) = found.ok_or(PageError::NotFound("order"))?;
    let mut wanted = Wanted::default();
    wanted.party(row.order.party);
    row.order.lines.iter().for_each(|line| wanted.item(line.item));
    progress.iter().for_each(|line| wanted.item(line.item));
    let names = app.storage.names(seat.site, wanted).await?;
    let amount = |item, units| {
        words::amount(Quantity::balance(units), names.item(item).map_or(Unit::Each, |item| item.unit))
    };
    let inbound = row.order.direction == Direction::Inbound;
    let line = |number: u32, item, ordered: Option<i64>| {
        let of: Vec<&LineProgress> =
            progress.iter().filter(|found| found.line == number && found.item == item).collect();
        let sum = |n: usize| amount(item, of.iter().filter_map(|found| found.done.get(n)).sum());
        let lots = of.iter().map(|found| {
            let serial = found.serial.as_ref().map_or(String::new(), |serial| format!(" · {serial}"));
            let number = format!("{}{serial}", found.lot.as_ref().map_or("–", |lot| lot.as_str()));
            let [received, picked, dispatched, _] = found.done;
            let units = if inbound { received } else { picked.max(dispatched) };
            (number, lots::href(item, found.lot.as_ref()), amount(item, units))
        });
        Line {
            number: if number == 0 { "–".to_owned() } else { number.to_string() },
            item: names.item_name(item),
            ordered: ordered.map_or_else(|| "not ordered".to_owned(), |units| amount(item, units)),
            done: [sum(0), sum(1), sum(2), sum(3)],
            lots: lots.filter(|(number, ..)| number != "–").collect(),
        }
    };
    let ordered_lines = row.order.lines.iter();
    let mut lines: Vec<Line> =
        ordered_lines.map(|found| line(found.line, found.item, Some(found.quantity.units()))).collect();
    let mut extra: Vec<_> = progress.iter().filter(|found| found.line == 0).map(|found| found.item).collect();
    extra.dedup();
    lines.extend(extra.into_iter().map(|item| line(0, item, None)));
    let done = percent(done(&row), ordered(&row));
    let way = if inbound { "received" } else { "sent" };
    let lead = format!(
        "{} for {}: {}, {done} {way}.",
        row.order.number,
        names.party(row.order.party),
        state(&row).0
    );
    let file = format!("/orders.csv?number={}", in_query(&row.order.number));
    let shell = Shell::new(&app, &seat, "/orders").await?;
    html(&OnePage { shell, title: row.order.number.clone(), reload_s: 0, lead, inbound, lines, file })
}
