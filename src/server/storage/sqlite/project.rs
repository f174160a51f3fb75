//! Effects → tables: the same effects as the fold's, one statement each.

use super::StorageError;
use super::facts::TableFacts;
use super::row::int;
use crate::domain::{
    Body, Event, EventId, HuCode, LotFacts, LotKey, LotNumber, OrderId, Quantity, SerialNumber, SiteId,
    StockKey, Timestamp,
};
use crate::ledger::{Effect, Facts as _, KnownLot, Stage, effects, fill};
use rusqlite::{Connection, params};

/// What a change of a balance came from, as stored.
#[derive(Clone, Copy)]
enum ChangeKind {
    Other = 0,
    Count = 1,
    Sale = 2,
}

/// Applies what an event that counts changes.
pub(super) fn apply(
    connection: &Connection,
    site: SiteId,
    event: &Event,
    stream_seq: u64,
    facts: &TableFacts<'_>,
) -> Result<(), StorageError> {
    let target = Target { connection, site, event, stream_seq, facts };
    effects(event).into_iter().enumerate().try_for_each(|(n, effect)| target.apply(n, effect))
}

pub(super) fn lot_text(lot: Option<&LotNumber>) -> &str {
    lot.map_or("", LotNumber::as_str)
}

pub(super) fn serial_text(serial: Option<&SerialNumber>) -> &str {
    serial.map_or("", SerialNumber::as_str)
}

pub(super) fn hu_text(hu: Option<&HuCode>) -> &str {
    hu.map_or("", HuCode::as_str)
}

/// Where one event's effects go.
struct Target<'a, 'b> {
    connection: &'a Connection,
    site: SiteId,
    event: &'a Event,
    stream_seq: u64,
    facts: &'a TableFacts<'b>,
}

impl Target<'_, '_> {
    fn at(&self) -> Timestamp {
        self.event.corrected_at()
    }

    fn execute(&self, sql: &str, params: impl rusqlite::Params) -> Result<(), StorageError> {
        self.connection.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }

    fn apply(&self, n: usize, effect: Effect<'_>) -> Result<(), StorageError> {
        let (site, id) = (self.site.0, self.event.id.0.as_bytes());
        match effect {
            Effect::Stock { key, delta } => self.stock(n, &key, delta),
            Effect::Lot { facts, received } => self.lot(facts, received),
            Effect::Origin { lot, supplier, order, quantity } => self.execute(
                include_str!("sql/add_origin.sql"),
                params![
                    site,
                    lot.item.0,
                    lot_text(lot.lot.as_ref()),
                    id,
                    supplier.map(|party| party.0),
                    order.map(|order| order.0),
                    quantity.units(),
                    self.at().0
                ],
            ),
            Effect::Destination { lot, serial, order, line, customer, quantity } => self.execute(
                include_str!("sql/add_destination.sql"),
                params![
                    site,
                    lot.item.0,
                    lot_text(lot.lot.as_ref()),
                    id,
                    serial_text(serial.as_ref()),
                    line.map_or(-1, i64::from),
                    order.0,
                    customer.0,
                    quantity.units(),
                    self.at().0
                ],
            ),
            Effect::Progress { order, line, lot, serial, stage, quantity } => {
                self.progress(order, line, &lot, serial.as_ref(), stage, quantity)
            }
            Effect::Hold(hold) => self.execute(
                include_str!("sql/insert_hold.sql"),
                params![site, id, json(&hold.target)?, json(hold)?, self.event.operator.0, self.at().0],
            ),
            Effect::Release { hold, .. } => self.end_hold(hold),
            Effect::Closed { order, closed } => self.execute(
                include_str!("sql/add_closing.sql"),
                params![site, order.0, if closed { 1 } else { -1 }],
            ),
            Effect::Undone { event } => self.execute(
                "INSERT INTO undone (site, event_id, undo) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![site, event.0.as_bytes(), id],
            ),
        }
    }

    fn stock(&self, n: usize, key: &StockKey, delta: Quantity) -> Result<(), StorageError> {
        let (lot, serial) = (lot_text(key.lot.as_ref()), serial_text(key.serial.as_ref()));
        let (location, hu) = (key.place.location, hu_text(key.place.hu.as_ref()));
        let (item, units, at) = (key.item.0, delta.units(), self.at().0);
        self.execute(
            include_str!("sql/add_stock.sql"),
            params![self.site.0, item, lot, serial, location.0, hu, units, at],
        )?;
        if location.is_virtual() {
            return Ok(());
        }
        let kind = match self.event.body {
            Body::Count(_) => ChangeKind::Count,
            Body::Pick(_) | Body::Dispatch(_) if delta.is_negative() => ChangeKind::Sale,
            _ => ChangeKind::Other,
        };
        self.execute(
            include_str!("sql/insert_change.sql"),
            params![
                self.site.0,
                item,
                lot,
                serial,
                location.0,
                hu,
                int(self.stream_seq),
                n as i64,
                at,
                units,
                kind as i64,
                self.event.device.0.as_bytes()
            ],
        )
    }

    fn lot(&self, said: &LotFacts, received: Timestamp) -> Result<(), StorageError> {
        let key = LotKey { item: said.item, lot: Some(said.lot.clone()) };
        let known = match self.facts.lot(&key)? {
            None => KnownLot { facts: said.clone(), event: self.event.id, received },
            Some(mut known) => {
                fill(&mut known.facts, said);
                known.received = known.received.min(received);
                known
            }
        };
        let (item, lot) = (said.item.0, said.lot.as_str());
        let row = (self.site.0, item, lot, known.event.0.as_bytes(), known.received.0, json(&known.facts)?);
        self.execute(include_str!("sql/save_lot.sql"), row)?;
        self.facts.learned(key, known);
        Ok(())
    }

    fn progress(
        &self,
        order: OrderId,
        line: u32,
        lot: &LotKey,
        serial: Option<&SerialNumber>,
        stage: Stage,
        quantity: Quantity,
    ) -> Result<(), StorageError> {
        let of = |counted| if stage == counted { quantity.units() } else { 0 };
        self.execute(
            include_str!("sql/add_progress.sql"),
            params![
                self.site.0,
                order.0,
                line,
                lot.item.0,
                lot_text(lot.lot.as_ref()),
                serial_text(serial),
                of(Stage::Received),
                of(Stage::Picked),
                of(Stage::Dispatched),
                of(Stage::Short)
            ],
        )
    }

    fn end_hold(&self, hold: EventId) -> Result<(), StorageError> {
        let key = params![self.site.0, hold.0.as_bytes()];
        self.execute("INSERT INTO hold_end (site, event_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", key)?;
        self.execute("UPDATE hold SET ended = 1 WHERE site = ?1 AND event_id = ?2", key)
    }
}

/// The JSON form of our own types, which always have one.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|_| StorageError::Damaged { what: "value" })
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(
    text: &str,
    what: &'static str,
) -> Result<T, StorageError> {
    serde_json::from_str(text).map_err(|_| StorageError::Damaged { what })
}
