//! One stop as a case: what it stops, what was taken since, who has some of it, and how it ended.

use super::events::{EventRow, entry};
use super::holds::{HoldRow, hold};
use crate::domain::{
    Body, EventId, HoldTarget, HuCode, ItemId, LocationId, LotKey, LotNumber, OrderId, PartyId, Place,
    SiteId, Timestamp,
};
use crate::server::storage::tx::{Row, Tx, values};
use crate::server::storage::{Storage, StorageError};

/// Most rows of each list of a case.
pub const CASE_ROWS_MAX: usize = 2_000;

/// A stop, open or ended.
#[derive(Debug, Clone)]
pub struct Case {
    /// The stop.
    pub row: HoldRow,
    /// False once it has ended.
    pub is_open: bool,
    /// Its entry in the control stream: a device whose cursor is there knows of it.
    pub control_seq: u64,
    /// The newest release that ended it, where it has ended.
    pub ended_by: Option<EventRow>,
    /// Of a place or a handling unit: the first lots in it, and base units there.
    pub inside: Vec<(LotKey, i64)>,
    /// Of a lot: what was taken of it for orders after it was stopped, the first times.
    pub taken: Vec<Taken>,
    /// Of a lot: the orders that it went out on, by customer, the first ones; what came back is taken off.
    pub sent: Vec<Sent>,
}

/// Stock that was taken although it was stopped, by the devices' clocks.
#[derive(Debug, Clone)]
pub struct Taken {
    /// From where.
    pub place: Place,
    /// The device; empty for the server itself.
    pub device_name: String,
    /// When.
    pub at: Timestamp,
    /// Base units.
    pub units: i64,
}

/// What of a lot a customer has of one order.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// Who.
    pub customer: PartyId,
    /// On which order.
    pub order: OrderId,
    /// Base units.
    pub units: i64,
    /// When the last of it went or came back.
    pub at: Timestamp,
}

impl Storage {
    /// The stop that an event placed, open or ended; `None` where there is none.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn case(&self, site: SiteId, id: EventId) -> Result<Option<Case>, StorageError> {
        self.read((site, id), |input, tx| Box::pin(case(input, tx))).await
    }
}

async fn case((site, id): &(SiteId, EventId), tx: &mut dyn Tx) -> Result<Option<Case>, StorageError> {
    let found = tx.row(include_str!("../sql/console_case.sql"), &values![site.0, *id]).await?;
    let Some(mut found) = found else { return Ok(None) };
    let row = hold(&mut found)?;
    let (is_ended, control_seq) = (found.flag()?, found.int_or_null()?);
    let control_seq = control_seq.and_then(|seq| u64::try_from(seq).ok()).unwrap_or_default();
    let mut case = Case {
        row,
        is_open: !is_ended,
        control_seq,
        ended_by: None,
        inside: Vec::new(),
        taken: Vec::new(),
        sent: Vec::new(),
    };
    if is_ended {
        case.ended_by = release(*site, *id, control_seq, tx).await?;
    }
    match case.row.hold.target.clone() {
        HoldTarget::Lot(lot) => of_lot(*site, &lot, &mut case, tx).await?,
        HoldTarget::Location(location) => {
            let params = values![site.0, location.0, CASE_ROWS_MAX as u64];
            let rows = tx.rows(include_str!("../sql/console_case_lots_at.sql"), &params).await?;
            case.inside = rows.into_iter().map(inside).collect::<Result<_, _>>()?;
        }
        HoldTarget::Hu(hu) => {
            let params = values![site.0, hu.as_str(), CASE_ROWS_MAX as u64];
            let rows = tx.rows(include_str!("../sql/console_case_lots_in.sql"), &params).await?;
            case.inside = rows.into_iter().map(inside).collect::<Result<_, _>>()?;
        }
    }
    Ok(Some(case))
}

/// The newest release of that stop which had an effect.
async fn release(
    site: SiteId,
    id: EventId,
    control_seq: u64,
    tx: &mut dyn Tx,
) -> Result<Option<EventRow>, StorageError> {
    let params = values![site.0, control_seq];
    for row in tx.rows(include_str!("../sql/console_case_releases.sql"), &params).await? {
        let row = entry(row)?;
        let body = row.event.as_ref().map(|event| &event.body);
        if matches!(body, Some(Body::Release(release)) if release.hold == id) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

async fn of_lot(site: SiteId, lot: &LotKey, case: &mut Case, tx: &mut dyn Tx) -> Result<(), StorageError> {
    let number = lot.lot.as_ref().map_or("", LotNumber::as_str);
    let params = values![site.0, lot.item.0, number, case.row.at, CASE_ROWS_MAX as u64];
    for mut row in tx.rows(include_str!("../sql/console_case_taken.sql"), &params).await? {
        let place = Place { location: LocationId(row.int()?), hu: row.label(HuCode::new)? };
        let (device_name, at, units) = (row.text()?, row.time()?, row.int()?);
        case.taken.push(Taken { place, device_name, at, units });
    }
    let params = values![site.0, lot.item.0, number, CASE_ROWS_MAX as u64];
    for mut row in tx.rows(include_str!("../sql/console_lot_orders.sql"), &params).await? {
        let (customer, order) = (PartyId(row.int()?), OrderId(row.int()?));
        case.sent.push(Sent { customer, order, units: row.int()?, at: row.time()? });
    }
    Ok(())
}

fn inside(mut row: Row) -> Result<(LotKey, i64), StorageError> {
    let key = LotKey { item: ItemId(row.int()?), lot: row.label(LotNumber::new)? };
    Ok((key, row.int()?))
}
