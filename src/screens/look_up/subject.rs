//! What a scan is about.

use super::super::resolve::{Label, Meaning, Scan};
use crate::domain::{HoldTarget, HuCode, ItemId, LocationId, LotKey, OrderId, SerialNumber};

/// Something that can be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Subject {
    /// A lot, or all stock of an item without lots.
    Lot(LotKey),
    /// One unit, with the lot on its label.
    Unit(LotKey, SerialNumber),
    /// An item of which no lot was named.
    Item(ItemId),
    /// A place.
    Location(LocationId),
    /// A pallet, tote or case.
    Hu(HuCode),
    /// An order.
    Order(OrderId),
}

impl Subject {
    /// `None` for badges, unknown codes and lot numbers of several items.
    pub fn of(scan: &Scan) -> Option<Self> {
        match &scan.meaning {
            Meaning::Goods(label) => Some(Self::of_label(label)),
            Meaning::Location(place) => Some(Self::Location(place.id)),
            Meaning::Hu(code, _) => Some(Self::Hu(code.clone())),
            Meaning::Order(order) => Some(Self::Order(order.id)),
            Meaning::Badge(_) | Meaning::SeveralLots(_) | Meaning::Unknown => None,
        }
    }

    fn of_label(label: &Label) -> Self {
        let tracking = label.item.tracking;
        match &label.serial {
            Some(serial) if tracking.needs_serial() => Self::Unit(label.lot_key(), serial.clone()),
            _ if tracking.needs_lot() && label.lot.is_none() => Self::Item(label.item.id),
            _ => Self::Lot(label.lot_key()),
        }
    }

    /// What a hold of it stops; `None` for what cannot be stopped.
    pub fn target(&self) -> Option<HoldTarget> {
        match self {
            Self::Lot(lot) | Self::Unit(lot, _) => Some(HoldTarget::Lot(lot.clone())),
            Self::Location(id) => Some(HoldTarget::Location(*id)),
            Self::Hu(code) => Some(HoldTarget::Hu(code.clone())),
            Self::Item(_) | Self::Order(_) => None,
        }
    }

    /// What a hold's target is, looked up.
    pub fn of_target(target: &HoldTarget) -> Self {
        match target {
            HoldTarget::Lot(lot) => Self::Lot(lot.clone()),
            HoldTarget::Location(id) => Self::Location(*id),
            HoldTarget::Hu(code) => Self::Hu(code.clone()),
        }
    }
}
