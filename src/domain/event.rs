//! Events: immutable records that something happened on the floor, and their frozen bytes.
//!
//! An event's canonical bytes are its JSON in field order, made once on the device and never made again: they are
//! hashed, sent, stored and compared as bytes. The envelope around them (device sequence, epoch, hash) is kept apart,
//! so that a re-enrolled device can re-sequence an event without altering it.

use super::{
    Day, DeviceId, EventId, HuCode, ItemId, LocationId, LotNumber, OrderId, PartyId, Quantity, SerialNumber,
    SiteId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

/// The version of the event's JSON that this program writes.
pub const EVENT_VERSION: u16 = 1;

/// Largest canonical form of one event, in bytes; it leaves room for 500 lines.
pub const EVENT_BYTES_MAX: usize = 192 * 1024;

/// Something that happened on the floor: who, what, when, where and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Version of this form.
    pub v: u16,
    /// Made on the device.
    pub id: EventId,
    /// Where.
    pub site: SiteId,
    /// On which handheld.
    pub device: DeviceId,
    /// By whom.
    pub operator: UserId,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Milliseconds to add to `at` for the server's time, as last measured; absent before the first contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_ms: Option<i64>,
    /// What.
    pub body: Body,
}

/// What happened. Facts carry explicit movement lines; commands can be refused by the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Fact: goods came in.
    Receipt(Receipt),
    /// Fact: stock changed its place.
    Move(Move),
    /// Fact: stock was taken for an order line.
    Pick(Pick),
    /// Fact: an order line could not be filled.
    Short(Short),
    /// Fact: stock left on the truck.
    Dispatch(Dispatch),
    /// Fact: somebody counted.
    Count(Count),
    /// Fact: stock was thrown away.
    Disposal(Disposal),
    /// Fact: a customer brought stock back.
    Return(Return),
    /// Fact: a code nobody could place was scanned; its bytes are kept.
    Park(Park),
    /// Fact: a lot, place or handling unit was stopped.
    Hold(Hold),
    /// Command: a hold ends. Until the server agrees the hold stays.
    Release(Release),
    /// Command: nothing more will come or go for this order.
    CloseOrder(CloseOrder),
    /// Fact: an earlier event was a mistake. It carries that event's body, so that its effects are known without looking it up.
    Undo(Undo),
    /// A kind this program is too old to know; kept and passed on.
    #[serde(skip)]
    Unknown {
        /// The name the newer program gave it.
        kind: String,
    },
}

/// A lot: the same item and lot number on two devices are the same lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LotKey {
    /// The item.
    pub item: ItemId,
    /// The lot number; `None` for items without lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotNumber>,
}

/// Where stock is: a location, and the handling unit it sits in there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The location, real or virtual.
    pub location: LocationId,
    /// The handling unit in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hu: Option<HuCode>,
}

impl Place {
    /// Loose stock at a location.
    #[must_use]
    pub fn at(location: LocationId) -> Self {
        Self { location, hu: None }
    }

    /// Stock in a handling unit at a location.
    #[must_use]
    pub fn in_hu(location: LocationId, hu: HuCode) -> Self {
        Self { location, hu: Some(hu) }
    }
}

/// One balance: what, where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StockKey {
    /// The item.
    pub item: ItemId,
    /// The lot, for items with lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotNumber>,
    /// The unit, for items with serials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialNumber>,
    /// Where.
    pub place: Place,
}

/// One explicit movement: so many base units of this from here to there. It always sums to zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The item.
    pub item: ItemId,
    /// The lot, for items with lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotNumber>,
    /// The unit, for items with serials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialNumber>,
    /// Base units, above zero.
    pub quantity: Quantity,
    /// From here.
    pub from: Place,
    /// To there.
    pub to: Place,
    /// The order line it fills, where the event names an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Movement {
    /// The lot it moves.
    #[must_use]
    pub fn lot_key(&self) -> LotKey {
        LotKey { item: self.item, lot: self.lot.clone() }
    }

    /// The balance at `place` that it changes.
    #[must_use]
    pub fn key_at(&self, place: &Place) -> StockKey {
        StockKey { item: self.item, lot: self.lot.clone(), serial: self.serial.clone(), place: place.clone() }
    }
}

