//! A lot: its passport, where it is, back to the supplier and forward to every customer.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, html, in_query};
use super::{story, words};
use crate::domain::{
    HoldTarget, ItemId, LocationId, LotKey, LotNumber, Origin, Place, Quantity, SiteZone, Unit,
};
use crate::ledger::good_to;
use crate::server::http::App;
use crate::server::storage::console::{LotPage, Names, Wanted};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The address of a lot's page.
pub(super) fn href(item: ItemId, lot: Option<&LotNumber>) -> String {
    address("/lot", item, lot)
}

/// An address with a lot in it.
pub(super) fn address(page: &str, item: ItemId, lot: Option<&LotNumber>) -> String {
    format!("{page}?item={item}&lot={}", in_query(lot.map_or("", LotNumber::as_str)))
}

#[derive(Deserialize)]
pub(super) struct Which {
    item: i64,
    #[serde(default)]
    lot: String,
}

impl Which {
    /// A lot number that cannot be one is that of no lot.
    pub(super) fn key(&self) -> LotKey {
        LotKey { item: ItemId(self.item), lot: LotNumber::new(&self.lot).ok() }
    }
}

/// A row of one of a lot's lists: cells with their links, and an amount.
pub(super) struct Line {
    pub cells: Vec<(String, String)>,
    pub amount: String,
}

