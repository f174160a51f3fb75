//! What is carried from one place to another: part of a lot, a whole pallet, or everything at a place.

use super::resolve::Label;
use super::screen::Desk;
use super::view::Goods;
use super::words::{Common, Stock, Words};
use crate::domain::{
    Body, Day, HuCode, Item, Location, LocationId, LocationKind, LotKey, MoveKind, Quantity, StockKey,
};
use crate::ledger::command::{self, Believed, LINES_MAX, Refusal, Target};
use crate::ledger::good_to;
use crate::store::{StockRow, Store, StoreError};
use serde::{Deserialize, Serialize};

/// One more balance than a move carries, so that too much is seen.
const ROWS_READ: u64 = LINES_MAX as u64 + 1;

/// How much of what is there is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Extent {
    /// Goods of one lot, in the quantity of the load.
    Goods,
    /// A handling unit with all its content.
    Hu(HuCode),
    /// Everything at the place.
    Location,
}

/// One balance of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoadRow {
    pub what: Believed,
    pub good_to: Option<Day>,
}

/// What is in hand.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub extent: Extent,
    pub rows: Vec<LoadRow>,
    /// Where it is.
    pub from: Location,
    /// The item of the first row; the only one for goods.
    pub item: Item,
    /// How much of the goods; for the others the sum.
    pub quantity: Quantity,
    /// By how much one tap changes the quantity.
    pub step: Quantity,
}

/// Where goods are that were scanned.
pub(super) enum Found {
    /// At one place: in hand.
    One(Box<Load>),
    /// At several: one of them has to be scanned.
    Several(Vec<Load>),
    /// At none that counts.
    None,
}

impl From<StockRow> for LoadRow {
    fn from(row: StockRow) -> Self {
        let good_to = good_to(row.expiry, row.best_before);
        Self { what: Believed { key: row.key, there: row.quantity, hold: None }, good_to }
    }
}

impl Load {
    /// Goods of one lot, one load for each place where they are and that `counts`.
    pub(super) fn of_goods(
        store: &Store,
        label: &Label,
        counts: impl Fn(&Location) -> bool,
    ) -> Result<Found, StoreError> {
        let rows = match &label.serial {
            Some(serial) if label.item.tracking.needs_serial() => {
                store.stock_of_serial(label.item.id, serial)?
            }
            _ => store.stock_of_lot(&label.lot_key())?,
        };
        let mut loads = Vec::new();
        for row in rows.into_iter().filter(|row| row.quantity.is_positive()) {
            let Some(from) = store.location(row.key.place.location)?.filter(|place| counts(place)) else {
                continue;
            };
            loads.push(Self {
                extent: Extent::Goods,
                quantity: row.quantity,
                step: label.pack.as_ref().map_or(Quantity::ONE, |pack| pack.units),
                item: label.item.clone(),
                rows: vec![row.into()],
                from,
            });
        }
        Ok(match loads.len() {
            0 => Found::None,
            1 => loads.pop().map_or(Found::None, |load| Found::One(Box::new(load))),
            _ => Found::Several(loads),
        })
    }

    /// A handling unit with what is in it; `None` where nothing is known of it.
    pub(super) fn of_hu(store: &Store, code: &HuCode) -> Result<Option<Self>, StoreError> {
        Self::whole(store, Extent::Hu(code.clone()), store.stock_in_hu(code)?)
    }

    /// Everything at a place; `None` where nothing is known there.
    pub(super) fn of_location(store: &Store, place: LocationId) -> Result<Option<Self>, StoreError> {
        Self::whole(store, Extent::Location, store.stock_at(place, 0, ROWS_READ)?)
    }

    fn whole(store: &Store, extent: Extent, rows: Vec<StockRow>) -> Result<Option<Self>, StoreError> {
        let rows: Vec<LoadRow> =
            rows.into_iter().filter(|row| row.quantity.is_positive()).map(LoadRow::from).collect();
        let Some(first) = rows.first() else { return Ok(None) };
        let (Some(from), Some(item)) =
            (store.location(first.what.key.place.location)?, store.item(first.what.key.item)?)
        else {
            return Ok(None);
        };
        let quantity = rows.iter().map(|row| row.what.there).sum();
        Ok(Some(Self { extent, rows, from, item, quantity, step: Quantity::ONE }))
    }

    /// The same load as the file knows it now; `None` where it is gone.
    pub(super) fn read_again(&self, store: &Store) -> Result<Option<Self>, StoreError> {
        match &self.extent {
            Extent::Hu(code) => Self::of_hu(store, code),
            Extent::Location => Self::of_location(store, self.from.id),
            Extent::Goods => Ok(Some(self.clone())),
        }
    }

    /// True where it holds more than one move carries.
    pub(super) fn is_too_much(&self) -> bool {
        self.rows.len() > LINES_MAX
    }

    /// What is known to be there of goods.
    pub(super) fn there(&self) -> Quantity {
        self.rows.iter().map(|row| row.what.there).sum()
    }

