//! The words of the warehouse as types: pure, no I/O, no clock.
//!
//! Everything above this module speaks in these types, so that a lot number is never mistaken for a serial
//! number and a quantity is never a float. See ARCHITECTURE.md for the words themselves.

mod event;
mod gtin;
mod ids;
mod master;
mod quantity;
mod state;
mod time;

pub use event::{
    Body, CloseOrder, Count, CountLine, DecodeError, Dispatch, Disposal, EVENT_BYTES_MAX, EVENT_VERSION,
    Event, FefoOverride, Hold, HoldKind, HoldTarget, LotFacts, LotKey, Move, MoveKind, Movement, Park, Pick,
    Place, Reason, Receipt, Release, Return, Short, StockKey, Undo,
};
pub use gtin::{Gtin, GtinError, check_digit};
pub use ids::{
    DeviceId, EventId, HuCode, ItemId, LABEL_BYTES_MAX, LabelError, LocationId, LotNumber, OrderId, PartyId,
    SerialNumber, SiteId, UserId,
};
pub use master::{
    Direction, FefoPolicy, Item, Location, LocationKind, MasterRecord, Order, OrderKind, OrderLine,
    OrderStatus, Pack, Party, PartyKind, Role, Site, Tracking, Unit, User,
};
pub use quantity::{QUANTITY_MAX, Quantity, QuantityError};
pub use state::{Destination, HoldState, Origin, Progress};
pub use time::{Day, SiteZone, Timestamp, day_from_number, day_number, days_between};
