//! The words of the warehouse as types: pure, no I/O, no clock.
//!
//! Everything above this module speaks in these types, so that a lot number is never mistaken for a serial
//! number and a quantity is never a float. See ARCHITECTURE.md for the words themselves.

mod body;
mod event;
mod gtin;
mod ids;
mod key;
mod master;
mod movement;
mod pin;
mod quantity;
mod state;
mod time;

pub use body::{
    Body, CloseOrder, Count, CountLine, Dispatch, Disposal, FefoOverride, Hold, HoldKind, HoldTarget, Loss,
    Move, MoveKind, Park, Pick, Reason, Receipt, Release, Return, Settle, Short, Undo,
};
pub use event::{DecodeError, EVENT_BYTES_MAX, EVENT_VERSION, Event};
pub use gtin::{Gtin, GtinError, check_digit};
pub use ids::{
    DeviceId, EventId, HuCode, ItemId, LABEL_BYTES_MAX, LabelError, LocationId, LotNumber, OrderId, PartyId,
    SerialNumber, SiteId, UserId,
};
pub use key::{DeviceKey, PublicKey, Signature};
pub use master::{
    Direction, FefoPolicy, Item, Location, LocationKind, MasterRecord, Order, OrderKind, OrderLine,
    OrderStatus, Pack, Party, PartyKind, Role, Site, Tracking, Unit, User,
};
pub use movement::{LotFacts, LotKey, Movement, Place, StockKey};
pub use pin::{PIN_CHARS, PinError, hash_pin, verify_pin};
pub use quantity::{QUANTITY_MAX, Quantity, QuantityError};
pub use state::{Destination, HoldState, Origin, Progress};
pub use time::{Day, SiteZone, Timestamp, day_from_number, day_number, days_between};
