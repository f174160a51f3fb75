//! Opening stock as receipts that the server records.

use super::File;
use crate::domain::{Body, LocationId, Movement, PartyId, Place, Receipt};
use crate::exchange::import::{OpeningStock, Plan};
use crate::server::own::{self, OwnError};
use std::collections::{BTreeMap, BTreeSet};

/// Balances in one receipt at most.
const RECEIPT_LINES_MAX: usize = 50;

/// A receipt for each supplier and [`RECEIPT_LINES_MAX`] balances.
pub(super) fn events(file: &File, plan: &Plan) -> Result<Vec<crate::domain::Event>, OwnError> {
    let mut groups = BTreeMap::<Option<PartyId>, Vec<&OpeningStock>>::new();
    for opening in &plan.stock {
        groups.entry(opening.supplier).or_default().push(opening);
    }
    let mut events = Vec::new();
    for (supplier, openings) in groups {
        for openings in openings.chunks(RECEIPT_LINES_MAX) {
            let body = Body::Receipt(receipt(supplier, openings));
            events.push(own::event(file.site, file.by, body, file.now)?);
        }
    }
    Ok(events)
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
