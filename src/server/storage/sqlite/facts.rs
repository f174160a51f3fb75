//! What verdicts ask, answered from the projections: each method is one small query.

use super::StorageError;
use super::project::{hu_text, json, lot_text, parse, serial_text};
use super::records::Records;
use super::row::{int, status};
use crate::domain::{
    Body, Day, DeviceId, Event, EventId, HoldState, HoldTarget, ItemId, LocationId, LocationKind, LotKey,
    LotNumber, OrderId, OrderStatus, Place, Progress, Quantity, Role, SerialNumber, SiteZone, StockKey,
    Timestamp, UserId,
};
use crate::ledger::{Facts, KnownEvent, KnownLot, KnownOrder};
use crate::server::ingest::Batch;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The state of one site in the middle of a push.
pub(super) struct TableFacts<'a> {
    connection: &'a Connection,
    records: RefCell<&'a mut Records>,
    memo: RefCell<Memo>,
    site: i64,
    zone: SiteZone,
    since: Timestamp,
}

/// What this push has read already: its events are mostly about the same few lots and orders, and nobody else writes
/// in between. [`TableFacts::learned`] and [`TableFacts::applied`] keep it true.
#[derive(Default)]
struct Memo {
    lots: HashMap<LotKey, Option<KnownLot>>,
    closings: HashMap<OrderId, bool>,
    /// The targets of open stops, as JSON.
    stopped: Option<HashSet<String>>,
    /// True where there is a count later than the push's first event.
    counted: Option<bool>,
}

impl<'a> TableFacts<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        records: &'a mut Records,
        batch: &Batch,
    ) -> Result<Self, StorageError> {
        let site = batch.site;
        records.refresh(connection, site)?;
        let zone = records.zone(connection)?;
        let (records, memo) = (RefCell::new(records), RefCell::default());
        let events = batch.arrivals.iter().filter_map(|arrival| arrival.event.as_ref().ok());
        let since = events.map(|event| event.corrected_at()).min().unwrap_or(batch.received);
        Ok(Self { connection, records, memo, site: site.0, zone, since })
    }

    /// Forgets what this event has changed.
    pub(super) fn applied(&self, event: &Event) {
        let mut memo = self.memo.borrow_mut();
        match &event.body {
            Body::Receipt(_)
            | Body::Pick(_)
            | Body::Move(_)
            | Body::Short(_)
            | Body::Dispatch(_)
            | Body::Disposal(_) => {}
            _ => *memo = Memo::default(),
        }
    }

    /// What a label has added.
    pub(super) fn learned(&self, lot: LotKey, known: KnownLot) {
        self.memo.borrow_mut().lots.insert(lot, Some(known));
    }

    /// True where any stop could be on these.
    fn is_stopped(&self, targets: &[String]) -> Result<bool, StorageError> {
        let mut memo = self.memo.borrow_mut();
        let stopped = match &mut memo.stopped {
            Some(stopped) => stopped,
            unread => {
                let mut statement = self.connection.prepare_cached(include_str!("sql/open_targets.sql"))?;
                let open = statement.query_map([self.site], |row| row.get(0))?;
                unread.insert(open.collect::<Result<_, _>>()?)
            }
        };
        Ok(!stopped.is_empty() && targets.iter().any(|target| stopped.contains(target)))
    }

    fn is_counted_later(&self) -> Result<bool, StorageError> {
        if let Some(counted) = self.memo.borrow().counted {
            return Ok(counted);
        }
        let after = params![self.site, self.since.0];
        let counted = self.one(include_str!("sql/any_count_after.sql"), after, |row| row.get(0))?;
        Ok(*self.memo.borrow_mut().counted.insert(counted.unwrap_or(true)))
    }

    /// The site's day.
    pub(super) fn day(&self, now: Timestamp) -> Day {
        self.zone.day(now)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StorageError> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    fn ids(&self, sql: &str, params: impl Params) -> Result<Vec<EventId>, StorageError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let ids = statement.query_map(params, |row| Ok(EventId(Uuid::from_bytes(row.get(0)?))))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }
}