/// What a label or paper says of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotFacts {
    /// The item.
    pub item: ItemId,
    /// The lot number.
    pub lot: LotNumber,
    /// Must not be used after this day (AI 17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Day>,
    /// Is best before the end of this day (AI 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_before: Option<Day>,
    /// Was made on this day (AI 11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub produced: Option<Day>,
    /// The supplier's own lot number where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_lot: Option<LotNumber>,
    /// Vintage or production run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vintage: Option<String>,
    /// ISO 3166 country of origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Goods that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The inbound order; absent for a blind receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Who sent them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<PartyId>,
    /// What the labels say of the lots.
    pub lots: Vec<LotFacts>,
    /// From [`LocationId::SUPPLIER`] to a place.
    pub lines: Vec<Movement>,
    /// Why it was taken although a rule spoke against it (short shelf life, more than ordered).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Why stock changed its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveKind {
    /// From the dock into storage.
    PutAway,
    /// From one place to another.
    Move,
}

/// Stock that changed its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Why.
    pub kind: MoveKind,
    /// From place to place, each handling unit's whole content where it moved as a whole.
    pub lines: Vec<Movement>,
}

/// A picker took another lot than the first one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FefoOverride {
    /// The lot that was first.
    pub first: LotNumber,
    /// Days between the first lot's date and the taken one's.
    pub days_lost: i64,
    /// Why; absent where the site allows it without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Stock taken for order lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// The outbound order.
    pub order: OrderId,
    /// From the shelf to staging, each with its order line.
    pub lines: Vec<Movement>,
    /// Where it was not the first lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fefo: Option<FefoOverride>,
}

/// An order line that could not be filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Short {
    /// The outbound order.
    pub order: OrderId,
    /// Its line.
    pub line: u32,
    /// The line's item.
    pub item: ItemId,
    /// Base units that are missing.
    pub quantity: Quantity,
    /// Why.
    pub reason: Reason,
}

/// Stock that left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// The outbound order.
    pub order: OrderId,
    /// Who gets it.
    pub customer: PartyId,
    /// From staging to [`LocationId::CUSTOMER`], each with its order line.
    pub lines: Vec<Movement>,
}

/// One counted balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountLine {
    /// What and where.
    pub key: StockKey,
    /// Base units seen.
    pub counted: Quantity,
    /// Base units the device believed were there.
    pub expected: Quantity,
}

/// A count; its effect is the difference between counted and expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What was seen.
    pub lines: Vec<CountLine>,
    /// How far the device had read the site's stream.
    pub synced_to: u64,
}

/// Stock thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposal {
    /// From a place to [`LocationId::DISPOSAL`].
    pub lines: Vec<Movement>,
    /// Why.
    pub reason: Reason,
}

/// Stock that came back from a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Who brought it.
    pub customer: PartyId,
    /// The order it had left with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// From [`LocationId::CUSTOMER`] to a place.
    pub lines: Vec<Movement>,
    /// Why.
    pub reason: Reason,
}

/// A code nobody could place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Park {
    /// The symbol's bytes as lower-case hexadecimal.
    pub bytes_hex: String,
    /// The screen it was scanned on.
    pub screen: String,
}

/// What a hold stops.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldTarget {
    /// A lot wherever it is.
    Lot(LotKey),
    /// Everything at a location.
    Location(LocationId),
    /// Everything in a handling unit.
    Hu(HuCode),
}

/// What kind of stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Wait for a decision.
    Hold,
    /// Wait for a test.
    Quarantine,
    /// Broken.
    Damaged,
    /// Must come back; opens a case.
    Recall,
}

/// A stop. The event's id names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What it stops.
    pub target: HoldTarget,
    /// What kind of stop.
    pub kind: HoldKind,
    /// Why.
    pub reason: Reason,
    /// In the supervisor's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The wish to end a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The event that placed it.
    pub hold: EventId,
    /// What it stopped.
    pub target: HoldTarget,
    /// Why it may end.
    pub reason: Reason,
}

/// Nothing more will come or go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseOrder {
    /// The order.
    pub order: OrderId,
}

/// An earlier event was a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The event it corrects.
    pub event: EventId,
    /// That event's body, whose effects are taken back.
    pub body: Box<Body>,
}

