//! Products: a line for each pack level, the product's own cells in the first of them.

use super::line::{Line, grouped, same_as_first};
use super::table::{Row, Table};
use super::{Directory, Plan, Problem};
use crate::domain::{Item, MasterRecord, Pack, QUANTITY_MAX, Quantity, Tracking, Unit};

const TRACKING: &[(&str, Tracking)] = &[
    ("lot", Tracking::Lot),
    ("serial", Tracking::Serial),
    ("lot_and_serial", Tracking::LotAndSerial),
    ("none", Tracking::None),
    ("charge", Tracking::Lot),
    ("seriennummer", Tracking::Serial),
];

const UNITS: &[(&str, Unit)] = &[
    ("each", Unit::Each),
    ("gram", Unit::Gram),
    ("ea", Unit::Each),
    ("pcs", Unit::Each),
    ("stk", Unit::Each),
    ("g", Unit::Gram),
];

/// Cells of the product that further lines of it leave empty or repeat.
const OWN: &[&str] = &["name", "tracking", "unit", "days_on_receipt", "days_on_dispatch", "zone", "active"];

pub(super) fn plan(table: &Table, directory: &mut Directory, problems: &mut Vec<Problem>) -> Plan {
    let mut plan = Plan::default();
    for (code, rows) in grouped(table, "item", problems) {
        let Some(after) = item(code, &rows, table, directory, problems) else { continue };
        let before = directory.items.get(code).cloned().map(MasterRecord::Item);
        plan.take(before.as_ref(), MasterRecord::Item(after));
    }
    plan
}

fn item(
    code: &str,
    rows: &[&Row],
    table: &Table,
    directory: &mut Directory,
    problems: &mut Vec<Problem>,
) -> Option<Item> {
    let first = *rows.first()?;
    let before = directory.items.get(code).cloned();
    let mut line = Line::new(table, first, problems);
    let name = line.text("name").map(str::to_owned);
    let tracking =
        line.word("tracking", before.as_ref().map_or(Tracking::Lot, |item| item.tracking), TRACKING);
    let unit = line.word("unit", before.as_ref().map_or(Unit::Each, |item| item.unit), UNITS);
    let old = before.as_ref();
    let on_receipt = line.or_before("days_on_receipt", old.map(|item| item.days_on_receipt), |line| {
        line.days("days_on_receipt")
    });
    let on_dispatch = line.or_before("days_on_dispatch", old.map(|item| item.days_on_dispatch), |line| {
        line.days("days_on_dispatch")
    });
    let zone = line.or_before("zone", old.map(|item| item.zone.clone()), |line| {
        line.optional_text("zone").map(str::to_owned)
    });
    let active = line.or_before("active", old.map(|item| item.active), Line::active);
    if let Some(before) = &before {
        // What is in stock was booked in that unit, and so told apart.
        if tracking.is_some_and(|tracking| tracking != before.tracking) {
            line.wrong::<()>(
                "tracking",
                "an item's tracking cannot change; give the new goods a new item code",
            );
        }
        if unit.is_some_and(|unit| unit != before.unit) {
            line.wrong::<()>("unit", "an item's base unit cannot change; give the new goods a new item code");
        }
    }
    let id = before.as_ref().map_or_else(|| directory.next_item(), |item| item.id);
    let mut packs = Vec::new();
    for row in rows {
        let mut line = Line::new(table, row, problems);
        same_as_first(&mut line, first, OWN, true);
        let Some(pack) = pack(&mut line) else { continue };
        match directory.gtins.insert(pack.gtin, id) {
            Some(owner) if owner != id => {
                line.wrong::<()>("gtin", "this GTIN belongs to another item");
            }
            _ if packs.iter().any(|found: &Pack| found.gtin == pack.gtin) => {
                line.wrong::<()>("gtin", "this item has the GTIN twice");
            }
            _ => packs.push(pack),
        }
    }
    packs.sort_by_key(|pack| pack.units);
    // A file without pack columns leaves the packs as they are.
    if !table.has("gtin")
        && let Some(before) = before
    {
        packs = before.packs;
    }
    Some(Item {
        id,
        code: code.to_owned(),
        name: name?,
        tracking: tracking?,
        unit: unit?,
        packs,
        days_on_receipt: on_receipt?,
        days_on_dispatch: on_dispatch?,
        zone: zone?,
        active: active?,
    })
}

/// The pack level of a line; `None` where it has none or it cannot be used.
fn pack(line: &mut Line<'_, '_>) -> Option<Pack> {
    let Some(gtin) = line.gtin("gtin")? else {
        for column in ["pack", "units"] {
            if line.says(column) {
                line.wrong::<()>(column, "a pack level needs its GTIN");
            }
        }
        return None;
    };
    let units = line.whole("units", 1, 1, QUANTITY_MAX)?;
    let name = line.optional_text("pack")?;
    let name = if name.is_empty() { if units == 1 { "each" } else { "case" } } else { name };
    Some(Pack { gtin, name: name.to_owned(), units: Quantity::new(units).ok()? })
}
