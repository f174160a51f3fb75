//! Opening stock: a line for each balance, at the change-over from another system.

use super::line::Line;
use super::orders::{counted, known_item};
use super::table::Table;
use super::{Directory, Plan, Problem};
use crate::domain::{
    HuCode, Item, ItemId, LocationId, LotFacts, LotKey, LotNumber, PartyId, PartyKind, Place, Quantity,
    SerialNumber, StockKey,
};
use std::collections::{BTreeMap, BTreeSet};

/// One balance to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningStock {
    /// What and where.
    pub key: StockKey,
    /// Base units.
    pub quantity: Quantity,
    /// What is known of its lot.
    pub facts: Option<LotFacts>,
    /// Who had sent it.
    pub supplier: Option<PartyId>,
}

/// What the lines so far have said.
#[derive(Default)]
struct Seen {
    keys: BTreeSet<StockKey>,
    lots: BTreeMap<LotKey, LotFacts>,
    hus: BTreeMap<HuCode, LocationId>,
    serials: BTreeSet<(ItemId, SerialNumber)>,
}

pub(super) fn plan(table: &Table, directory: &mut Directory, problems: &mut Vec<Problem>) -> Plan {
    let (mut plan, mut seen) = (Plan::default(), Seen::default());
    for row in &table.rows {
        let mut line = Line::new(table, row, problems);
        let Some(opening) = opening(&mut line, directory) else { continue };
        if seen.fits(&mut line, &opening, directory) {
            plan.counts.created += 1;
            plan.stock.push(opening);
        }
    }
    plan
}

fn opening(line: &mut Line<'_, '_>, directory: &Directory) -> Option<OpeningStock> {
    let item = known_item(line, directory);
    let location = line.text("location").and_then(|code| match directory.locations.get(code) {
        Some(location) if location.active => Some(location.id),
        Some(_) => line.wrong("location", "this place is gone; import it as active first"),
        None => line.wrong("location", "no such place; import the locations first"),
    });
    let quantity = item.and_then(|item| counted(line, item));
    let hu: Option<Option<HuCode>> = line.label("hu");
    let supplier = supplier(line, directory);
    let lot: Option<Option<LotNumber>> = line.label("lot");
    let serial: Option<Option<SerialNumber>> = line.label("serial");
    let facts = item.zip(lot.clone()).map(|(item, lot)| facts(line, item, lot));
    let item = item?;
    let (lot, serial, quantity) = (lot?, serial?, quantity?);
    tracked(line, item, lot.as_ref(), serial.as_ref(), quantity)?;
    let place = Place { location: location?, hu: hu? };
    let key = StockKey { item: item.id, lot, serial, place };
    Some(OpeningStock { key, quantity, facts: facts??, supplier: supplier? })
}

fn supplier(line: &mut Line<'_, '_>, directory: &Directory) -> Option<Option<PartyId>> {
    let code = line.optional_text("supplier")?;
    if code.is_empty() {
        return Some(None);
    }
    match directory.party(PartyKind::Supplier, code) {
        Some(party) => Some(Some(party.id)),
        None => line.wrong("supplier", "no such supplier; import the suppliers first"),
    }
}

/// What the line says of its lot; `Some(None)` where there is none.
fn facts(line: &mut Line<'_, '_>, item: &Item, lot: Option<LotNumber>) -> Option<Option<LotFacts>> {
    let expiry = line.day("expiry");
    let best_before = line.day("best_before");
    let produced = line.day("produced");
    let supplier_lot = line.label("supplier_lot");
    let vintage = line.optional_text("vintage").map(given);
    let origin = line.optional_text("origin").map(given);
    let Some(lot) = lot else {
        for column in ["expiry", "best_before", "produced", "supplier_lot", "vintage"] {
            if line.says(column) {
                return line.wrong(column, "only a lot can have this");
            }
        }
        return Some(None);
    };
    Some(Some(LotFacts {
        item: item.id,
        lot,
        expiry: expiry?,
        best_before: best_before?,
        produced: produced?,
        supplier_lot: supplier_lot?,
        vintage: vintage?,
        origin: origin?,
    }))
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// `None`, with a problem noted, where the line does not say what the item is told apart by.
fn tracked(
    line: &mut Line<'_, '_>,
    item: &Item,
    lot: Option<&LotNumber>,
    serial: Option<&SerialNumber>,
    quantity: Quantity,
) -> Option<()> {
    match (item.tracking.needs_lot(), lot) {
        (true, None) => return line.wrong("lot", "this item needs its lot number"),
        (false, Some(_)) => return line.wrong("lot", "this item has no lots"),
        _ => {}
    }
    match (item.tracking.needs_serial(), serial) {
        (true, None) => line.wrong("serial", "this item needs the serial number of each unit"),
        (true, Some(_)) if quantity != Quantity::ONE => {
            line.wrong("quantity", "a serial number names one unit: write 1 and a line for each")
        }
        (false, Some(_)) => line.wrong("serial", "this item has no serial numbers"),
        _ => Some(()),
    }
}

impl Seen {
    /// Notes the line; false, with a problem noted, where it does not go together with the others or the stock.
    fn fits(&mut self, line: &mut Line<'_, '_>, opening: &OpeningStock, directory: &Directory) -> bool {
        let clash = self.clash(opening, directory);
        if let Some((column, message)) = clash {
            line.wrong::<()>(column, message);
        }
        clash.is_none()
    }

    fn clash(
        &mut self,
        opening: &OpeningStock,
        directory: &Directory,
    ) -> Option<(&'static str, &'static str)> {
        let key = &opening.key;
        if directory.stocked.contains(key) {
            return Some(("quantity", "there is stock of this here already; count it instead"));
        }
        if !self.keys.insert(key.clone()) {
            return Some(("item", "the file has this stock at this place twice"));
        }
        if let Some(serial) = &key.serial {
            let unit = (key.item, serial.clone());
            if directory.serials.contains(&unit) || !self.serials.insert(unit) {
                return Some(("serial", "this unit is somewhere else already"));
            }
        }
        if let Some(facts) = &opening.facts {
            let lot = LotKey { item: key.item, lot: key.lot.clone() };
            if self.lots.entry(lot).or_insert_with(|| facts.clone()) != facts {
                return Some(("lot", "the lines of one lot say different things of it"));
            }
        }
        let hu = key.place.hu.clone()?;
        let location = key.place.location;
        (*self.hus.entry(hu).or_insert(location) != location)
            .then_some(("hu", "this handling unit is at another place in an earlier line"))
    }
}
