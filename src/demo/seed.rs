//! The demo warehouse as a server would hand it on: opening stock as events, and the pages of its streams.

use super::{Opening, Warehouse};
use crate::domain::{
    Body, DeviceId, EVENT_VERSION, Event, EventId, LocationId, Move, MoveKind, Movement, Order, Place,
    Receipt, Role, Timestamp, UserId,
};
use crate::sync::wire::{EventEntry, Hash, Head, MasterEntry, PULL_ENTRIES_MAX, PullReply, Status, Stream};
use std::collections::BTreeMap;
use uuid::{Builder, Uuid};

/// The device that the opening stock comes from.
pub const SEED_DEVICE: DeviceId = DeviceId(Uuid::from_u128(0x5EED));

/// Openings in one receipt at most.
const RECEIPT_LINES_MAX: usize = 50;
/// Put away an hour after its receipt.
const PUT_AWAY_AFTER_MS: i64 = 60 * 60 * 1_000;

/// The opening stock as receipts at the dock, the moves that put it away, and the stops, in the order of time. Ids are
/// made from the place in that order, so that the same warehouse gives the same events.
#[must_use]
pub fn events(warehouse: &Warehouse) -> Vec<Event> {
    let mut groups = BTreeMap::<_, Vec<&Opening>>::new();
    for opening in &warehouse.openings {
        groups.entry((opening.received, opening.order, opening.supplier)).or_default().push(opening);
    }
    let clerk = operator(warehouse, Role::Clerk);
    let mut parts: Vec<(Timestamp, UserId, Body)> = Vec::new();
    for ((received, _, _), openings) in &groups {
        for openings in openings.chunks(RECEIPT_LINES_MAX) {
            parts.extend(receipt(warehouse, openings).map(|body| (*received, clerk, body)));
            let put_away = received.plus_ms(PUT_AWAY_AFTER_MS);
            parts.extend(put_away_move(warehouse, openings).map(|body| (put_away, clerk, body)));
        }
    }
    parts.sort_by_key(|(at, ..)| *at);
    let last = parts.last().map_or(Timestamp(0), |(at, ..)| *at);
    let supervisor = operator(warehouse, Role::Supervisor);
    parts.extend(warehouse.holds.iter().map(|hold| (last, supervisor, Body::Hold(hold.clone()))));
    let site = warehouse.site.id;
    parts
        .into_iter()
        .zip(1_u64..)
        .map(|((at, operator, body), number)| Event {
            v: EVENT_VERSION,
            id: event_id(at, number),
            site,
            device: SEED_DEVICE,
            operator,
            at,
            skew_ms: Some(0),
            body,
        })
        .collect()
}

/// The pages that a server with this warehouse would send to a device that has nothing yet, in the order in which the
/// device asks for them.
///
/// # Errors
/// Where a record or an event cannot be written as JSON.
pub fn pull_pages(warehouse: &Warehouse) -> Result<Vec<PullReply>, serde_json::Error> {
    let events = events(warehouse);
    let mut site = Vec::new();
    for (event, number) in events.iter().zip(1_u64..) {
        site.push(EventEntry {
            stream_seq: number,
            status: Status::Accepted,
            received: event.at,
            device: event.device,
            epoch: 1,
            seq: number,
            bytes: serde_json::to_string(event)?,
        });
    }
    let stops = events.iter().zip(&site).filter(|(event, _)| matches!(event.body, Body::Hold(_)));
    let control: Vec<EventEntry> =
        (1..).zip(stops).map(|(stream_seq, (_, entry))| EventEntry { stream_seq, ..entry.clone() }).collect();
    let mut records = Vec::new();
    for (record, stream_seq) in warehouse.master().zip(1_u64..) {
        records.push(MasterEntry { stream_seq, bytes: serde_json::to_string(&record)? });
    }
    let mut pages = event_pages(Stream::Control, control);
    pages.extend(paged(
        Stream::Master,
        records,
        |e| (e.stream_seq, Status::Accepted, &e.bytes),
        |reply, page| {
            reply.records = page;
        },
    ));
    pages.extend(event_pages(Stream::Site, site));
    Ok(pages)
}

