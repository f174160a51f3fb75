//! Stock that an order could be filled from, and the one order in which it is offered: first expiry, first out.

use crate::domain::{
    Day, HoldKind, LocationKind, LotKey, Place, Quantity, SerialNumber, Timestamp, days_between,
};
use std::cmp::Ordering;

/// The one expiry-day rule: good through the end of its expiry date on the site's calendar, bad the day after. The
/// best-before date governs where there is no expiry date.
#[must_use]
pub fn good_to(expiry: Option<Day>, best_before: Option<Day>) -> Option<Day> {
    expiry.or(best_before)
}

/// Whole days of shelf life left today: 0 on the last good day, negative after it; `None` for goods without a date.
#[must_use]
pub fn days_left(good_to: Option<Day>, today: Day) -> Option<i64> {
    good_to.map(|day| days_between(today, day))
}

/// One balance as the first-expiry rule sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Item and lot.
    pub key: LotKey,
    /// Where it is.
    pub place: Place,
    /// Which unit, for items with serials.
    pub serial: Option<SerialNumber>,
    /// Must not be used after this day.
    pub expiry: Option<Day>,
    /// Is best before the end of this day.
    pub best_before: Option<Day>,
    /// Was made on this day.
    pub produced: Option<Day>,
    /// When the lot was first received.
    pub received: Timestamp,
    /// The location's turn on a walk.
    pub walk: i64,
    /// What the location is for.
    pub kind: LocationKind,
    /// Base units there.
    pub quantity: Quantity,
    /// The gravest open stop on the lot, the location or the handling unit.
    pub hold: Option<HoldKind>,
}

/// Dates decide, missing ones last: expiry, best-before, production.
pub(super) type Dates = (bool, Option<Day>, bool, Option<Day>, bool, Option<Day>);

impl Candidate {
    /// The last day on which it is good.
    #[must_use]
    pub fn good_to(&self) -> Option<Day> {
        good_to(self.expiry, self.best_before)
    }

    pub(super) fn dates(&self) -> Dates {
        let Self { expiry, best_before, produced, .. } = *self;
        (expiry.is_none(), expiry, best_before.is_none(), best_before, produced.is_none(), produced)
    }
}

/// Expiry, best-before, production date, first receipt, walk order, lot number; then whatever tells two balances apart.
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let what = |c: &Self| (c.dates(), c.received, c.walk);
        let rest = |c: &Self| (c.kind, c.quantity, c.hold);
        what(self)
            .cmp(&what(other))
            .then_with(|| self.key.lot.is_none().cmp(&other.key.lot.is_none()))
            .then_with(|| self.key.lot.cmp(&other.key.lot))
            .then_with(|| self.place.cmp(&other.place))
            .then_with(|| self.serial.cmp(&other.serial))
            .then_with(|| self.key.item.cmp(&other.key.item))
            .then_with(|| rest(self).cmp(&rest(other)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
