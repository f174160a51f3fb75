//! What an inspector of events must be able to ask; the memory fold and the server's database both answer.

use crate::domain::{
    DeviceId, Event, EventId, HoldState, HoldTarget, LocationId, LocationKind, LotFacts, LotKey, Order,
    OrderId, Place, Progress, Quantity, Role, SiteZone, StockKey, Timestamp, UserId,
};
use std::sync::Arc;

/// What the labels have said of a lot so far, and which event said it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLot {
    /// Field by field what was said first in stream order.
    pub facts: LotFacts,
    /// The receipt that first named it.
    pub event: EventId,
    /// The earliest receipt, corrected time.
    pub received: Timestamp,
}

/// An event in the ledger and the verdict on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    /// The event.
    pub event: Event,
    /// False where it was refused or quarantined.
    pub has_effect: bool,
}

/// An order and whether it is closed by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrder {
    /// As the master data has it.
    pub order: Arc<Order>,
    /// True once an event or the master data closed it or called it off.
    pub closed: bool,
}

/// The state before an event is applied. Each method names the one small query that answers it.
pub trait Facts {
    /// What a query fails with.
    type Error;

    /// Decides when a day ends.
    fn zone(&self) -> SiteZone;

    /// A balance; zero where there is none.
    ///
    /// # Errors
    /// Of the query.
    fn balance(&self, key: &StockKey) -> Result<Quantity, Self::Error>;

    /// What is known of a lot.
    ///
    /// # Errors
    /// Of the query.
    fn lot(&self, lot: &LotKey) -> Result<Option<KnownLot>, Self::Error>;

    /// Holds that are open on this lot, on the place's location or on its handling unit.
    ///
    /// # Errors
    /// Of the query.
    fn holds_on(&self, lot: &LotKey, place: &Place) -> Result<Vec<HoldState>, Self::Error>;

    /// A hold by its event, open or ended.
    ///
    /// # Errors
    /// Of the query.
    fn hold(&self, id: EventId) -> Result<Option<HoldState>, Self::Error>;

    /// An event by its id.
    ///
    /// # Errors
    /// Of the query.
    fn event(&self, id: EventId) -> Result<Option<KnownEvent>, Self::Error>;

    /// The event that took this one back.
    ///
    /// # Errors
    /// Of the query.
    fn undone_by(&self, id: EventId) -> Result<Option<EventId>, Self::Error>;

    /// An order by its id.
    ///
    /// # Errors
    /// Of the query.
    fn order(&self, id: OrderId) -> Result<Option<KnownOrder>, Self::Error>;

    /// How far an order's lines are.
    ///
    /// # Errors
    /// Of the query.
    fn progress(&self, order: OrderId) -> Result<Vec<Progress>, Self::Error>;

    /// What an active operator may do; `None` for people who are unknown or have left.
    ///
    /// # Errors
    /// Of the query.
    fn role(&self, user: UserId) -> Result<Option<Role>, Self::Error>;

    /// What a location is for.
    ///
    /// # Errors
    /// Of the query.
    fn location_kind(&self, location: LocationId) -> Result<Option<LocationKind>, Self::Error>;

    /// The newest event in stream order that lowered this balance.
    ///
    /// # Errors
    /// Of the query.
    fn last_taker(&self, key: &StockKey) -> Result<Option<EventId>, Self::Error>;

    /// Counts of this balance by other devices with a corrected time after `at`.
    ///
    /// # Errors
    /// Of the query.
    fn counts_after(
        &self,
        key: &StockKey,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, Self::Error>;

    /// Events by other devices that changed this balance, beyond stream sequence `synced_to`, corrected time before `at`.
    ///
    /// # Errors
    /// Of the query.
    fn changes_unseen(
        &self,
        key: &StockKey,
        synced_to: u64,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, Self::Error>;

    /// Picks and dispatches, corrected time `at` or later, that took from what the hold's target covers.
    ///
    /// # Errors
    /// Of the query.
    fn taken_since(&self, target: &HoldTarget, at: Timestamp) -> Result<Vec<EventId>, Self::Error>;
}
