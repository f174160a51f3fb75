//! Quantities are whole base units; for weighed goods the base unit is the gram.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Largest quantity of one movement line, in base units (1,000 t in grams).
///
/// It leaves room for nine billion lines of that size before a balance could overflow an `i64`.
pub const QUANTITY_MAX: i64 = 1_000_000_000;
const _: () = assert!(i64::MAX / QUANTITY_MAX > 9_000_000_000);

/// A count of base units; negative only as a difference or as a balance that facts have driven below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Quantity(i64);

/// Why a number is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is above the largest quantity of one line, {QUANTITY_MAX}")]
pub struct QuantityError(pub i64);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One base unit.
    pub const ONE: Self = Self(1);

    /// A quantity or difference of at most [`QUANTITY_MAX`] either way.
    ///
    /// # Errors
    /// Numbers beyond that are refused.
    pub fn new(units: i64) -> Result<Self, QuantityError> {
        if units.unsigned_abs() > QUANTITY_MAX.unsigned_abs() {
            Err(QuantityError(units))
        } else {
            Ok(Self(units))
        }
    }

    /// A balance read back from a projection, which may exceed the size of one line.
    #[must_use]
    pub fn balance(units: i64) -> Self {
        Self(units)
    }

    /// The number of base units.
    #[must_use]
    pub fn units(self) -> i64 {
        self.0
    }

    /// True above zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// True below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// True for nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Sum, `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `packs` packs of this size, `None` above [`QUANTITY_MAX`].
    #[must_use]
    pub fn checked_mul(self, packs: i64) -> Option<Self> {
        self.0.checked_mul(packs).and_then(|units| Self::new(units).ok())
    }

    /// The same size the other way.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

/// Balances add; [`QUANTITY_MAX`] and the number of lines a site can hold keep them far from overflow.
impl std::ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// See [`Add`](std::ops::Add).
impl std::ops::Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |sum, quantity| sum + quantity)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(source)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold() {
        assert_eq!(Quantity::new(QUANTITY_MAX).unwrap().units(), QUANTITY_MAX);
        assert_eq!(Quantity::new(QUANTITY_MAX + 1), Err(QuantityError(QUANTITY_MAX + 1)));
        assert_eq!(Quantity::new(i64::MIN), Err(QuantityError(i64::MIN)));
        assert_eq!(Quantity::ONE.checked_mul(QUANTITY_MAX + 1), None);
        assert!(serde_json::from_str::<Quantity>("1.5").is_err());
        assert!(serde_json::from_str::<Quantity>("1000000001").is_err());
    }
}
