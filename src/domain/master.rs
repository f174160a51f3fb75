//! What the server knows and the handheld is told: the site, its items, places, parties, orders and people.

use super::{
    Day, Gtin, HuCode, ItemId, LocationId, LotNumber, OrderId, PartyId, Quantity, SiteId, SiteZone, UserId,
};
use serde::{Deserialize, Serialize};

/// One record of the `master:<site>` stream: the newest record of an id replaces the older ones; nothing is deleted,
/// what is no longer used has `active: false`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MasterRecord {
    /// The site itself.
    Site(Site),
    /// A product.
    Item(Item),
    /// A place.
    Location(Location),
    /// A supplier or customer.
    Party(Party),
    /// An inbound or outbound order with its lines.
    Order(Order),
    /// An operator.
    User(User),
}

/// One warehouse and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name on screens.
    pub name: String,
    /// Decides when a day ends.
    pub zone: SiteZone,
    /// What happens when a later lot is scanned than the first one.
    pub fefo: FefoPolicy,
    /// Where picked goods wait for the truck unless the order says otherwise.
    pub staging: LocationId,
    /// Where receipts are booked unless the clerk scans another dock.
    pub dock: LocationId,
}

/// What a scan of a later lot than the best one does (DESIGN "The scan decides").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FefoPolicy {
    /// Accept and record.
    Allow,
    /// Ask for a reason code.
    AskReason,
    /// Refuse.
    Stop,
}

/// How units of an item are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracking {
    /// Not at all.
    None,
    /// By lot.
    Lot,
    /// Each unit by its serial number.
    Serial,
    /// By lot, and each unit by its serial number.
    LotAndSerial,
}

impl Tracking {
    /// True where stock needs a lot number.
    #[must_use]
    pub fn needs_lot(self) -> bool {
        matches!(self, Self::Lot | Self::LotAndSerial)
    }

    /// True where each unit needs a serial number.
    #[must_use]
    pub fn needs_serial(self) -> bool {
        matches!(self, Self::Serial | Self::LotAndSerial)
    }
}

/// The base unit of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Counted.
    Each,
    /// Weighed.
    Gram,
}

/// A pack level: a GTIN and how many base units it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// The GTIN printed on this pack.
    pub gtin: Gtin,
    /// "each", "inner", "case", "pallet" in the words of the item's supplier.
    pub name: String,
    /// Base units in it, above zero.
    pub units: Quantity,
}

/// A product kept in stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// The warehouse's article number.
    pub code: String,
    /// Its name on screens.
    pub name: String,
    /// How its units are told apart.
    pub tracking: Tracking,
    /// Its base unit.
    pub unit: Unit,
    /// Its pack levels, smallest first.
    pub packs: Vec<Pack>,
    /// Days of shelf life a receipt must still have.
    pub days_on_receipt: u16,
    /// Days of shelf life a dispatch must still have.
    pub days_on_dispatch: u16,
    /// The zone it is stored in; empty for anywhere.
    pub zone: String,
    /// False once it is no longer traded.
    pub active: bool,
}

impl Item {
    /// The pack level that carries this GTIN.
    #[must_use]
    pub fn pack(&self, gtin: Gtin) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.gtin == gtin)
    }
}

/// What a place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationKind {
    /// Where trucks are unloaded.
    Dock,
    /// Reserve.
    Storage,
    /// Where pickers take from.
    PickFace,
    /// Where picked goods wait.
    Staging,
    /// Where nothing is taken from.
    Quarantine,
    /// Where trucks are loaded.
    Dispatch,
}

impl LocationKind {
    /// True where pickers may take stock from.
    #[must_use]
    pub fn is_pickable(self) -> bool {
        matches!(self, Self::Storage | Self::PickFace)
    }
}

/// A scannable place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its id, above zero.
    pub id: LocationId,
    /// What is printed on its sign and in its barcode, for example `A-03-2`.
    pub code: String,
    /// What it is for.
    pub kind: LocationKind,
    /// The part of the site it belongs to.
    pub zone: String,
    /// Its turn on a walk through the site, ascending.
    pub walk: i64,
    /// False once it is gone.
    pub active: bool,
}

/// Which side of the trade a party is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// Sends goods.
    Supplier,
    /// Gets goods.
    Customer,
}

/// A supplier or customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Its id.
    pub id: PartyId,
    /// Which side of the trade.
    pub kind: PartyKind,
    /// The number it is known by.
    pub code: String,
    /// Its name on screens.
    pub name: String,
    /// Days of shelf life this customer asks for; the larger of this and the item's counts.
    pub days_on_dispatch: u16,
    /// False once it is no longer traded with.
    pub active: bool,
}

/// What an operator may do; each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Picks and moves.
    Picker,
    /// Receives too.
    Clerk,
    /// Holds, releases, corrects, hands devices in.
    Supervisor,
    /// Everything.
    Admin,
}

/// An operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The name on screens.
    pub name: String,
    /// What the badge's barcode says.
    pub badge: String,
    /// PHC string of the PIN's argon2id hash, where a PIN is set.
    pub pin: Option<String>,
    /// What the operator may do.
    pub role: Role,
    /// Language of the screens, BCP 47; the device's where empty.
    pub language: String,
    /// False once the operator has left.
    pub active: bool,
}

/// Which way an order's goods go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a supplier.
    Inbound,
    /// To a customer.
    Outbound,
}

/// What document an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// We ordered it.
    PurchaseOrder,
    /// The supplier says what is on the truck, often with lots and handling units.
    ShippingNotice,
    /// A customer ordered it.
    SalesOrder,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// To be worked on.
    Open,
    /// Done.
    Closed,
    /// Called off.
    Cancelled,
}

/// An inbound or outbound order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// What is printed on its papers and in its barcode.
    pub number: String,
    /// Which way its goods go.
    pub direction: Direction,
    /// What document it is.
    pub kind: OrderKind,
    /// The supplier or customer.
    pub party: PartyId,
    /// When it is due.
    pub due: Option<Day>,
    /// Where it stands.
    pub status: OrderStatus,
    /// What was ordered or announced.
    pub lines: Vec<OrderLine>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Its number within the order, from 1.
    pub line: u32,
    /// The item.
    pub item: ItemId,
    /// Base units ordered or announced.
    pub quantity: Quantity,
    /// The lot announced (inbound) or demanded (outbound).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotNumber>,
    /// The expiry announced for that lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Day>,
    /// The handling unit it is announced in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hu: Option<HuCode>,
}
