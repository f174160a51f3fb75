//! Places, a line each; the walk is the file's order where it does not say another.

use super::line::Line;
use super::table::Table;
use super::{Directory, Plan, Problem};
use crate::domain::{Location, LocationKind, MasterRecord};
use std::collections::BTreeSet;

/// Room between two places that the file gives no walk order, for places that come later.
const WALK_STEP: i64 = 10;
/// Largest walk order.
const WALK_MAX: i64 = 1_000_000_000;

const KINDS: &[(&str, LocationKind)] = &[
    ("storage", LocationKind::Storage),
    ("pick_face", LocationKind::PickFace),
    ("dock", LocationKind::Dock),
    ("staging", LocationKind::Staging),
    ("quarantine", LocationKind::Quarantine),
    ("dispatch", LocationKind::Dispatch),
];

pub(super) fn plan(table: &Table, directory: &mut Directory, problems: &mut Vec<Problem>) -> Plan {
    let (mut plan, mut seen) = (Plan::default(), BTreeSet::new());
    for (row, turn) in table.rows.iter().zip(1_i64..) {
        let mut line = Line::new(table, row, problems);
        let code = line.text("location");
        let kind = line.text("kind").and_then(|_| line.word("kind", LocationKind::Storage, KINDS));
        let before = code.and_then(|code| directory.locations.get(code)).cloned();
        let old = before.as_ref();
        let zone = line.or_before("zone", old.map(|location| location.zone.clone()), |line| {
            line.optional_text("zone").map(str::to_owned)
        });
        let turn = old.map_or(turn * WALK_STEP, |location| location.walk);
        let walk = line.whole("walk", turn, 0, WALK_MAX);
        let active = line.or_before("active", old.map(|location| location.active), Line::active);
        let (Some(code), Some(kind), Some(zone), Some(walk), Some(active)) = (code, kind, zone, walk, active)
        else {
            continue;
        };
        if !seen.insert(code) {
            line.wrong::<()>("location", "the file has this place twice");
            continue;
        }
        let id = before.as_ref().map_or_else(|| directory.next_location(), |location| location.id);
        let after = Location { id, code: code.to_owned(), kind, zone, walk, active };
        plan.take(before.map(MasterRecord::Location).as_ref(), MasterRecord::Location(after));
    }
    plan
}
