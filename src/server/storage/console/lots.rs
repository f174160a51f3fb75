//! A lot's passport, where it is, its way back and forward.

use crate::domain::{
    Destination, HuCode, LocationId, LotFacts, LotKey, LotNumber, OrderId, Origin, PartyId, Place, Quantity,
    SerialNumber, SiteId, Timestamp,
};
use crate::server::storage::tx::{Row, Tx, values};
use crate::server::storage::{Storage, StorageError};

/// Most origins and destinations of one lot that are listed; what is summed and who has it is always whole.
const ROWS_MAX: u64 = 5_000;

/// All that is known of one lot.
#[derive(Debug, Clone)]
pub struct LotPage {
    /// What labels and papers say; `None` for an item without lots.
    pub facts: Option<LotFacts>,
    /// When it first came in.
    pub received: Option<Timestamp>,
    /// Every place where it is, and base units there.
    pub places: Vec<(Place, i64)>,
    /// What the virtual places have of it: with `places` it sums to zero.
    pub elsewhere: Vec<(LocationId, i64)>,
    /// The first times that it came.
    pub origins: Vec<Origin>,
    /// How often it came.
    pub origins_total: u64,
    /// The first times that it went.
    pub destinations: Vec<Destination>,
    /// How often it went.
    pub destinations_total: u64,
    /// Every customer that it ever went to, and base units there, what was undone or came back taken off.
    pub customers: Vec<(PartyId, i64)>,
}

impl Storage {
    /// All that is known of a lot; `None` where nothing is.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn lot(&self, site: SiteId, lot: LotKey) -> Result<Option<LotPage>, StorageError> {
        self.read((site, lot), |input, tx| Box::pin(lot_page(input, tx))).await
    }
}

async fn lot_page((site, lot): &(SiteId, LotKey), tx: &mut dyn Tx) -> Result<Option<LotPage>, StorageError> {
    let text = lot.lot.as_ref().map_or("", LotNumber::as_str);
    let key = values![site.0, lot.item.0, text];
    let listed = values![site.0, lot.item.0, text, ROWS_MAX];
    let mut page = LotPage {
        facts: None,
        received: None,
        places: Vec::new(),
        elsewhere: Vec::new(),
        origins: Vec::new(),
        origins_total: 0,
        destinations: Vec::new(),
        destinations_total: 0,
        customers: Vec::new(),
    };
    let sql = "SELECT facts, received FROM lot WHERE site = ?1 AND item = ?2 AND lot = ?3";
    if let Some(mut row) = tx.row(sql, &key).await? {
        page.facts = Some(row.json("lot")?);
        page.received = Some(row.time()?);
    }
    for mut row in tx.rows(include_str!("../sql/console_lot_places.sql"), &key).await? {
        let place = Place { location: LocationId(row.int()?), hu: row.label(HuCode::new)? };
        page.places.push((place, row.int()?));
    }
    for mut row in tx.rows(include_str!("../sql/console_lot_elsewhere.sql"), &key).await? {
        page.elsewhere.push((LocationId(row.int()?), row.int()?));
    }
    for mut row in tx.rows(include_str!("../sql/console_lot_customers.sql"), &key).await? {
        page.customers.push((PartyId(row.int()?), row.int()?));
    }
    if let Some(mut row) = tx.row(include_str!("../sql/console_lot_counts.sql"), &key).await? {
        (page.origins_total, page.destinations_total) = (row.unsigned()?, row.unsigned()?);
    }
    for row in tx.rows(include_str!("../sql/console_lot_origins.sql"), &listed).await? {
        page.origins.push(origin(lot, row)?);
    }
    for row in tx.rows(include_str!("../sql/console_lot_destinations.sql"), &listed).await? {
        page.destinations.push(destination(lot, row)?);
    }
    let known = page.facts.is_some() || !page.places.is_empty() || !page.origins.is_empty();
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
