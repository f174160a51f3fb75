//! The ledger's entries in stream order, dense: what happened, who did it, and what it changed.

use super::super::StorageError;
use super::super::console::{Names, Wanted, read_names};
use super::super::tx::{Row, Tx, values};
use super::stock::item_code;
use super::{Found, List};
use crate::domain::{Body, DeviceId, Event, LocationId, OrderId, Quantity, SiteId, StockKey, Timestamp};
use crate::ledger::{Effect, effects};
use crate::sync::wire::Status;
use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A page ends with the entry that passes this, so that a page of large events stays handy.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The ledger.
#[derive(Debug, Clone, Copy)]
pub struct EventList;

/// Where an entry stands: its place in the stream.
pub type EventKey = u64;

/// One entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventLine {
    /// Its place in the ledger: dense from 1, and its order.
    pub seq: u64,
    /// `accepted`, `flagged` (it counts, and something does not add up), `refused` or `quarantined` (without effect).
    pub status: &'static str,
    /// Why, as a stable code; empty for none.
    pub reason: String,
    /// When the server got it.
    #[schema(format = DateTime)]
    pub received: String,
    /// Who sent it.
    #[schema(value_type = String)]
    pub device: Uuid,
    /// The device's name; empty for the server itself.
    pub device_name: String,
    /// The device's epoch.
    pub epoch: u32,
    /// Its place in that epoch.
    pub device_seq: u64,
    /// Its id; null where it cannot be read, and so with all that follow.
    #[schema(value_type = Option<String>)]
    pub event: Option<Uuid>,
    /// `receipt`, `move`, `pick`, …
    pub kind: Option<String>,
    /// When it happened, by the device's clock as far as that is known to be right.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<String>,
    /// Who did it; 0 for the device or the server itself.
    pub operator: Option<i64>,
    /// Their name.
    pub operator_name: Option<String>,
    /// The order that it is about.
    pub order: Option<String>,
    /// What it changed; empty where it has no effect on stock. For each lot the changes sum to 0.
    pub changes: Vec<Change>,
    /// What the device recorded, with ids for names, under the name of its kind.
    #[schema(value_type = Option<Object>)]
    pub body: Option<Json>,
}

/// A balance that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Change {
    /// The item's code.
    pub item: String,
    /// The lot, for items with lots.
    pub lot: Option<String>,
    /// The unit, for items with serial numbers.
    pub serial: Option<String>,
    /// The place's code; null outside the warehouse.
    pub location: Option<String>,
    /// Where outside: `supplier`, `customer`, `transit`, `adjustment` (a count's difference) or `disposal`.
    pub outside: Option<&'static str>,
    /// The handling unit that it is in.
    pub hu: Option<String>,
    /// Base units more, or below zero less.
    pub quantity: i64,
}

struct Entry {
    seq: u64,
    status: Status,
    reason: String,
    received: Timestamp,
    device: DeviceId,
    device_name: String,
    epoch: u32,
    device_seq: u64,
    bytes: String,
    event: Option<Event>,
    changes: Vec<(StockKey, Quantity)>,
}

#[async_trait]
impl List for EventList {
    type Row = EventLine;
    type Cursor = EventKey;

    async fn page(
        &self,
        site: SiteId,
        after: Option<&EventKey>,
        limit: usize,
        tx: &mut dyn Tx,
    ) -> Result<Found<Self>, StorageError> {
        let (mut entries, mut bytes) = (Vec::new(), 0);
        let params = values![site.0, after.copied().unwrap_or(0), limit as u64];
        tx.visit(include_str!("../sql/export_events.sql"), &params, &mut |row| {
            let entry = read(row)?;
            bytes += entry.bytes.len();
            entries.push(entry);
            Ok(bytes < PAGE_BYTES_MAX)
        })
        .await?;
        let is_whole = entries.len() < limit && bytes < PAGE_BYTES_MAX;
        let next = entries.last().filter(|_| !is_whole).map(|entry| entry.seq);
        let mut wanted = Wanted::default();
        for entry in &entries {
            want(entry, &mut wanted);
        }
        let names = read_names(&(site, wanted), tx).await?;
        Ok(Found { rows: entries.into_iter().map(|entry| line(entry, &names)).collect(), next })
    }
}

