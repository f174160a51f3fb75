//! Opening stock as receipts of a device that is the server itself.

use super::{File, ImportError};
use crate::domain::{
    Body, DeviceId, EVENT_VERSION, Event, EventId, LocationId, Movement, PartyId, Place, Receipt,
};
use crate::exchange::import::{OpeningStock, Plan};
use crate::server::ingest::{Arrival, Batch};
use crate::sync::wire::{Hash, Head, ServerEpoch};
use std::collections::{BTreeMap, BTreeSet};
use uuid::{Builder, Uuid};

/// The device that opening stock is booked by; no handheld ever has this id.
pub const OPENING_DEVICE: DeviceId = DeviceId(Uuid::from_u128(0x0BE1));

/// Balances in one receipt at most.
const RECEIPT_LINES_MAX: usize = 50;

/// One chain of receipts, a new epoch for each import.
pub(super) fn batch(
    file: &File<'_>,
    plan: &Plan,
    epoch: u32,
    server_epoch: ServerEpoch,
) -> Result<Batch, ImportError> {
    let mut groups = BTreeMap::<Option<PartyId>, Vec<&OpeningStock>>::new();
    for opening in &plan.stock {
        groups.entry(opening.supplier).or_default().push(opening);
    }
    let mut at = Head::default();
    let mut arrivals = Vec::new();
    for (supplier, openings) in groups {
        for openings in openings.chunks(RECEIPT_LINES_MAX) {
            let event = event(file, receipt(supplier, openings))?;
            let encoded = event.encode().map_err(|error| ImportError::Refused(error.to_string()))?;
            let bytes = String::from_utf8_lossy(&encoded).into_owned();
            at = Head { seq: at.seq + 1, hash: Hash::chain(at.hash, bytes.as_bytes()) };
            let id = Some(event.id);
            arrivals.push(Arrival { seq: at.seq, bytes, hash: at.hash, event: Ok(Box::new(event)), id });
        }
    }
    Ok(Batch {
        site: file.site,
        device: OPENING_DEVICE,
        epoch,
        server_epoch,
        skew_ms: 0,
        received: file.now,
        prev_hash: Hash::default(),
        signature: None,
        revoked: false,
        arrivals,
    })
}

fn event(file: &File<'_>, body: Receipt) -> Result<Event, ImportError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| ImportError::Random)?;
    let id = Builder::from_unix_timestamp_millis(file.now.0.unsigned_abs(), &random).into_uuid();
    Ok(Event {
        v: EVENT_VERSION,
        id: EventId(id),
        site: file.site,
        device: OPENING_DEVICE,
        operator: file.by,
        at: file.now,
        skew_ms: Some(0),
        body: Body::Receipt(body),
    })
}

fn receipt(supplier: Option<PartyId>, openings: &[&OpeningStock]) -> Receipt {
    let mut told = BTreeSet::new();
    let lots = openings.iter().filter_map(|opening| opening.facts.clone());
    let lots = lots.filter(|facts| told.insert((facts.item, facts.lot.clone()))).collect();
    let lines = openings.iter().map(|opening| Movement {
        item: opening.key.item,
        lot: opening.key.lot.clone(),
        serial: opening.key.serial.clone(),
        quantity: opening.quantity,
        from: Place::at(LocationId::SUPPLIER),
        to: opening.key.place.clone(),
        line: None,
    });
    Receipt { order: None, supplier, lots, lines: lines.collect(), reason: None }
}