/// `id, hold, operator, at, released` as a hold.
pub(super) fn hold_state(row: &Row<'_>) -> Result<HoldState, StorageError> {
    Ok(HoldState {
        id: EventId(Uuid::from_bytes(row.get(0)?)),
        hold: parse(&row.get::<_, String>(1)?, "hold")?,
        operator: UserId(row.get(2)?),
        at: Timestamp(row.get(3)?),
        released: row.get(4)?,
    })
}

/// `order, line, item, lot, serial` and the four counts as progress.
pub(super) fn progress(row: &Row<'_>) -> Result<Progress, StorageError> {
    Ok(Progress {
        order: OrderId(row.get(0)?),
        line: row.get(1)?,
        lot: LotKey { item: ItemId(row.get(2)?), lot: label(row, 3, LotNumber::new)? },
        serial: label(row, 4, SerialNumber::new)?,
        received: row.get(5)?,
        picked: row.get(6)?,
        dispatched: row.get(7)?,
        short: row.get(8)?,
    })
}

/// A stored label; '' is none.
pub(super) fn label<T, E>(
    row: &Row<'_>,
    column: usize,
    new: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, StorageError> {
    let text = row.get_ref(column)?.as_str().map_err(|_| StorageError::Damaged { what: "label" })?;
    if text.is_empty() {
        return Ok(None);
    }
    new(text).map(Some).map_err(|_| StorageError::Damaged { what: "label" })
}

macro_rules! key_params { ($site:expr, $key:expr $(, $more:expr)*) => {
    params![
        $site,
        $key.item.0,
        lot_text($key.lot.as_ref()),
        serial_text($key.serial.as_ref()),
        $key.place.location.0,
        hu_text($key.place.hu.as_ref())
        $(, $more)*
    ]
} }

impl Facts for TableFacts<'_> {
    type Error = StorageError;

    fn zone(&self) -> SiteZone {
        self.zone
    }

    fn balance(&self, key: &StockKey) -> Result<Quantity, StorageError> {
        let units =
            self.one(include_str!("sql/find_balance.sql"), key_params!(self.site, key), |row| row.get(0))?;
        Ok(units.map_or(Quantity::ZERO, Quantity::balance))
    }

    fn lot(&self, lot: &LotKey) -> Result<Option<KnownLot>, StorageError> {
        if let Some(known) = self.memo.borrow().lots.get(lot) {
            return Ok(known.clone());
        }
        let found: Option<(String, [u8; 16], i64)> = self.one(
            "SELECT facts, event_id, received FROM lot WHERE site = ?1 AND item = ?2 AND lot = ?3",
            params![self.site, lot.item.0, lot_text(lot.lot.as_ref())],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let known = found
            .map(|(facts, event, received)| {
                let event = EventId(Uuid::from_bytes(event));
                let facts = parse(&facts, "lot")?;
                Ok::<_, StorageError>(KnownLot { facts, event, received: Timestamp(received) })
            })
            .transpose()?;
        self.memo.borrow_mut().lots.insert(lot.clone(), known.clone());
        Ok(known)
    }

    fn holds_on(&self, lot: &LotKey, place: &Place) -> Result<Vec<HoldState>, StorageError> {
        if self.memo.borrow().stopped.as_ref().is_some_and(HashSet::is_empty) {
            return Ok(Vec::new());
        }
        let of_hu = place.hu.as_ref().map(|hu| json(&HoldTarget::Hu(hu.clone()))).transpose()?;
        let targets = [
            json(&HoldTarget::Lot(lot.clone()))?,
            json(&HoldTarget::Location(place.location))?,
            of_hu.unwrap_or_default(),
        ];
        if !self.is_stopped(&targets)? {
            return Ok(Vec::new());
        }
        let [of_lot, of_location, of_hu] = &targets;
        let mut statement = self.connection.prepare_cached(include_str!("sql/holds_on.sql"))?;
        let mut rows = statement.query(params![self.site, of_lot, of_location, of_hu])?;
        let mut holds = Vec::new();
        while let Some(row) = rows.next()? {
            holds.push(hold_state(row)?);
        }
        Ok(holds)
    }

    fn hold(&self, id: EventId) -> Result<Option<HoldState>, StorageError> {
        let mut statement = self.connection.prepare_cached(include_str!("sql/find_hold.sql"))?;
        let mut rows = statement.query(params![self.site, id.0.as_bytes()])?;
        rows.next()?.map(hold_state).transpose()
    }

    fn event(&self, id: EventId) -> Result<Option<KnownEvent>, StorageError> {
        let found: Option<(String, i64)> = self.one(
            "SELECT bytes, status FROM event WHERE site = ?1 AND event_id = ?2",
            params![self.site, id.0.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let Some((bytes, code)) = found else { return Ok(None) };
        let event = Event::decode(bytes.as_bytes()).map_err(|_| StorageError::Damaged { what: "event" })?;
        Ok(Some(KnownEvent { event, has_effect: status(code)?.has_effect() }))
    }

    fn undone_by(&self, id: EventId) -> Result<Option<EventId>, StorageError> {
        self.one(
            "SELECT undo FROM undone WHERE site = ?1 AND event_id = ?2",
            params![self.site, id.0.as_bytes()],
            |row| Ok(EventId(Uuid::from_bytes(row.get(0)?))),
        )
    }

    fn order(&self, id: OrderId) -> Result<Option<KnownOrder>, StorageError> {
        let Some(order) = self.records.borrow_mut().order(self.connection, id)? else { return Ok(None) };
        let known = self.memo.borrow().closings.get(&id).copied();
        let closed = match known {
            Some(closed) => closed,
            None => {
                let sql = "SELECT times > 0 FROM closing WHERE site = ?1 AND order_id = ?2";
                let closed = self.one(sql, params![self.site, id.0], |row| row.get(0))?.unwrap_or(false);
                self.memo.borrow_mut().closings.insert(id, closed);
                closed
            }
        };
        let closed = closed || order.status != OrderStatus::Open;
        Ok(Some(KnownOrder { order, closed }))
    }

    fn progress(&self, order: OrderId) -> Result<Vec<Progress>, StorageError> {
        let mut statement = self.connection.prepare_cached(include_str!("sql/find_progress.sql"))?;
        let mut rows = statement.query(params![self.site, order.0])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(progress(row)?);
        }
        Ok(found)
    }

    fn role(&self, user: UserId) -> Result<Option<Role>, StorageError> {
        self.records.borrow_mut().role(self.connection, user)
    }

    fn location_kind(&self, location: LocationId) -> Result<Option<LocationKind>, StorageError> {
        self.records.borrow_mut().location_kind(self.connection, location)
    }

    fn last_taker(&self, key: &StockKey) -> Result<Option<EventId>, StorageError> {
        self.one(include_str!("sql/last_taker.sql"), key_params!(self.site, key), |row| {
            Ok(EventId(Uuid::from_bytes(row.get(0)?)))
        })
    }

    fn counts_after(
        &self,
        key: &StockKey,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, StorageError> {
        if !self.is_counted_later()? {
            return Ok(Vec::new());
        }
        self.ids(include_str!("sql/counts_after.sql"), key_params!(self.site, key, at.0, except.0.as_bytes()))
    }

    fn changes_unseen(
        &self,
        key: &StockKey,
        synced_to: u64,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, StorageError> {
        self.ids(
            include_str!("sql/changes_unseen.sql"),
            key_params!(self.site, key, at.0, except.0.as_bytes(), int(synced_to)),
        )
    }

    fn taken_since(&self, target: &HoldTarget, at: Timestamp) -> Result<Vec<EventId>, StorageError> {
        match target {
            HoldTarget::Lot(lot) => self.ids(
                include_str!("sql/taken_of_lot.sql"),
                params![self.site, lot.item.0, lot_text(lot.lot.as_ref()), at.0],
            ),
            HoldTarget::Location(location) => {
                self.ids(include_str!("sql/taken_from_location.sql"), params![self.site, location.0, at.0])
            }
            HoldTarget::Hu(hu) => {
                self.ids(include_str!("sql/taken_from_hu.sql"), params![self.site, hu.as_str(), at.0])
            }
        }
    }
}
