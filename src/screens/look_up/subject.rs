//! What a scan is about.

use super::super::resolve::{Label, Meaning, Scan};
use super::super::words::{Common, Words};
use crate::domain::{HoldTarget, HuCode, ItemId, LocationId, LotKey, OrderId, SerialNumber};
use crate::store::{Store, StoreError};

fn item_name(store: &Store, item: ItemId) -> Result<String, StoreError> {
    Ok(store.item(item)?.map(|item| item.name).unwrap_or_default())
}

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

    /// Its name in a sentence: "Lot L2231", "A-03-2", "Pallet 3401…".
    pub fn name(&self, store: &Store, words: Words) -> Result<String, StoreError> {
        let lot_name = |lot: &LotKey| match &lot.lot {
            Some(number) => Ok(words.say(Common::Lot { lot: number.as_str() })),
            None => item_name(store, lot.item),
        };
        match self {
            Self::Lot(lot) => lot_name(lot),
            Self::Unit(_, serial) => Ok(words.say(Common::Serial { serial: serial.as_str() })),
            Self::Item(item) => item_name(store, *item),
            Self::Location(id) => Ok(store.location(*id)?.map(|place| place.code).unwrap_or_default()),
            Self::Hu(code) => Ok(words.say(Common::Pallet { code: code.as_str() })),
            Self::Order(id) => Ok(store.order(*id)?.map(|order| order.number).unwrap_or_default()),
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
