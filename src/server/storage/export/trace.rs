//! A lot's way back to its suppliers and forward to its customers: every receipt and every dispatch, none left out.

use super::super::StorageError;
use super::super::console::{Names, Wanted, read_names};
use super::super::tx::{Row, Tx, values};
use super::stock::item_code;
use super::{Found, List, cut};
use crate::domain::{EventId, LotKey, LotNumber, OrderId, PartyId, SerialNumber, SiteId, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a lot came from.
#[derive(Debug, Clone)]
pub struct OriginList(pub LotKey);

/// One receipt of a lot, or an undone one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Origin)]
pub struct OriginLine {
    /// The item's code.
    pub item: String,
    /// The lot, for items with lots.
    pub lot: Option<String>,
    /// The event that brought it.
    #[schema(value_type = String)]
    pub event: Uuid,
    /// The supplier's number, where one was named.
    pub supplier: Option<String>,
    /// The supplier's name.
    pub supplier_name: Option<String>,
    /// The inbound order, where one was named.
    pub order: Option<String>,
    /// Base units; below zero where a receipt was undone.
    pub quantity: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Where an origin stands: by its event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OriginCursor(Uuid);

/// Where a lot went.
#[derive(Debug, Clone)]
pub struct DestinationList(pub LotKey);

/// One dispatch of a lot, or one that was undone or came back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Destination)]
pub struct DestinationLine {
    /// The item's code.
    pub item: String,
    /// The lot, for items with lots.
    pub lot: Option<String>,
    /// The unit, for items with serial numbers.
    pub serial: Option<String>,
    /// The event that sent it.
    #[schema(value_type = String)]
    pub event: Uuid,
    /// The outbound order.
    pub order: String,
    /// The order's line, where one was named.
    pub line: Option<u32>,
    /// The customer's number.
    pub customer: String,
    /// The customer's name.
    pub customer_name: String,
    /// Base units; below zero where a dispatch was undone or goods came back.
    pub quantity: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Where a destination stands: by its event, unit and order line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DestinationCursor(Uuid, String, i64);

fn number(lot: &LotKey) -> &str {
    lot.lot.as_ref().map_or("", LotNumber::as_str)
}

struct Came {
    event: EventId,
    supplier: Option<PartyId>,
    order: Option<OrderId>,
    units: i64,
    at: Timestamp,
}

#[async_trait]
impl List for OriginList {
    type Row = OriginLine;
    type Cursor = OriginCursor;

    async fn page(
        &self,
        site: SiteId,
        after: Option<&OriginCursor>,
        limit: usize,
        tx: &mut dyn Tx,
    ) -> Result<Found<Self>, StorageError> {
        let after = after.map_or(Uuid::nil(), |OriginCursor(event)| *event);
        let params = values![site.0, self.0.item.0, number(&self.0), after, limit as u64 + 1];
        let rows = tx.rows(include_str!("../sql/export_origins.sql"), &params).await?;
        let mut rows = rows.into_iter().map(came).collect::<Result<Vec<_>, _>>()?;
        let more = cut(&mut rows, limit);
        let next = rows.last().filter(|_| more).map(|row| OriginCursor(row.event.0));
        let mut wanted = Wanted::default();
        wanted.item(self.0.item);
        for row in &rows {
            row.supplier.into_iter().for_each(|party| wanted.party(party));
            row.order.into_iter().for_each(|order| wanted.order(order));
        }
        let names = read_names(&(site, wanted), tx).await?;
        let line = |row: Came| OriginLine {
            item: item_code(&names, self.0.item),
            lot: self.0.lot.as_ref().map(ToString::to_string),
            event: row.event.0,
            supplier: row.supplier.map(|id| party_code(&names, id)),
            supplier_name: row.supplier.map(|id| names.party(id)),
            order: row.order.map(|id| names.order_number(id)),
            quantity: row.units,
            at: row.at.to_string(),
        };
        Ok(Found { rows: rows.into_iter().map(line).collect(), next })
    }
}

fn came(mut row: Row) -> Result<Came, StorageError> {
    Ok(Came {
        event: row.event()?,
        supplier: row.int_or_null()?.map(PartyId),
        order: row.int_or_null()?.map(OrderId),
        units: row.int()?,
        at: row.time()?,
    })
}

struct Went {
    event: EventId,
    serial: Option<SerialNumber>,
    line: i64,
    order: OrderId,
    customer: PartyId,
    units: i64,
    at: Timestamp,
}

#[async_trait]
impl List for DestinationList {
    type Row = DestinationLine;
    type Cursor = DestinationCursor;

    async fn page(
        &self,
        site: SiteId,
        after: Option<&DestinationCursor>,
        limit: usize,
        tx: &mut dyn Tx,
    ) -> Result<Found<Self>, StorageError> {
        let first = DestinationCursor(Uuid::nil(), String::new(), 0);
        let DestinationCursor(event, serial, line) = after.unwrap_or(&first);
        let lot = number(&self.0);
        let params = values![site.0, self.0.item.0, lot, *event, serial.as_str(), *line, limit as u64 + 1];
        let rows = tx.rows(include_str!("../sql/export_destinations.sql"), &params).await?;
        let mut rows = rows.into_iter().map(went).collect::<Result<Vec<_>, _>>()?;
        let more = cut(&mut rows, limit);
        let next = rows.last().filter(|_| more).map(|row| {
            let serial = row.serial.as_ref().map_or_else(String::new, ToString::to_string);
            DestinationCursor(row.event.0, serial, row.line)
        });
        let mut wanted = Wanted::default();
        wanted.item(self.0.item);
        for row in &rows {
            wanted.party(row.customer);
            wanted.order(row.order);
        }
        let names = read_names(&(site, wanted), tx).await?;
        let line = |row: Went| DestinationLine {
            item: item_code(&names, self.0.item),
            lot: self.0.lot.as_ref().map(ToString::to_string),
            serial: row.serial.map(|serial| serial.to_string()),
            event: row.event.0,
            order: names.order_number(row.order),
            line: u32::try_from(row.line).ok(),
            customer: party_code(&names, row.customer),
            customer_name: names.party(row.customer),
            quantity: row.units,
            at: row.at.to_string(),
        };
        Ok(Found { rows: rows.into_iter().map(line).collect(), next })
    }
}

fn went(mut row: Row) -> Result<Went, StorageError> {
    Ok(Went {
        event: row.event()?,
        serial: row.label(SerialNumber::new)?,
        line: row.int()?,
        order: OrderId(row.int()?),
        customer: PartyId(row.int()?),
        units: row.int()?,
        at: row.time()?,
    })
}

/// The party's number; its id where there is no record of it.
pub(super) fn party_code(names: &Names, id: PartyId) -> String {
    names.party_record(id).map_or_else(|| format!("party {id}"), |party| party.code.clone())
}
