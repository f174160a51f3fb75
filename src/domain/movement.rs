//! Where stock is and how it moves: the lines that facts carry.

use super::{Day, HuCode, ItemId, LocationId, LotNumber, Quantity, SerialNumber};
use serde::{Deserialize, Serialize};

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
