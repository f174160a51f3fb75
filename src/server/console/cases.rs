//! A stop as a case: for a recall, what to fetch, whom to call, and which device does not know of it yet.

use super::error::PageError;
use super::lots::{self, Line};
use super::seat::Seat;
use super::shell::{Shell, html};
use super::{story, words};
use crate::domain::{EventId, HoldKind, HoldTarget, LotKey, Quantity, Unit};
use crate::server::http::App;
use crate::server::storage::console::{CASE_ROWS_MAX, Case, DeviceState, LotPage, Names, Wanted};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

/// The address of a case.
pub(super) fn href(id: EventId) -> String {
    format!("/holds/{id}")
}

struct Call {
    customer: String,
    code: String,
    order: String,
    href: String,
    at: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "case.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: String,
    reload_s: u32,
    id: EventId,
    lead: String,
    kind: &'static str,
    tone: &'static str,
    why: String,
    who: String,
    /// How it ended; empty while it is open.
    ended: String,
    /// How many devices know of it; empty once it has ended.
    known: String,
    known_tone: &'static str,
    /// Name, address and last contact of those that do not.
    unaware: Vec<(String, String, String)>,
    taken: Vec<Line>,
    of_lot: bool,
    places: Vec<Line>,
    balance: Vec<(&'static str, String)>,
    came: Vec<Line>,
    calls: Vec<Call>,
    calls_left: String,
    inside: Vec<Line>,
    origins: String,
    destinations: String,
    lot_href: String,
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Path(id): Path<Uuid>,
) -> Result<Response, PageError> {
    let case = app.storage.case(seat.site, EventId(id)).await?.ok_or(PageError::NotFound("stop"))?;
    let key = match &case.row.hold.target {
        HoldTarget::Lot(key) => Some(key.clone()),
        HoldTarget::Location(_) | HoldTarget::Hu(_) => None,
    };
    // A lot may be stopped before any of it comes.
    let lot = match &key {
        Some(key) => app.storage.lot(seat.site, key.clone()).await?,
        None => None,
    };
    let names = app.storage.names(seat.site, wanted(&case, key.as_ref(), lot.as_ref(), &seat)).await?;
    let (known, known_tone, unaware) = match case.is_open {
        true => awareness(&case, &app.storage.devices(seat.site).await?, &seat),
        false => (String::new(), "", Vec::new()),
    };
    let unit = key.as_ref().map_or(Unit::Each, |key| lots::unit(key.item, &names));
    let of_key =
        |page| key.as_ref().map_or(String::new(), |key| lots::address(page, key.item, key.lot.as_ref()));
    let hold = &case.row.hold;
    let note = if hold.note.is_empty() { String::new() } else { format!(": {}", hold.note) };
    let shell = Shell::new(&app, &seat, "/holds").await?;
    html(&Page {
        shell,
        title: story::target(&hold.target, &names),
        reload_s: 0,
        id: case.row.id,
        lead: lead(&case, lot.as_ref(), &names, unit),
        kind: words::hold_kind(hold.kind),
        tone: if hold.kind == HoldKind::Recall { "bad" } else { "warn" },
        why: format!("{}{note}.", words::reason(hold.reason)),
        who: format!("{}, {}", names.person(case.row.operator), story::when(case.row.at, &names)),
        ended: ended(&case, &names),
        known,
        known_tone,
        unaware,
        taken: taken(&case, &names, unit),
        of_lot: key.is_some(),
        places: lot.as_ref().map_or_else(Vec::new, |lot| lots::places(lot, &names, unit)),
        balance: lot.as_ref().map_or_else(Vec::new, |lot| lots::balance(lot, unit)),
        came: lot.as_ref().map_or_else(Vec::new, |lot| lots::came(lot, &names, unit)),
        calls: calls(&case, &names, unit),
        calls_left: match case.sent.len() {
            CASE_ROWS_MAX => format!("The first {CASE_ROWS_MAX} are listed; the file has all of them."),
            _ => String::new(),
        },
        inside: inside(&case, &names),
        origins: of_key("/lot/origins.csv"),
        destinations: of_key("/lot/destinations.csv"),
        lot_href: of_key("/lot"),
    })
}

fn wanted(case: &Case, key: Option<&LotKey>, lot: Option<&LotPage>, seat: &Seat) -> Wanted {
    let mut wanted = match (key, lot) {
        (Some(key), Some(lot)) => lots::wanted(lot, key, seat),
        _ => Wanted::default(),
    };
    wanted.site(seat.site);
    story::of_target(&case.row.hold.target, &mut wanted);
    wanted.user(case.row.operator);
    let event = case.ended_by.as_ref().and_then(|row| row.event.as_ref());
    event.into_iter().for_each(|event| wanted.user(event.operator));
    case.taken.iter().for_each(|taken| wanted.location(taken.place.location));
    case.inside.iter().for_each(|(lot, _)| wanted.item(lot.item));
    for sent in &case.sent {
        wanted.party(sent.customer);
        wanted.order(sent.order);
    }
    wanted
}

/// What has to be done, in one line.
fn lead(case: &Case, lot: Option<&LotPage>, names: &Names, unit: Unit) -> String {
    let what = match case.row.hold.kind {
        HoldKind::Recall => "Recall",
        HoldKind::Quarantine => "Quarantine",
        HoldKind::Damaged => "Damage",
        HoldKind::Hold => "Hold",
    };
    let what = format!("{what} of {}", story::target(&case.row.hold.target, names));
    if !case.is_open {
        return format!("{what}: it has ended.");
    }
    let amount = |units: i64| words::amount(Quantity::balance(units), unit);
    let many = |count: usize, one: &str| if count == 1 { one.to_owned() } else { format!("{one}s") };
    let HoldTarget::Lot(_) = &case.row.hold.target else {
        return match case.inside.len() {
            0 => format!("{what}: nothing is in it."),
            CASE_ROWS_MAX => format!("{what}: {CASE_ROWS_MAX} lots or more are in it."),
            count => format!("{what}: {count} {} in it.", many(count, "lot")),
        };
    };
    let Some(lot) = lot else { return format!("{what}: none of it was ever here.") };
    let held: i64 = lot.places.iter().map(|(_, units)| units).sum();
    let who = lot.customers.iter().filter(|(_, units)| *units > 0);
    let (sent, customers) = who.fold((0, 0), |(units, count), (_, more)| (units + more, count + 1));
    let fetch = match lot.places.len() {
        0 => "nothing left in stock".to_owned(),
        count => format!("{} to fetch from {count} {}", amount(held), many(count, "place")),
    };
    let call = match customers {
        0 => "none of it sent".to_owned(),
        count => format!("{} at {count} {}", amount(sent), many(count, "customer")),
    };
    format!("{what}: {fetch}, {call}.")
}

fn ended(case: &Case, names: &Names) -> String {
    match case.ended_by.as_ref().and_then(|row| row.event.as_ref()) {
        _ if case.is_open => String::new(),
        Some(event) => {
            format!(
                "Ended by {}, {}.",
                names.person(event.operator),
                story::when(event.corrected_at(), names)
            )
        }
        None => "Ended.".to_owned(),
    }
}

/// Which devices do not know of it yet: a picker in a cold store may still take from it.
fn awareness(
    case: &Case,
    devices: &[DeviceState],
    seat: &Seat,
) -> (String, &'static str, Vec<(String, String, String)>) {
    let devices: Vec<_> = devices.iter().filter(|device| !device.revoked).collect();
    let unaware = devices.iter().filter(|device| device.control < case.control_seq);
    let unaware: Vec<_> = unaware
        .map(|device| {
            let contact = words::ago(seat.now, device.last_contact);
            (device.name.clone(), format!("/devices/{}", device.device), contact)
        })
        .collect();
    match (devices.len(), unaware.len()) {
        (0, _) => ("No device is enrolled.".to_owned(), "info", unaware),
        (1, 0) => ("The only device knows it.".to_owned(), "good", unaware),
        (1, 1) => ("The only device does not know it yet.".to_owned(), "warn", unaware),
        (all, 0) => (format!("All {all} devices know it."), "good", unaware),
        (all, 1) => (format!("One of {all} devices does not know it yet."), "warn", unaware),
        (all, count) => (format!("{count} of {all} devices do not know it yet."), "warn", unaware),
    }
}

fn taken(case: &Case, names: &Names, unit: Unit) -> Vec<Line> {
    let lines = case.taken.iter().map(|taken| {
        let device = if taken.device_name.is_empty() { "the server" } else { &taken.device_name };
        let place = (story::place(&taken.place, names), format!("/locations/{}", taken.place.location));
        let at = (story::when(taken.at, names), String::new());
        Line {
            cells: vec![(device.to_owned(), String::new()), place, at],
            amount: words::amount(Quantity::balance(taken.units), unit),
        }
    });
    lines.collect()
}

fn calls(case: &Case, names: &Names, unit: Unit) -> Vec<Call> {
    let calls = case.sent.iter().map(|sent| Call {
        customer: names.party(sent.customer),
        code: names.party_record(sent.customer).map_or(String::new(), |party| party.code.clone()),
        order: names.order_number(sent.order),
        href: format!("/orders/{}", sent.order),
        at: story::when(sent.at, names),
        amount: words::amount(Quantity::balance(sent.units), unit),
    });
    calls.collect()
}

fn inside(case: &Case, names: &Names) -> Vec<Line> {
    let lines = case.inside.iter().map(|(lot, units)| {
        let number = lot.lot.as_ref().map_or("–", |lot| lot.as_str()).to_owned();
        Line {
            cells: vec![
                (names.item_name(lot.item), format!("/items/{}", lot.item)),
                (number, lots::href(lot.item, lot.lot.as_ref())),
            ],
            amount: words::amount(Quantity::balance(*units), lots::unit(lot.item, names)),
        }
    });
    lines.collect()
}
