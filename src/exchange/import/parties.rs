//! Suppliers and customers, a line each.

use super::line::Line;
use super::table::Table;
use super::{Directory, Plan, Problem};
use crate::domain::{MasterRecord, Party, PartyKind};
use std::collections::BTreeSet;

pub(super) fn plan(
    table: &Table,
    directory: &mut Directory,
    kind: PartyKind,
    problems: &mut Vec<Problem>,
) -> Plan {
    let column = column(kind);
    let (mut plan, mut seen) = (Plan::default(), BTreeSet::new());
    for row in &table.rows {
        let mut line = Line::new(table, row, problems);
        let code = line.text(column);
        let name = line.text("name");
        let before = code.and_then(|code| directory.party(kind, code)).cloned();
        let old = before.as_ref();
        let days = line.or_before("days_on_dispatch", old.map(|party| party.days_on_dispatch), |line| {
            line.days("days_on_dispatch")
        });
        let active = line.or_before("active", old.map(|party| party.active), Line::active);
        let (Some(code), Some(name), Some(days_on_dispatch), Some(active)) = (code, name, days, active)
        else {
            continue;
        };
        if !seen.insert(code) {
            line.wrong::<()>(column, "the file has this one twice");
            continue;
        }
        let id = before.as_ref().map_or_else(|| directory.next_party(), |party| party.id);
        let (code, name) = (code.to_owned(), name.to_owned());
        let after = Party { id, kind, code, name, days_on_dispatch, active };
        plan.take(before.map(MasterRecord::Party).as_ref(), MasterRecord::Party(after));
    }
    plan
}

/// The column that names a party.
pub(super) fn column(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Supplier => "supplier",
        PartyKind::Customer => "customer",
    }
}
