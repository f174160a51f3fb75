//! What can happen on the floor: one struct per kind of event.

use super::{
    DecodeError, EventId, HuCode, ItemId, LocationId, LotFacts, LotKey, LotNumber, Movement, OrderId,
    PartyId, Quantity, StockKey,
};
use serde::{Deserialize, Serialize};

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
    /// Fact: the device's file was damaged, and events that waited to be sent are lost.
    Loss(Loss),
    /// Fact: a person looked into a discrepancy and settled it.
    Settle(Settle),
    /// A kind this program is too old to know; kept and passed on.
    #[serde(skip)]
    Unknown {
        /// The name the newer program gave it.
        kind: String,
    },
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

/// What a device lost when its file was damaged. Nobody confirms it: its operator is [`super::UserId::NOBODY`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The device's epoch that the numbers are of.
    pub epoch: u32,
    /// Sequences that waited and could not be read: the first and the last of each run.
    pub lost: Vec<(u64, u64)>,
    /// Waiting events that were saved; they follow under a new epoch.
    pub saved: u64,
}

/// Somebody looked into a discrepancy and settled it; what had to be corrected is in events of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The discrepancy's identity.
    pub discrepancy: String,
    /// How, in words; never empty.
    pub note: String,
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
    /// Whole pieces weigh a little more or less than was asked for.
    WeightDiffers,
    /// Anything else.
    Other,
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
            Self::Loss(_) => "loss",
            Self::Settle(_) => "settle",
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

    pub(super) fn check(&self) -> Result<(), DecodeError> {
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
            Self::Loss(loss) if loss.lost.iter().any(|(first, last)| first > last) => {
                Err(DecodeError::Content("a run ends after it begins"))
            }
            Self::Settle(settled) if settled.note.trim().is_empty() => {
                Err(DecodeError::Content("a discrepancy is settled with a note"))
            }
            Self::Undo(undo) if matches!(*undo.body, Self::Undo(_)) => {
                Err(DecodeError::Content("an undo is not undone; the event is entered again"))
            }
            Self::Undo(undo) => undo.body.check(),
            _ => Ok(()),
        }
    }
}