fn read(mut row: Row) -> Result<Entry, StorageError> {
    let (seq, status, reason, received) = (row.unsigned()?, row.status()?, row.text()?, row.time()?);
    let (device, device_name, epoch) = (row.device()?, row.text()?, row.small()?);
    let (device_seq, bytes) = (row.unsigned()?, row.text()?);
    let event = Event::decode(bytes.as_bytes()).ok();
    let counted = event.as_ref().filter(|_| status.has_effect());
    let changes = counted.map_or_else(Vec::new, |event| {
        let stock = |effect| match effect {
            Effect::Stock { key, delta } => Some((key, delta)),
            _ => None,
        };
        effects(event).into_iter().filter_map(stock).collect()
    });
    Ok(Entry { seq, status, reason, received, device, device_name, epoch, device_seq, bytes, event, changes })
}

fn want(entry: &Entry, wanted: &mut Wanted) {
    for (key, _) in &entry.changes {
        wanted.item(key.item);
        wanted.location(key.place.location);
    }
    if let Some(event) = &entry.event {
        wanted.user(event.operator);
        order(&event.body).into_iter().for_each(|order| wanted.order(order));
    }
}

/// The order that an event is about.
fn order(body: &Body) -> Option<OrderId> {
    match body {
        Body::Receipt(receipt) => receipt.order,
        Body::Pick(pick) => Some(pick.order),
        Body::Short(short) => Some(short.order),
        Body::Dispatch(dispatch) => Some(dispatch.order),
        Body::Return(returned) => returned.order,
        Body::CloseOrder(close) => Some(close.order),
        Body::Undo(undo) => order(&undo.body),
        _ => None,
    }
}

fn line(entry: Entry, names: &Names) -> EventLine {
    let event = entry.event.as_ref();
    EventLine {
        seq: entry.seq,
        status: match entry.status {
            Status::Accepted | Status::Duplicate => "accepted",
            Status::Flagged => "flagged",
            Status::Quarantined => "quarantined",
            Status::Refused => "refused",
        },
        reason: entry.reason,
        received: entry.received.to_string(),
        device: entry.device.0,
        device_name: entry.device_name,
        epoch: entry.epoch,
        device_seq: entry.device_seq,
        event: event.map(|event| event.id.0),
        kind: event.map(|event| event.body.kind().to_owned()),
        at: event.map(|event| event.corrected_at().to_string()),
        operator: event.map(|event| event.operator.0),
        operator_name: event.map(|event| names.person(event.operator)),
        order: event.and_then(|event| order(&event.body)).map(|id| names.order_number(id)),
        changes: entry.changes.into_iter().map(|(key, delta)| change(key, delta, names)).collect(),
        body: event.and_then(|_| body(&entry.bytes)),
    }
}

fn body(bytes: &str) -> Option<Json> {
    let mut event: Json = serde_json::from_str(bytes).ok()?;
    event.get_mut("body").map(Json::take)
}

fn change(key: StockKey, delta: Quantity, names: &Names) -> Change {
    let location = key.place.location;
    Change {
        item: item_code(names, key.item),
        lot: key.lot.map(|lot| lot.to_string()),
        serial: key.serial.map(|serial| serial.to_string()),
        location: (!location.is_virtual()).then(|| names.place(location)),
        outside: match location {
            LocationId::SUPPLIER => Some("supplier"),
            LocationId::CUSTOMER => Some("customer"),
            LocationId::TRANSIT => Some("transit"),
            LocationId::ADJUSTMENT => Some("adjustment"),
            LocationId::DISPOSAL => Some("disposal"),
            _ => None,
        },
        hu: key.place.hu.map(|hu| hu.to_string()),
        quantity: delta.units(),
    }
}
