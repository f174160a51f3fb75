//! One entry of the ledger as a story: who did what, where and when, in words.

use super::words;
use crate::domain::{
    Body, HoldTarget, ItemId, LotNumber, Movement, Place, Quantity, SiteId, Timestamp, Unit,
};
use crate::server::storage::console::{EventRow, Names, Wanted};
use crate::sync::wire::Status;

/// Most lines of one story.
const LINES_MAX: usize = 8;

/// An entry in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Story {
    pub seq: u64,
    pub what: String,
    pub verdict: String,
    pub tone: &'static str,
    pub who: String,
    pub when: String,
    pub lines: Vec<String>,
}

/// The records that the stories name.
pub(super) fn wanted(rows: &[EventRow], site: SiteId) -> Wanted {
    let mut wanted = Wanted::default();
    wanted.site(site);
    for event in rows.iter().filter_map(|row| row.event.as_ref()) {
        wanted.user(event.operator);
        of_body(&event.body, &mut wanted);
    }
    wanted
}

fn of_body(body: &Body, wanted: &mut Wanted) {
    for line in body.lines() {
        wanted.item(line.item);
        wanted.location(line.from.location);
        wanted.location(line.to.location);
    }
    match body {
        Body::Receipt(receipt) => {
            receipt.order.into_iter().for_each(|order| wanted.order(order));
            receipt.supplier.into_iter().for_each(|party| wanted.party(party));
        }
        Body::Pick(pick) => wanted.order(pick.order),
        Body::Short(short) => {
            wanted.order(short.order);
            wanted.item(short.item);
        }
        Body::Dispatch(dispatch) => {
            wanted.order(dispatch.order);
            wanted.party(dispatch.customer);
        }
        Body::Count(count) => {
            for line in &count.lines {
                wanted.item(line.key.item);
                wanted.location(line.key.place.location);
            }
        }
        Body::Return(returned) => wanted.party(returned.customer),
        Body::Hold(hold) => of_target(&hold.target, wanted),
        Body::Release(release) => of_target(&release.target, wanted),
        Body::CloseOrder(close) => wanted.order(close.order),
        Body::Undo(undo) => of_body(&undo.body, wanted),
        _ => {}
    }
}

/// The records that a stop's target names.
pub(super) fn of_target(target: &HoldTarget, wanted: &mut Wanted) {
    match target {
        HoldTarget::Lot(lot) => wanted.item(lot.item),
        HoldTarget::Location(location) => wanted.location(*location),
        HoldTarget::Hu(_) => {}
    }
}

/// What a stop stops, in words.
pub(super) fn target(target: &HoldTarget, names: &Names) -> String {
    match target {
        HoldTarget::Lot(lot) => {
            let number = lot.lot.as_ref().map_or(String::new(), |lot| format!(", lot {lot}"));
            format!("{}{number}", names.item_name(lot.item))
        }
        HoldTarget::Location(location) => format!("everything at {}", names.place(*location)),
        HoldTarget::Hu(hu) => format!("handling unit {hu}"),
    }
}

/// The story of an entry.
pub(super) fn tell(row: &EventRow, names: &Names) -> Story {
    let (verdict, tone) = match row.status {
        Status::Accepted | Status::Duplicate => (String::new(), ""),
        Status::Flagged => ("flagged".to_owned(), "warn"),
        Status::Quarantined => (format!("quarantined: {}", row.reason.replace('_', " ")), "bad"),
        Status::Refused => (format!("refused: {}", row.reason.replace('_', " ")), "bad"),
    };
    let device = if row.device_name.is_empty() { "the server" } else { &row.device_name };
    let Some(event) = &row.event else {
        let (what, who) = ("Cannot be read".to_owned(), device.to_owned());
        let when = when(row.received, names);
        return Story { seq: row.stream_seq, what, verdict, tone, who, when, lines: Vec::new() };
    };
    let mut lines = Vec::new();
    let what = say(&event.body, names, &mut lines);
    if lines.len() > LINES_MAX {
        let more = lines.len() - LINES_MAX;
        lines.truncate(LINES_MAX);
        lines.push(format!("and {more} more"));
    }
    let who = format!("{} on {device}", names.person(event.operator));
    Story { seq: row.stream_seq, what, verdict, tone, who, when: when(event.corrected_at(), names), lines }
}

