//! A lot's passport, where it is, its way back and forward, and what stops it.

use super::stock::{BalanceRow, balance};
use crate::domain::{
    Destination, EventId, Hold, LotFacts, LotKey, LotNumber, OrderId, Origin, PartyId, Quantity,
    SerialNumber, SiteId, Timestamp, UserId,
};
use crate::server::storage::tx::{Row, Tx, values};
use crate::server::storage::{Storage, StorageError};

/// Most origins, destinations and balances of one lot on its page.
const ROWS_MAX: u64 = 5_000;

/// All that is known of one lot.
#[derive(Debug, Clone)]
pub struct LotPage {
    /// What labels and papers say; `None` for an item without lots.
    pub facts: Option<LotFacts>,
    /// When it first came in.
    pub received: Option<Timestamp>,
    /// Where it is.
    pub balances: Vec<BalanceRow>,
    /// Where it came from.
    pub origins: Vec<Origin>,
    /// Where it went.
    pub destinations: Vec<Destination>,
}

/// One stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// The event that placed it.
    pub id: EventId,
    /// What it stops and why.
    pub hold: Hold,
    /// Who placed it.
    pub operator: UserId,
    /// When.
    pub at: Timestamp,
}

impl Storage {
    /// All that is known of a lot; `None` where nothing is.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn lot(&self, site: SiteId, lot: LotKey) -> Result<Option<LotPage>, StorageError> {
        self.read((site, lot), |input, tx| Box::pin(lot_page(input, tx))).await
    }

    /// The open stops of a site, newest first.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn open_holds(&self, site: SiteId) -> Result<Vec<HoldRow>, StorageError> {
        self.read(site, |site, tx| Box::pin(open_holds(site, tx))).await
    }
}

async fn lot_page((site, lot): &(SiteId, LotKey), tx: &mut dyn Tx) -> Result<Option<LotPage>, StorageError> {
    let text = lot.lot.as_ref().map_or("", LotNumber::as_str);
    let key = values![site.0, lot.item.0, text, ROWS_MAX];
    let mut page = LotPage {
        facts: None,
        received: None,
        balances: Vec::new(),
        origins: Vec::new(),
        destinations: Vec::new(),
    };
    let sql = "SELECT facts, received FROM lot WHERE site = ?1 AND item = ?2 AND lot = ?3";
    if let Some(mut row) = tx.row(sql, &values![site.0, lot.item.0, text]).await? {
        page.facts = Some(row.json("lot")?);
        page.received = Some(row.time()?);
    }
    for row in tx.rows(include_str!("../sql/console_lot_balances.sql"), &key).await? {
        page.balances.push(balance(row)?);
    }
    for row in tx.rows(include_str!("../sql/console_lot_origins.sql"), &key).await? {
        page.origins.push(origin(lot, row)?);
    }
    for row in tx.rows(include_str!("../sql/console_lot_destinations.sql"), &key).await? {
        page.destinations.push(destination(lot, row)?);
    }
    let known = page.facts.is_some() || !page.balances.is_empty() || !page.origins.is_empty();
    Ok(known.then_some(page))
}

fn origin(lot: &LotKey, mut row: Row) -> Result<Origin, StorageError> {
    Ok(Origin {
        lot: lot.clone(),
        event: row.event()?,
        supplier: row.int_or_null()?.map(PartyId),
        order: row.int_or_null()?.map(OrderId),
        quantity: Quantity::balance(row.int()?),
        at: row.time()?,
    })
}

fn destination(lot: &LotKey, mut row: Row) -> Result<Destination, StorageError> {
    let (event, serial, line) = (row.event()?, row.label(SerialNumber::new)?, row.int()?);
    Ok(Destination {
        lot: lot.clone(),
        serial,
        event,
        order: OrderId(row.int()?),
        line: u32::try_from(line).ok(),
        customer: PartyId(row.int()?),
        quantity: Quantity::balance(row.int()?),
        at: row.time()?,
    })
}

async fn open_holds(site: &SiteId, tx: &mut dyn Tx) -> Result<Vec<HoldRow>, StorageError> {
    let mut holds = Vec::new();
    for mut row in tx.rows(include_str!("../sql/console_holds.sql"), &values![site.0]).await? {
        let (id, hold) = (row.event()?, row.json("hold")?);
        holds.push(HoldRow { id, hold, operator: UserId(row.int()?), at: row.time()? });
    }
    Ok(holds)
}