fn operator(warehouse: &Warehouse, role: Role) -> UserId {
    let found = warehouse.users.iter().find(|user| user.role >= role);
    found.map_or(UserId(1), |user| user.id)
}

fn event_id(at: Timestamp, number: u64) -> EventId {
    let mut random = [0; 10];
    for (slot, byte) in random.iter_mut().rev().zip(number.to_le_bytes()) {
        *slot = byte;
    }
    EventId(Builder::from_unix_timestamp_millis(at.0.unsigned_abs(), &random).into_uuid())
}

fn movement(opening: &Opening, from: Place, to: Place, line: Option<u32>) -> Movement {
    Movement {
        item: opening.lot.item,
        lot: Some(opening.lot.lot.clone()),
        serial: None,
        quantity: opening.quantity,
        from,
        to,
        line,
    }
}

fn at(location: LocationId, opening: &Opening) -> Place {
    Place { location, hu: opening.hu.clone() }
}

fn order_line(order: &Order, opening: &Opening) -> Option<u32> {
    let of_item = || order.lines.iter().filter(|line| line.item == opening.lot.item);
    let exact = of_item().find(|line| line.lot.as_ref() == Some(&opening.lot.lot));
    exact.or_else(|| of_item().next()).map(|line| line.line)
}

fn receipt(warehouse: &Warehouse, openings: &[&Opening]) -> Option<Body> {
    let first = openings.first()?;
    let order = warehouse.orders.iter().find(|order| order.id == first.order);
    let mut lots = Vec::new();
    for opening in openings {
        if !lots.contains(&opening.lot) {
            lots.push(opening.lot.clone());
        }
    }
    let supplier = Place::at(LocationId::SUPPLIER);
    let lines = openings.iter().map(|opening| {
        let line = order.and_then(|order| order_line(order, opening));
        movement(opening, supplier.clone(), at(warehouse.site.dock, opening), line)
    });
    Some(Body::Receipt(Receipt {
        order: Some(first.order),
        supplier: Some(first.supplier),
        lines: lines.collect(),
        lots,
        reason: None,
    }))
}

fn put_away_move(warehouse: &Warehouse, openings: &[&Opening]) -> Option<Body> {
    let dock = warehouse.site.dock;
    let elsewhere = openings.iter().filter(|opening| opening.location != dock);
    let lines: Vec<Movement> = elsewhere
        .map(|opening| movement(opening, at(dock, opening), at(opening.location, opening), None))
        .collect();
    (!lines.is_empty()).then_some(Body::Move(Move { kind: MoveKind::PutAway, lines }))
}

fn event_pages(stream: Stream, entries: Vec<EventEntry>) -> Vec<PullReply> {
    paged(stream, entries, |e| (e.stream_seq, e.status, &e.bytes), |reply, page| reply.events = page)
}

/// At least one page; each with the chain at its end and the head of the whole.
fn paged<T: Clone>(
    stream: Stream,
    entries: Vec<T>,
    link: impl Fn(&T) -> (u64, Status, &String),
    fill: impl Fn(&mut PullReply, Vec<T>),
) -> Vec<PullReply> {
    let mut next = Head::default();
    let mut pages: Vec<PullReply> = Vec::new();
    let mut chunks: Vec<&[T]> = entries.chunks(PULL_ENTRIES_MAX).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    for chunk in chunks {
        for entry in chunk {
            let (seq, status, bytes) = link(entry);
            next = Head { seq, hash: Hash::chain_stream(next.hash, seq, status, bytes.as_bytes()) };
        }
        let (events, records) = (Vec::new(), Vec::new());
        let mut page =
            PullReply { stream, events, records, next, head: next, backed_up_through: 0, backed_up_epoch: 0 };
        fill(&mut page, chunk.to_vec());
        pages.push(page);
    }
    for page in &mut pages {
        page.head = next;
    }
    pages
}