/// Why a person did something that the rules ask a reason for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is not where it should be.
    NotFound,
    /// It is broken or leaks.
    Damaged,
    /// It stands where nobody can get at it.
    NotReachable,
    /// The customer wants this one.
    CustomerWish,
    /// The count was wrong.
    CountWrong,
    /// A quality check failed or is open.
    Quality,
    /// It was too warm or too cold.
    Temperature,
    /// The supplier or an authority asked for it.
    Recall,
    /// A check was passed.
    Checked,
    /// A supervisor agreed.
    Agreed,
    /// More or less came than was ordered.
    DeliveryDiffers,
    /// It is past its date.
    Expired,
    /// Anything else.
    Other,
}

/// Why bytes are not an event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Larger than any event.
    #[error("the event has {bytes} bytes, at most {EVENT_BYTES_MAX} are allowed")]
    TooLarge {
        /// Bytes received.
        bytes: usize,
    },
    /// Not the JSON of an event.
    #[error("not an event: {0}")]
    Json(#[from] serde_json::Error),
    /// More than one kind, or none.
    #[error("an event has exactly one kind")]
    Kind,
    /// Well-formed, but it says something impossible.
    #[error("not an event: {0}")]
    Content(&'static str),
}

/// What any version's event has in common.
#[derive(Deserialize)]
struct AnyEvent {
    v: u16,
    id: EventId,
    site: SiteId,
    device: DeviceId,
    operator: UserId,
    at: Timestamp,
    #[serde(default)]
    skew_ms: Option<i64>,
    body: serde_json::Map<String, serde_json::Value>,
}

impl Body {
    /// The kind's name in JSON.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Receipt(_) => "receipt",
            Self::Move(_) => "move",
            Self::Pick(_) => "pick",
            Self::Short(_) => "short",
            Self::Dispatch(_) => "dispatch",
            Self::Count(_) => "count",
            Self::Disposal(_) => "disposal",
            Self::Return(_) => "return",
            Self::Park(_) => "park",
            Self::Hold(_) => "hold",
            Self::Release(_) => "release",
            Self::CloseOrder(_) => "close_order",
            Self::Undo(_) => "undo",
            Self::Unknown { kind } => kind,
        }
    }

    /// The movement lines it carries; empty for kinds without.
    #[must_use]
    pub fn lines(&self) -> &[Movement] {
        match self {
            Self::Receipt(Receipt { lines, .. })
            | Self::Move(Move { lines, .. })
            | Self::Pick(Pick { lines, .. })
            | Self::Dispatch(Dispatch { lines, .. })
            | Self::Disposal(Disposal { lines, .. })
            | Self::Return(Return { lines, .. }) => lines,
            _ => &[],
        }
    }

    fn check(&self) -> Result<(), DecodeError> {
        if self.lines().iter().any(|line| !line.quantity.is_positive()) {
            return Err(DecodeError::Content("a movement's quantity is above zero"));
        }
        match self {
            Self::Count(count) if count.lines.iter().any(|line| line.counted.is_negative()) => {
                Err(DecodeError::Content("nobody counts below zero"))
            }
            Self::Short(short) if !short.quantity.is_positive() => {
                Err(DecodeError::Content("a short quantity is above zero"))
            }
            Self::Undo(undo) if matches!(*undo.body, Self::Undo(_)) => {
                Err(DecodeError::Content("an undo is not undone; the event is entered again"))
            }
            Self::Undo(undo) => undo.body.check(),
            _ => Ok(()),
        }
    }
}

