//! What verdicts ask, answered from the projections: each method is one small query.

use super::StorageError;
use super::project::{hu_text, json, lot_text, parse, serial_text};
use super::records::Records;
use super::row::{int, status};
use crate::domain::{
    Day, DeviceId, Event, EventId, HoldState, HoldTarget, ItemId, LocationId, LocationKind, LotKey,
    LotNumber, OrderId, OrderStatus, Place, Progress, Quantity, Role, SerialNumber, SiteId, SiteZone,
    StockKey, Timestamp, UserId,
};
use crate::ledger::{Facts, KnownEvent, KnownLot, KnownOrder};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use std::cell::RefCell;
use uuid::Uuid;

/// The state of one site in the middle of a push.
pub(super) struct TableFacts<'a> {
    connection: &'a Connection,
    records: RefCell<&'a mut Records>,
    site: i64,
    zone: SiteZone,
}

impl<'a> TableFacts<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        records: &'a mut Records,
        site: SiteId,
    ) -> Result<Self, StorageError> {
        records.refresh(connection, site)?;
        let zone = records.zone(connection)?;
        Ok(Self { connection, records: RefCell::new(records), site: site.0, zone })
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
        let found: Option<(String, [u8; 16], i64)> = self.one(
            "SELECT facts, event_id, received FROM lot WHERE site = ?1 AND item = ?2 AND lot = ?3",
            params![self.site, lot.item.0, lot_text(lot.lot.as_ref())],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        found
            .map(|(facts, event, received)| {
                let event = EventId(Uuid::from_bytes(event));
                Ok(KnownLot { facts: parse(&facts, "lot")?, event, received: Timestamp(received) })
            })
            .transpose()
    }

    fn holds_on(&self, lot: &LotKey, place: &Place) -> Result<Vec<HoldState>, StorageError> {
        let of_hu = place.hu.as_ref().map(|hu| json(&HoldTarget::Hu(hu.clone()))).transpose()?;
        let mut statement = self.connection.prepare_cached(include_str!("sql/holds_on.sql"))?;
        let mut rows = statement.query(params![
            self.site,
            json(&HoldTarget::Lot(lot.clone()))?,
            json(&HoldTarget::Location(place.location))?,
            of_hu.unwrap_or_default()
        ])?;
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
        let times: Option<i64> = self.one(
            "SELECT times FROM closing WHERE site = ?1 AND order_id = ?2",
            params![self.site, id.0],
            |row| row.get(0),
        )?;
        let closed = order.status != OrderStatus::Open || times.is_some_and(|times| times > 0);
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