#[derive(Template)]
#[template(path = "lot.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: String,
    reload_s: u32,
    lead: String,
    facts: Vec<(&'static str, String)>,
    /// In words, with the address of the case.
    stops: Vec<(String, String)>,
    balance: Vec<(&'static str, String)>,
    places: Vec<Line>,
    came: Vec<Line>,
    came_total: u64,
    who: Vec<Line>,
    went: Vec<Line>,
    went_total: u64,
    /// Where its receipts and its dispatches are as CSV.
    origins: String,
    destinations: String,
    item_code: String,
    lot: String,
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(which): Query<Which>,
) -> Result<Response, PageError> {
    let key = which.key();
    let lot = app.storage.lot(seat.site, key.clone()).await?.ok_or(PageError::NotFound("lot"))?;
    let names = app.storage.names(seat.site, wanted(&lot, &key, &seat)).await?;
    let unit = unit(key.item, &names);
    let amount = |units: i64| words::amount(Quantity::balance(units), unit);
    let went = lot.destinations.iter().map(|sent| {
        let serial = sent.serial.as_ref().map_or(String::new(), |serial| format!(", serial {serial}"));
        let line = sent.line.map_or(String::new(), |line| format!(", line {line}"));
        Line {
            cells: vec![
                (format!("{}{serial}", names.party(sent.customer)), String::new()),
                (format!("{}{line}", names.order_number(sent.order)), format!("/orders/{}", sent.order)),
                (story::when(sent.at, &names), String::new()),
            ],
            amount: amount(sent.quantity.units()),
        }
    });
    let went = went.collect();
    let stops = stops(&app, &seat, &key, &lot).await?;
    let has = lot.customers.iter().filter(|(_, units)| *units > 0);
    let who: Vec<_> = has
        .map(|(party, units)| Line {
            cells: vec![(names.party(*party), String::new())],
            amount: amount(*units),
        })
        .collect();
    let customers = who.len();
    let held = lot.places.iter().map(|(_, units)| units).sum();
    let sent = lot.customers.iter().map(|(_, units)| units).sum();
    let title = key.lot.as_ref().map_or_else(|| names.item_name(key.item), |lot| format!("Lot {lot}"));
    let gone = match (sent, customers) {
        (0, 0) => "none of it sent".to_owned(),
        (sent, 1) => format!("{} sent to 1 customer", amount(sent)),
        (sent, count) => format!("{} sent to {count} customers", amount(sent)),
    };
    let lead = format!("{title}: {} in stock, {gone}.", amount(held));
    html(&Page {
        shell: Shell::new(&app, &seat, "/stock").await?,
        title,
        reload_s: 0,
        lead,
        facts: facts(&lot, &key, &names, seat.now),
        stops,
        places: places(&lot, &names, unit),
        came: came(&lot, &names, unit),
        balance: balance(&lot, unit),
        came_total: lot.origins_total,
        who,
        went,
        went_total: lot.destinations_total,
        origins: address("/lot/origins.csv", key.item, key.lot.as_ref()),
        destinations: address("/lot/destinations.csv", key.item, key.lot.as_ref()),
        item_code: names.item(key.item).map_or(String::new(), |item| item.code.clone()),
        lot: which.lot,
    })
}

/// The unit in which an item's quantities are said.
pub(super) fn unit(item: ItemId, names: &Names) -> Unit {
    names.item(item).map_or(Unit::Each, |item| item.unit)
}

/// Where it is.
pub(super) fn places(lot: &LotPage, names: &Names, unit: Unit) -> Vec<Line> {
    let line = |(place, units): &(Place, i64)| Line {
        cells: vec![(story::place(place, names), format!("/locations/{}", place.location))],
        amount: words::amount(Quantity::balance(*units), unit),
    };
    lot.places.iter().map(line).collect()
}

/// Where it came from.
pub(super) fn came(lot: &LotPage, names: &Names, unit: Unit) -> Vec<Line> {
    let line = |origin: &Origin| {
        let supplier = origin.supplier.map_or_else(|| "unknown".to_owned(), |party| names.party(party));
        let order = origin.order.map(|id| (names.order_number(id), format!("/orders/{id}")));
        let at = (story::when(origin.at, names), String::new());
        Line {
            cells: vec![(supplier, String::new()), order.unwrap_or_default(), at],
            amount: words::amount(Quantity::balance(origin.quantity.units()), unit),
        }
    };
    lot.origins.iter().map(line).collect()
}

/// What came in, and where all of it is: every movement has two ends, so that nothing can be left over.
pub(super) fn balance(lot: &LotPage, unit: Unit) -> Vec<(&'static str, String)> {
    let at = |id| lot.elsewhere.iter().filter(|(place, _)| *place == id).map(|(_, units)| units).sum::<i64>();
    let stock: i64 = lot.places.iter().map(|(_, units)| units).sum();
    let counted = at(LocationId::ADJUSTMENT);
    let rows = [
        ("Came in", -at(LocationId::SUPPLIER), true),
        ("Found at counts", -counted, counted < 0),
        ("In stock", stock, true),
        ("At customers", at(LocationId::CUSTOMER), true),
        ("Between sites", at(LocationId::TRANSIT), at(LocationId::TRANSIT) != 0),
        ("Disposed of", at(LocationId::DISPOSAL), at(LocationId::DISPOSAL) != 0),
        ("Missing at counts", counted, counted > 0),
    ];
    let shown = rows.into_iter().filter(|(.., is_shown)| *is_shown);
    shown.map(|(name, units, _)| (name, words::amount(Quantity::balance(units), unit))).collect()
}

/// The records that they name.
pub(super) fn wanted(lot: &LotPage, key: &LotKey, seat: &Seat) -> Wanted {
    let mut wanted = Wanted::default();
    wanted.site(seat.site);
    wanted.item(key.item);
    lot.places.iter().for_each(|(place, _)| wanted.location(place.location));
    lot.customers.iter().for_each(|(party, _)| wanted.party(*party));
    for origin in &lot.origins {
        origin.supplier.into_iter().for_each(|party| wanted.party(party));
        origin.order.into_iter().for_each(|order| wanted.order(order));
    }
    lot.destinations.iter().for_each(|sent| wanted.order(sent.order));
    wanted
}

async fn stops(
    app: &App,
    seat: &Seat,
    key: &LotKey,
    lot: &LotPage,
) -> Result<Vec<(String, String)>, PageError> {
    let locations: BTreeSet<_> = lot.places.iter().map(|(place, _)| place.location).collect();
    let hus: BTreeSet<_> = lot.places.iter().filter_map(|(place, _)| place.hu.clone()).collect();
    let mut targets = vec![HoldTarget::Lot(key.clone())];
    targets.extend(locations.into_iter().map(HoldTarget::Location));
    targets.extend(hus.into_iter().map(HoldTarget::Hu));
    let holds = app.storage.open_holds_on(seat.site, targets).await?;
    let words = holds.iter().map(|row| {
        let of = match &row.hold.target {
            HoldTarget::Lot(_) => "The lot is",
            HoldTarget::Location(_) => "A place with some of it is",
            HoldTarget::Hu(_) => "A handling unit with some of it is",
        };
        let kind = words::hold_kind(row.hold.kind);
        let (since, why) = (words::span(seat.now.ms_since(row.at)), words::reason(row.hold.reason));
        (format!("{of} {kind} since {since}: {why}."), super::cases::href(row.id))
    });
    Ok(words.collect())
}

fn facts(
    lot: &LotPage,
    key: &LotKey,
    names: &Names,
    now: crate::domain::Timestamp,
) -> Vec<(&'static str, String)> {
    let zone = names.site().map_or(SiteZone(chrono_tz::UTC), |site| site.zone);
    let today = zone.day(now);
    let mut rows = vec![("Item", names.item_name(key.item))];
    if let Some(item) = names.item(key.item) {
        rows.push(("Item code", item.code.clone()));
    }
    let Some(facts) = &lot.facts else { return rows };
    if let Some(day) = good_to(facts.expiry, facts.best_before) {
        rows.push(("Good to", format!("{}, {}", words::day(day), words::distance(today, day))));
    }
    let days = [("Expiry", facts.expiry), ("Best before", facts.best_before), ("Produced", facts.produced)];
    rows.extend(days.into_iter().filter_map(|(name, day)| day.map(|day| (name, words::day(day)))));
    let texts = [
        ("Supplier's lot", facts.supplier_lot.as_ref().map(ToString::to_string)),
        ("Vintage or run", facts.vintage.clone()),
        ("Country of origin", facts.origin.clone()),
        ("First received", lot.received.map(|at| story::when(at, names))),
    ];
    rows.extend(texts.into_iter().filter_map(|(name, text)| text.map(|text| (name, text))));
    rows
}
