//! What does not add up: both sides' stories, and the event that settles it.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, done, html, in_query};
use super::story::{Story, tell, wanted};
use super::words;
use crate::domain::{Body, Settle, StockKey};
use crate::ledger::{Discrepancy, Mismatch};
use crate::server::http::App;
use crate::server::own;
use crate::server::storage::console::{DiscrepancyState, EventRow, Names, Wanted};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

/// Longest note, in characters.
const NOTE_CHARS_MAX: usize = 500;

struct Row {
    href: String,
    what: &'static str,
    about: String,
    since: String,
}

#[derive(Template)]
#[template(path = "discrepancies.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    rows: Vec<Row>,
    settled: bool,
}

#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    settled: Option<String>,
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(which): Query<Which>,
) -> Result<Response, PageError> {
    let settled = which.settled.is_some();
    let (found, open) = app.storage.discrepancies(seat.site, !settled).await?;
    let mut names = Wanted::default();
    found.iter().for_each(|state| of(state, &mut names));
    let names = app.storage.names(seat.site, names).await?;
    let rows = found.iter().map(|state| Row {
        href: format!("/discrepancy?id={}", in_query(&state.identity)),
        what: words::discrepancy(&state.kind),
        about: about(state, &names),
        since: match state.closed {
            Some(at) => format!("settled {}", words::ago(seat.now, at)),
            None => words::ago(seat.now, state.opened),
        },
    });
    let rows: Vec<_> = rows.collect();
    let number = words::open(open);
    let lead = match (open, rows.first()) {
        _ if settled => format!("{number} open; these were settled."),
        (0, _) => "Everything adds up.".to_owned(),
        (1, Some(row)) => format!("One thing does not add up: {}.", lower(row.what)),
        (_, Some(row)) => format!("{number} things do not add up; the newest: {}.", lower(row.what)),
        (_, None) => String::new(),
    };
    let shell = Shell::new(&app, &seat, "/discrepancies").await?;
    html(&Page { shell, title: "Discrepancies", reload_s: 0, lead, rows, settled })
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

/// The ledger's own words for it; `None` for what no rule of the ledger found.
fn parsed(state: &DiscrepancyState) -> Option<Discrepancy> {
    serde_json::from_str(&state.detail).ok()
}

fn of(state: &DiscrepancyState, wanted: &mut Wanted) {
    match parsed(state).map(|found| found.what) {
        Some(Mismatch::NegativeBalance { key, .. } | Mismatch::CountOvertaken { key }) => {
            wanted.item(key.item);
            wanted.location(key.place.location);
        }
        Some(Mismatch::LotDatesDiffer { said, .. }) => wanted.item(said.item),
        Some(Mismatch::TakenWhileHeld { lot, place, .. }) => {
            lot.into_iter().for_each(|lot| wanted.item(lot.item));
            place.into_iter().for_each(|place| wanted.location(place.location));
        }
        Some(Mismatch::TakenExpired { lot, .. }) => wanted.item(lot.item),
        Some(Mismatch::DispatchedAboveOrder { order, .. } | Mismatch::OrderClosed { order }) => {
            wanted.order(order);
        }
        _ => {}
    }
}

fn stock(key: &StockKey, names: &Names) -> String {
    let lot = key.lot.as_ref().map_or(String::new(), |lot| format!(", lot {lot}"));
    format!("{}{lot} at {}", names.item_name(key.item), super::story::place(&key.place, names))
}

/// What it is about, in a line.
fn about(state: &DiscrepancyState, names: &Names) -> String {
    let Some(found) = parsed(state) else { return state.detail.clone() };
    match found.what {
        Mismatch::NegativeBalance { key, balance } => {
            let unit = names.item(key.item).map_or(crate::domain::Unit::Each, |item| item.unit);
            format!("{}: {} on the books", stock(&key, names), words::amount(balance, unit))
        }
        Mismatch::CountOvertaken { key } => stock(&key, names),
        Mismatch::LotDatesDiffer { known, said } => {
            let dates = |facts: &crate::domain::LotFacts| {
                let days = [facts.expiry, facts.best_before, facts.produced];
                let days: Vec<_> = days.into_iter().flatten().map(words::day).collect();
                if days.is_empty() { "no date".to_owned() } else { days.join(", ") }
            };
            let item = names.item_name(said.item);
            format!("{item}, lot {}: first {}, then {}", said.lot, dates(&known), dates(&said))
        }
        Mismatch::TakenWhileHeld { lot, place, kind } => {
            let lot = lot.map_or(String::new(), |lot| {
                let number = lot.lot.map_or(String::new(), |lot| format!(", lot {lot}"));
                format!("{}{number} ", names.item_name(lot.item))
            });
            let place =
                place.map_or(String::new(), |place| format!("from {} ", super::story::place(&place, names)));
            format!("{lot}{place}while {}", words::hold_kind(kind))
        }
        Mismatch::TakenExpired { lot, good_to } => {
            let number = lot.lot.map_or(String::new(), |lot| format!(", lot {lot}"));
            format!("{}{number}, good to {}", names.item_name(lot.item), words::day(good_to))
        }
        Mismatch::DispatchedAboveOrder { order, line, ordered, dispatched } => {
            let order = names.order_number(order);
            format!("{order}, line {line}: {dispatched} sent, {ordered} ordered")
        }
        Mismatch::OrderClosed { order } => names.order_number(order),
        Mismatch::ClockSkew { day, skew_ms, .. } => {
            let way = if skew_ms > 0 { "slow" } else { "fast" };
            format!("{} {way} on {}", words::span(skew_ms.saturating_abs()), words::day(day))
        }
        Mismatch::EventsLost { lost, .. } => {
            let count: u64 = lost.iter().map(|(a, b)| b.saturating_sub(*a).saturating_add(1)).sum();
            format!("{count} events")
        }
        Mismatch::UndoneTwice { .. } | Mismatch::UndoneUnknown { .. } => String::new(),
    }
}

#[derive(Template)]
#[template(path = "discrepancy.html", config = "src/server/console/askama.toml")]
struct OnePage {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    identity: String,
    about: String,
    advice: &'static str,
    since: String,
    closed: bool,
    stories: Vec<Story>,
    links: Vec<(String, &'static str)>,
}

#[derive(Deserialize)]
pub(super) struct Id {
    id: String,
}

pub(super) async fn one(
    State(app): State<App>,
    seat: Seat,
    Query(id): Query<Id>,
) -> Result<Response, PageError> {
    let found = app.storage.discrepancy(seat.site, &id.id).await?;
    let state = found.ok_or(PageError::NotFound("discrepancy"))?;
    let events = stories(&app, &seat, &state).await?;
    let mut names = wanted(&events, seat.site);
    of(&state, &mut names);
    let names = app.storage.names(seat.site, names).await?;
    let shell = Shell::new(&app, &seat, "/discrepancies").await?;
    html(&OnePage {
        shell,
        title: words::discrepancy(&state.kind),
        reload_s: 0,
        about: about(&state, &names),
        advice: words::advice(&state.kind),
        since: words::ago(seat.now, state.opened),
        closed: state.closed.is_some(),
        stories: events.iter().map(|event| tell(event, &names)).collect(),
        links: links(&state),
        identity: state.identity,
    })
}

/// The entries that tell it, the oldest first.
async fn stories(app: &App, seat: &Seat, state: &DiscrepancyState) -> Result<Vec<EventRow>, PageError> {
    let mut ids = Vec::new();
    if let Some(found) = parsed(state) {
        ids.extend(found.others);
        ids.push(found.event);
    }
    let mut events = app.storage.events(seat.site, ids).await?;
    if state.stream_seq > 0
        && !events.iter().any(|event| event.stream_seq == state.stream_seq)
        && let Some(event) = app.storage.event_at(seat.site, state.stream_seq).await?
    {
        events.push(event);
    }
    events.sort_by_key(|event| event.stream_seq);
    Ok(events)
}

/// Where one can look further.
fn links(state: &DiscrepancyState) -> Vec<(String, &'static str)> {
    let lot = |item: crate::domain::ItemId, lot: Option<&crate::domain::LotNumber>| {
        (super::lots::href(item, lot), "The lot")
    };
    match parsed(state).map(|found| found.what) {
        Some(Mismatch::NegativeBalance { key, .. } | Mismatch::CountOvertaken { key }) => {
            vec![lot(key.item, key.lot.as_ref()), (format!("/locations/{}", key.place.location), "The place")]
        }
        Some(Mismatch::LotDatesDiffer { said, .. }) => vec![lot(said.item, Some(&said.lot))],
        Some(Mismatch::TakenExpired { lot: key, .. } | Mismatch::TakenWhileHeld { lot: Some(key), .. }) => {
            vec![lot(key.item, key.lot.as_ref())]
        }
        Some(Mismatch::DispatchedAboveOrder { order, .. } | Mismatch::OrderClosed { order }) => {
            vec![(format!("/orders/{order}"), "The order")]
        }
        Some(Mismatch::ClockSkew { device, .. } | Mismatch::EventsLost { device, .. }) => {
            vec![(format!("/devices/{device}"), "The device")]
        }
        _ => Vec::new(),
    }
}

#[derive(Deserialize)]
pub(super) struct SettleForm {
    token: String,
    id: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn settle(
    State(app): State<App>,
    seat: Seat,
    Form(form): Form<SettleForm>,
) -> Result<Response, PageError> {
    seat.check(&form.token)?;
    let note: String = form.note.trim().chars().take(NOTE_CHARS_MAX).collect();
    if note.is_empty() {
        return Err(PageError::Wrong("say in a few words how it was settled".to_owned()));
    }
    let found = app.storage.discrepancy(seat.site, &form.id).await?;
    let state = found.ok_or(PageError::NotFound("discrepancy"))?;
    if state.closed.is_none() {
        let body = Body::Settle(Settle { discrepancy: state.identity, note });
        own::record(&app.storage, seat.site, seat.id(), vec![body], seat.now).await?;
    }
    Ok(done("/discrepancies", "settled"))
}