impl Event {
    /// The canonical bytes: made once, when the event is confirmed.
    ///
    /// # Errors
    /// [`DecodeError`] where the event is larger than allowed or says something impossible.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.body.check()?;
        let bytes = serde_json::to_vec(self)?;
        if bytes.len() > EVENT_BYTES_MAX {
            return Err(DecodeError::TooLarge { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads an event of any version; a kind it does not know becomes [`Body::Unknown`].
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > EVENT_BYTES_MAX {
            return Err(DecodeError::TooLarge { bytes: bytes.len() });
        }
        let event = match serde_json::from_slice::<Self>(bytes) {
            Ok(event) => event,
            Err(error) => Self::decode_newer(bytes).unwrap_or(Err(error.into()))?,
        };
        event.body.check()?;
        Ok(event)
    }

    /// `None` where the kind is one that this program knows and only its content is wrong.
    fn decode_newer(bytes: &[u8]) -> Option<Result<Self, DecodeError>> {
        let any: AnyEvent = serde_json::from_slice(bytes).ok()?;
        let mut kinds = any.body.keys();
        let (Some(kind), None) = (kinds.next().cloned(), kinds.next()) else {
            return Some(Err(DecodeError::Kind));
        };
        let known = KINDS.contains(&kind.as_str());
        if known && any.v <= EVENT_VERSION {
            return None;
        }
        Some(Ok(Self {
            v: any.v,
            id: any.id,
            site: any.site,
            device: any.device,
            operator: any.operator,
            at: any.at,
            skew_ms: any.skew_ms,
            body: Body::Unknown { kind },
        }))
    }

    /// Device time corrected by the measured skew.
    #[must_use]
    pub fn corrected_at(&self) -> Timestamp {
        self.at.plus_ms(self.skew_ms.unwrap_or(0))
    }
}

const KINDS: [&str; 13] = [
    "receipt",
    "move",
    "pick",
    "short",
    "dispatch",
    "count",
    "disposal",
    "return",
    "park",
    "hold",
    "release",
    "close_order",
    "undo",
];

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn event(body: Body) -> Event {
        Event {
            v: EVENT_VERSION,
            id: EventId(Uuid::from_u128(1)),
            site: SiteId(1),
            device: DeviceId(Uuid::from_u128(2)),
            operator: UserId(3),
            at: Timestamp(1_000),
            skew_ms: None,
            body,
        }
    }

    fn movement(units: i64) -> Movement {
        Movement {
            item: ItemId(7),
            lot: Some(LotNumber::new("L1").unwrap()),
            serial: None,
            quantity: Quantity::new(units).unwrap(),
            from: Place::at(LocationId::SUPPLIER),
            to: Place::at(LocationId(5)),
            line: None,
        }
    }

    #[test]
    fn bytes_round_trip() {
        let first = event(Body::Move(Move { kind: MoveKind::PutAway, lines: vec![movement(3)] }));
        let bytes = first.encode().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(
            text,
            r#"{"v":1,"id":"00000000-0000-0000-0000-000000000001","site":1,"device":"00000000-0000-0000-0000-000000000002","operator":3,"at":1000,"body":{"move":{"kind":"put_away","lines":[{"item":7,"lot":"L1","quantity":3,"from":{"location":-1},"to":{"location":5}}]}}}"#
        );
        assert_eq!(Event::decode(&bytes).unwrap(), first);
    }

    #[test]
    fn a_newer_kind_is_kept() {
        let bytes = br#"{"v":2,"id":"00000000-0000-0000-0000-000000000001","site":1,"device":"00000000-0000-0000-0000-000000000002","operator":3,"at":1000,"body":{"kit":{"parts":[]}}}"#;
        assert_eq!(Event::decode(bytes).unwrap().body, Body::Unknown { kind: "kit".into() });
    }

    #[test]
    fn what_is_broken_is_refused() {
        assert!(event(Body::Move(Move { kind: MoveKind::Move, lines: vec![movement(0)] })).encode().is_err());
        let move_without_lines = br#"{"v":1,"id":"00000000-0000-0000-0000-000000000001","site":1,"device":"00000000-0000-0000-0000-000000000002","operator":3,"at":1000,"body":{"move":{}}}"#;
        assert!(matches!(Event::decode(move_without_lines), Err(DecodeError::Json(_))));
        assert!(matches!(Event::decode(b"{}"), Err(DecodeError::Json(_))));
    }

    #[test]
    fn every_kind_is_listed_once() {
        let undo = Body::Undo(Undo {
            event: EventId(Uuid::from_u128(1)),
            body: Box::new(Body::CloseOrder(CloseOrder { order: OrderId(1) })),
        });
        assert!(KINDS.contains(&undo.kind()));
        assert_eq!(KINDS.iter().collect::<std::collections::BTreeSet<_>>().len(), KINDS.len());
    }
}
