//! Stops: from the control stream ahead of the ledger, from the ledger, and from this device.

use super::apply::Change;
use super::row::{hu_text, json, lot_text, to_json};
use super::{Reader, StoreError};
use crate::domain::{EventId, HoldKind, HoldState, HoldTarget, HuCode, LocationId, LotKey, Place};
use rusqlite::{Connection, OptionalExtension, Row};
use std::cell::Ref;
use std::collections::HashMap;

impl Reader {
    /// Every open stop, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn holds(&self) -> Result<Vec<HoldState>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/holds.sql"))?;
        let rows = query.query_map((), state)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Open stops on a lot, on a location or on a handling unit, the gravest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn holds_on(
        &self,
        lot: &LotKey,
        location: LocationId,
        hu: Option<&HuCode>,
    ) -> Result<Vec<HoldState>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/holds_on.sql"))?;
        let targets = (lot.item.0, lot_text(lot.lot.as_ref()), location.0, hu_text(hu));
        let rows = query.query_map(targets, state)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The open stops, read again only after something changed: SQLite's own number for what other connections wrote,
    /// and how many rows this one did.
    pub(super) fn stops(&self) -> Result<Ref<'_, Stops>, StoreError> {
        let others = if self.is_writer {
            0
        } else {
            self.db.prepare_cached("PRAGMA data_version")?.query_row((), |row| row.get(0))?
        };
        let seen = Some((others, self.db.total_changes()));
        // Inside a visit of candidates the stops of its beginning count to its end.
        if self.stops.borrow().seen != seen
            && let Ok(mut slot) = self.stops.try_borrow_mut()
        {
            let mut stops = Stops { seen, ..Stops::default() };
            self.holds()?.into_iter().for_each(|state| stops.add(state));
            *slot = stops;
        }
        Ok(self.stops.borrow())
    }

    /// One stop, open or ended.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn hold(&self, id: EventId) -> Result<Option<HoldState>, StoreError> {
        let mut query = self.db.prepare_cached("SELECT record, ended FROM hold WHERE event = ?1")?;
        Ok(query.query_row([id.0.as_bytes()], state).optional()?)
    }

    /// True while this device's wish to end the stop waits for the server.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn release_pending(&self, hold: EventId) -> Result<bool, StoreError> {
        let mut query =
            self.db.prepare_cached("SELECT EXISTS (SELECT 1 FROM release_wish WHERE hold = ?1)")?;
        Ok(query.query_row([hold.0.as_bytes()], |row| row.get(0))?)
    }
}

fn state(row: &Row<'_>) -> rusqlite::Result<HoldState> {
    Ok(HoldState { released: row.get(1)?, ..json(row, 0)? })
}

/// The text that a stop's target is found by; `holds_on.sql` builds the same.
fn target_text(target: &HoldTarget) -> String {
    match target {
        HoldTarget::Lot(key) => format!("lot {} {}", key.item.0, lot_text(key.lot.as_ref())),
        HoldTarget::Location(location) => format!("location {}", location.0),
        HoldTarget::Hu(hu) => format!("hu {}", hu.as_str()),
    }
}

const KINDS: [HoldKind; 4] = [HoldKind::Hold, HoldKind::Quarantine, HoldKind::Damaged, HoldKind::Recall];

/// How grave a kind is, as it is stored.
fn grave(kind: HoldKind) -> i64 {
    (0..).zip(KINDS).find(|(_, known)| *known == kind).map_or(0, |(number, _)| number)
}

/// The open stops in memory, for looking along a whole list of stock: they are few.
#[derive(Debug, Default)]
pub(super) struct Stops {
    /// See [`Reader::stops`].
    seen: Option<(i64, u64)>,
    lots: HashMap<LotKey, HoldKind>,
    locations: HashMap<LocationId, HoldKind>,
    hus: HashMap<HuCode, HoldKind>,
}

impl Stops {
    /// The gravest stop on this lot at this place.
    pub(super) fn on(&self, lot: &LotKey, place: &Place) -> Option<HoldKind> {
        let hu = place.hu.as_ref().and_then(|hu| self.hus.get(hu));
        let found = [self.lots.get(lot), self.locations.get(&place.location), hu];
        found.into_iter().flatten().max().copied()
    }

    fn add(&mut self, state: HoldState) {
        let kind = state.hold.kind;
        let known = match state.hold.target {
            HoldTarget::Lot(lot) => self.lots.entry(lot).or_insert(kind),
            HoldTarget::Location(location) => self.locations.entry(location).or_insert(kind),
            HoldTarget::Hu(hu) => self.hus.entry(hu).or_insert(kind),
        };
        *known = kind.max(*known);
    }
}

/// A stop was placed, came back, or never counted.
pub(super) fn place(db: &Connection, state: &HoldState, change: Change) -> Result<(), StoreError> {
    match change {
        Change::Void | Change::Absorb => {
            let sql = "DELETE FROM hold WHERE event = ?1 AND settled = 0";
            db.prepare_cached(sql)?.execute([state.id.0.as_bytes()])?;
        }
        Change::Confirm | Change::Settle | Change::Receive => {
            let record = to_json(&HoldState { released: false, ..state.clone() })?;
            db.prepare_cached(include_str!("sql/hold_put.sql"))?.execute((
                state.id.0.as_bytes(),
                target_text(&state.hold.target),
                grave(state.hold.kind),
                record,
                state.at.0,
                change != Change::Confirm,
            ))?;
        }
    }
    Ok(())
}

/// A stop ends when the server's stream says so; until then this device's release is a wish.
pub(super) fn release(
    db: &Connection,
    event: EventId,
    hold: EventId,
    change: Change,
) -> Result<(), StoreError> {
    if change == Change::Confirm {
        let sql = "INSERT OR IGNORE INTO release_wish (event, hold) VALUES (?1, ?2)";
        db.prepare_cached(sql)?.execute((event.0.as_bytes(), hold.0.as_bytes()))?;
        return Ok(());
    }
    db.prepare_cached("DELETE FROM release_wish WHERE event = ?1")?.execute([event.0.as_bytes()])?;
    if matches!(change, Change::Settle | Change::Receive) {
        end(db, hold)?;
    }
    Ok(())
}

/// Ends a stop, whether it has been told already or not.
pub(super) fn end(db: &Connection, hold: EventId) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO hold_end (hold, stale) VALUES (?1, 0)";
    db.prepare_cached(sql)?.execute([hold.0.as_bytes()])?;
    db.prepare_cached("UPDATE hold SET ended = 1 WHERE event = ?1")?.execute([hold.0.as_bytes()])?;
    Ok(())
}