/// "23 Nov 2026, 14:02" on the site's clock.
pub(super) fn when(at: Timestamp, names: &Names) -> String {
    match names.site() {
        Some(site) => site.zone.local(at).format("%-d %b %Y, %H:%M").to_string(),
        None => at.utc().format("%-d %b %Y, %H:%M UTC").to_string(),
    }
}

fn say(body: &Body, names: &Names, lines: &mut Vec<String>) -> String {
    lines.extend(body.lines().iter().map(|line| movement(line, names)));
    match body {
        Body::Receipt(receipt) => match (receipt.supplier, receipt.order) {
            (_, Some(order)) => format!("Received on {}", names.order_number(order)),
            (Some(party), None) => format!("Received from {}", names.party(party)),
            (None, None) => "Received".to_owned(),
        },
        Body::Move(_) => "Moved".to_owned(),
        Body::Pick(pick) => {
            if let Some(skipped) = &pick.fefo {
                let why = skipped.reason.map_or(String::new(), |why| format!(": {}", words::reason(why)));
                lines.push(format!("lot {} was first, {} days lost{why}", skipped.first, skipped.days_lost));
            }
            format!("Picked for {}", names.order_number(pick.order))
        }
        Body::Short(short) => {
            let amount = amount(short.quantity, short.item, names);
            lines.push(format!(
                "{amount} of {} missing: {}",
                names.item_name(short.item),
                words::reason(short.reason)
            ));
            format!("Short for {}", names.order_number(short.order))
        }
        Body::Dispatch(sent) => {
            format!("Sent to {} on {}", names.party(sent.customer), names.order_number(sent.order))
        }
        Body::Count(count) => {
            lines.extend(count.lines.iter().map(|line| {
                let key = &line.key;
                let of = |quantity| amount(quantity, key.item, names);
                let what = thing(key.item, key.lot.as_ref(), names);
                format!(
                    "{what} at {}: counted {}, expected {}",
                    place(&key.place, names),
                    of(line.counted),
                    of(line.expected)
                )
            }));
            "Counted".to_owned()
        }
        Body::Disposal(gone) => format!("Thrown away: {}", words::reason(gone.reason)),
        Body::Return(back) => {
            format!("Came back from {}: {}", names.party(back.customer), words::reason(back.reason))
        }
        Body::Park(park) => {
            lines.push(format!("bytes {}", park.bytes_hex));
            "Scanned an unknown code".to_owned()
        }
        Body::Hold(hold) => {
            if !hold.note.is_empty() {
                lines.push(hold.note.clone());
            }
            let (kind, why) = (words::hold_kind(hold.kind), words::reason(hold.reason));
            format!("Stopped {}: {kind}, {why}", target(&hold.target, names))
        }
        Body::Release(release) => {
            format!("Released {}: {}", target(&release.target, names), words::reason(release.reason))
        }
        Body::CloseOrder(close) => format!("Closed {}", names.order_number(close.order)),
        Body::Undo(undo) => {
            let what = say(&undo.body, names, lines);
            format!("Took back: {what}")
        }
        Body::Settle(settled) => {
            lines.push(settled.note.clone());
            "Settled a discrepancy".to_owned()
        }
        Body::Loss(loss) => {
            let lost: u64 =
                loss.lost.iter().map(|(first, last)| last.saturating_sub(*first).saturating_add(1)).sum();
            format!("Lost {lost} confirmed events to a damaged file, saved {}", loss.saved)
        }
        Body::Unknown { kind } => format!("Something that this server is too old for: {kind}"),
    }
}

fn movement(line: &Movement, names: &Names) -> String {
    let what = thing(line.item, line.lot.as_ref(), names);
    let serial = line.serial.as_ref().map_or(String::new(), |serial| format!(", serial {serial}"));
    let amount = amount(line.quantity, line.item, names);
    format!("{amount} × {what}{serial}: {} → {}", place(&line.from, names), place(&line.to, names))
}

fn thing(item: ItemId, lot: Option<&LotNumber>, names: &Names) -> String {
    let lot = lot.map_or(String::new(), |lot| format!(", lot {lot}"));
    format!("{}{lot}", names.item_name(item))
}

/// "A-03-2", "A-03-2, pallet 395…".
pub(super) fn place(place: &Place, names: &Names) -> String {
    let hu = place.hu.as_ref().map_or(String::new(), |hu| format!(", unit {hu}"));
    format!("{}{hu}", names.place(place.location))
}

fn amount(quantity: Quantity, item: ItemId, names: &Names) -> String {
    words::amount(quantity, names.item(item).map_or(Unit::Each, |item| item.unit))
}