    /// Reads which rows are stopped, and names the first that is.
    pub(super) fn held(&mut self, store: &Store, words: Words) -> Result<Option<String>, StoreError> {
        let mut first = None;
        for row in &mut self.rows {
            let StockKey { item, lot, place, .. } = &row.what.key;
            let lot = LotKey { item: *item, lot: lot.clone() };
            let holds = store.holds_on(&lot, place.location, place.hu.as_ref())?;
            row.what.hold = holds.iter().map(|state| state.hold.kind).max();
            if row.what.hold.is_some() && first.is_none() {
                first = Some(match &lot.lot {
                    Some(lot) => words.say(Common::Lot { lot: lot.as_str() }),
                    None => self.item.name.clone(),
                });
            }
        }
        Ok(first)
    }

    /// The event that brings it there. A handling unit keeps its content; goods are taken out of theirs.
    pub(super) fn moved(&self, kind: MoveKind, target: Target<'_>) -> Result<Body, Refusal> {
        match (&self.extent, self.rows.as_slice()) {
            (Extent::Goods, [row]) => command::move_stock(&row.what, self.quantity, target, kind, false),
            _ => {
                let content: Vec<Believed> = self.rows.iter().map(|row| row.what.clone()).collect();
                command::move_all(&content, target, kind)
            }
        }
    }

    /// How much is carried; empty for several items, whose units do not add up.
    pub(super) fn amount(&self, words: Words) -> String {
        let one_item = self.rows.iter().all(|row| row.what.key.item == self.item.id);
        if one_item { words.parts(self.quantity, self.item.unit).0 } else { String::new() }
    }

    /// "24 each Oat drink", "Pallet 340123…", "Everything at A-03-2".
    pub(super) fn name(&self, words: Words) -> String {
        match &self.extent {
            Extent::Goods => format!("{} {}", words.amount(self.quantity, self.item.unit), self.item.name),
            Extent::Hu(code) => words.say(Common::Pallet { code: code.as_str() }),
            Extent::Location => words.say(Stock::AllAt { place: &self.from.code }),
        }
    }

    /// For the middle of the display.
    pub(super) fn goods(&self, words: Words, today: Day) -> Goods {
        match self.rows.as_slice() {
            [row] => row.goods(&self.item, words, today),
            _ => Goods { item: self.name(words), ..Goods::default() },
        }
    }

    /// "each · = 2 cases", "whole pallet, lots: 4".
    pub(super) fn detail(&self, words: Words) -> String {
        let lots = self.rows.len().to_string();
        match &self.extent {
            Extent::Goods => words.unit_and_packs(&self.item, self.quantity),
            Extent::Hu(_) => words.say(Stock::WholePallet { lots: &lots }),
            Extent::Location => words.say(Stock::WholePlace { lots: &lots }),
        }
    }
}

impl LoadRow {
    /// The item, its lot and its date.
    pub(super) fn goods(&self, item: &Item, words: Words, today: Day) -> Goods {
        let lot = self.what.key.lot.as_ref().map(|lot| words.say(Common::Lot { lot: lot.as_str() }));
        let serial =
            self.what.key.serial.as_ref().map(|it| words.say(Common::Serial { serial: it.as_str() }));
        let parts: Vec<String> = lot.into_iter().chain(serial).collect();
        Goods {
            item: item.name.clone(),
            lot: parts.join(" · "),
            good_to: words.good_to(self.good_to, today),
            in_days: words.in_days(self.good_to, today),
        }
    }
}

/// Where goods should go, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suggestion {
    pub place: String,
    pub reason: String,
}

/// The same item and lot first, then the same item, then an empty place in the item's zone.
pub(super) fn suggest(desk: &Desk<'_>, load: &Load) -> Result<Suggestion, StoreError> {
    let say = |place: &Location, why: Stock<'_>| Suggestion {
        place: place.code.clone(),
        reason: desk.words.say(why),
    };
    let Some(first) = load.rows.first() else {
        return Ok(Suggestion { place: String::new(), reason: desk.say(Stock::NoSuggestion) });
    };
    let lot = LotKey { item: first.what.key.item, lot: first.what.key.lot.clone() };
    if let Some(place) = stored(desk.store.locations_with_lot(&lot)?, load) {
        return Ok(say(&place, Stock::SameLotThere));
    }
    if let Some(place) = stored(desk.store.locations_with_item(load.item.id)?, load) {
        return Ok(say(&place, Stock::SameItemThere));
    }
    match desk.store.first_empty_location(&load.item.zone)? {
        Some(place) => Ok(say(&place, Stock::Empty)),
        None => Ok(Suggestion { place: String::new(), reason: desk.say(Stock::NoSuggestion) }),
    }
}

/// The first place of a storing kind where the load is not already.
fn stored(places: Vec<Location>, load: &Load) -> Option<Location> {
    places.into_iter().find(|place| {
        matches!(place.kind, LocationKind::Storage | LocationKind::PickFace) && place.id != load.from.id
    })
}
