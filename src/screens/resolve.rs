//! What a scan means here: the label's words looked up in the handheld's file, the likelier reading first.

use super::words::{Common, Words};
use crate::barcode::{IssueCode, LocalKind, Profile, Reading, unlikely};
use crate::domain::{
    Day, HuCode, Item, Location, LotFacts, LotKey, LotNumber, Order, Pack, Quantity, SerialNumber, Unit, User,
};
use crate::ledger::good_to;
use crate::store::{Store, StoreError};
use serde::{Deserialize, Serialize};

/// Ways to read a label that a person is asked about.
const CHOICES_MAX: usize = 3;

/// One scan: what the label says and what that means here.
#[derive(Debug, Clone)]
pub struct Scan {
    /// What the label says.
    pub reading: Reading,
    /// What it means here.
    pub meaning: Meaning,
}

/// What a scan means here.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// An operator's badge.
    Badge(User),
    /// An order's papers.
    Order(Order),
    /// A place's sign.
    Location(Location),
    /// A pallet, tote or case with its own code, known or new; with what its label says is inside.
    Hu(HuCode, Option<Box<Label>>),
    /// Goods.
    Goods(Box<Label>),
    /// A bare lot number that several items have.
    SeveralLots(Vec<LotKey>),
    /// Nothing this device knows.
    Unknown,
}

/// What a label says of goods whose item is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The item.
    pub item: Item,
    /// The pack level whose GTIN was scanned.
    pub pack: Option<Pack>,
    /// The lot on the label.
    pub lot: Option<LotNumber>,
    /// The unit on the label.
    pub serial: Option<SerialNumber>,
    /// Must not be used after this day.
    pub expiry: Option<Day>,
    /// Is best before the end of this day.
    pub best_before: Option<Day>,
    /// Was made on this day.
    pub produced: Option<Day>,
    /// Base units that one such label stands for.
    pub quantity: Quantity,
    /// What the label itself says this piece weighs (AI 310n), for weighed goods.
    pub weight: Option<Quantity>,
    /// The GTIN names what is inside a logistic unit (AI 02): a count counts packs.
    #[serde(default)]
    pub is_content: bool,
    /// How much a symbol of its own said, in base units.
    #[serde(default)]
    pub counted: Option<Quantity>,
    /// The same label as it may be meant, where that makes another lot; the likeliest first.
    #[serde(default)]
    pub alternatives: Vec<Label>,
}

/// What a label of a tracked item does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The lot number.
    Lot,
    /// The serial number.
    Serial,
}

impl Label {
    /// A bare item without a label's words.
    #[must_use]
    pub fn of_item(item: Item) -> Self {
        Self {
            item,
            pack: None,
            lot: None,
            serial: None,
            expiry: None,
            best_before: None,
            produced: None,
            quantity: Quantity::ONE,
            weight: None,
            is_content: false,
            counted: None,
            alternatives: Vec::new(),
        }
    }

    /// What has to be scanned before anything can be done with these goods; a unit's number says its lot too.
    #[must_use]
    pub fn lacks(&self) -> Option<Lack> {
        let tracking = self.item.tracking;
        if tracking.needs_serial() {
            return self.serial.is_none().then_some(Lack::Serial);
        }
        (tracking.needs_lot() && self.lot.is_none()).then_some(Lack::Lot)
    }

    /// The lot's identity; without a lot number for items that have none.
    #[must_use]
    pub fn lot_key(&self) -> LotKey {
        let lot = if self.item.tracking.needs_lot() { self.lot.clone() } else { None };
        LotKey { item: self.item.id, lot }
    }

    /// What the label says of its lot; `None` without a lot number.
    #[must_use]
    pub fn facts(&self) -> Option<LotFacts> {
        Some(LotFacts {
            item: self.item.id,
            lot: self.lot.clone()?,
            expiry: self.expiry,
            best_before: self.best_before,
            produced: self.produced,
            supplier_lot: None,
            vintage: None,
            origin: None,
        })
    }

    /// The day that counts.
    #[must_use]
    pub fn good_to(&self) -> Option<Day> {
        good_to(self.expiry, self.best_before)
    }

    /// "Oat drink barista 1 l, lot L2231" in the operator's words.
    #[must_use]
    pub fn name(&self, words: Words) -> String {
        match &self.lot {
            Some(lot) => format!("{}, {}", self.item.name, words.say(Common::Lot { lot: lot.as_str() })),
            None => self.item.name.clone(),
        }
    }

    fn read(item: Item, pack: Option<Pack>, reading: &Reading) -> Self {
        let quantity = label_quantity(&item, pack.as_ref(), reading);
        Self {
            lot: reading.lot(),
            serial: reading.serial(),
            expiry: reading.expiry(),
            best_before: reading.best_before(),
            produced: reading.produced(),
            quantity,
            weight: weight_of(&item, reading),
            is_content: reading.content_gtin().is_some(),
            counted: None,
            alternatives: Vec::new(),
            item,
            pack,
        }
    }
}

/// Base units that one such label stands for, at least one.
fn label_quantity(item: &Item, pack: Option<&Pack>, reading: &Reading) -> Quantity {
    let pack_units = pack.map_or(Quantity::ONE, |pack| pack.units);
    let said = match (weight_of(item, reading), reading.count()) {
        (Some(weight), _) => Some(weight),
        (_, Some(count)) => counted(item, pack_units, reading.content_gtin().is_some(), count),
        _ => None,
    };
    said.filter(|quantity| quantity.is_positive()).unwrap_or(pack_units)
}

/// A label's count in base units: packs where it counts what is inside a logistic unit, else base units. Pieces of
/// weighed goods have no weight of their own.
pub(super) fn counted(item: &Item, pack: Quantity, is_content: bool, count: i64) -> Option<Quantity> {
    let quantity = match (item.unit, is_content) {
        (Unit::Gram, _) => None,
        (Unit::Each, true) => pack.checked_mul(count),
        (Unit::Each, false) => Quantity::new(count).ok(),
    };
    quantity.filter(|quantity| quantity.is_positive())
}

/// The weight on the label of a weighed item.
fn weight_of(item: &Item, reading: &Reading) -> Option<Quantity> {
    let grams = reading.weight_g().filter(|_| item.unit == Unit::Gram)?;
    Quantity::new(grams).ok().filter(|weight| weight.is_positive())
}

/// Finds out what a reading means here; the reading itself first, then each other way to read the same symbol.
///
/// # Errors
/// Where the file cannot be read.
pub fn resolve(store: &Store, reading: Reading, profile: &Profile) -> Result<Scan, StoreError> {
    let mut meaning = meaning_of(store, &reading)?;
    if let Meaning::Goods(label) = meaning {
        meaning = Meaning::Goods(Box::new(weigh_alternatives(store, *label, &reading, profile)?));
    }
    for candidate in reading.candidates() {
        if !matches!(meaning, Meaning::Unknown) {
            break;
        }
        meaning = meaning_of(store, &candidate.reading)?;
    }
    Ok(Scan { reading, meaning })
}

fn meaning_of(store: &Store, reading: &Reading) -> Result<Meaning, StoreError> {
    if let Some(sscc) = reading.sscc() {
        return Ok(Meaning::Hu(sscc, goods(store, reading)?.map(Box::new)));
    }
    if let Some(label) = goods(store, reading)? {
        return Ok(Meaning::Goods(Box::new(label)));
    }
    if let Some(number) = reading.order_number()
        && let Some(order) = store.order_by_number(number)?
    {
        return Ok(Meaning::Order(order));
    }
    if let Some(text) = reading.text() {
        return plain(store, text, reading.local_kind());
    }
    match reading.lot() {
        Some(lot) => lot_number(store, &lot, reading),
        None => Ok(Meaning::Unknown),
    }
}

fn goods(store: &Store, reading: &Reading) -> Result<Option<Label>, StoreError> {
    if let Some(gtin) = reading.gtin() {
        let found = store.item_by_gtin(gtin)?;
        return Ok(found.map(|(item, pack)| Label::read(item, Some(pack), reading)));
    }
    // HIBC labels and those with data identifiers name the item by the maker's number.
    let Some(code) = reading.item_code() else { return Ok(None) };
    let mut items = store.items_by_code(code)?;
    let only = items.pop().filter(|_| items.is_empty());
    Ok(only.map(|item| Label::read(item, None, reading)))
}

/// A code without GS1 meaning is whatever this site calls by that name. What the site names itself it names in capitals,
/// and people type small letters; a lot number is what the label says.
fn plain(store: &Store, text: &str, kind: Option<LocalKind>) -> Result<Meaning, StoreError> {
    let mut meaning = named(store, text, kind)?;
    let capitals = text.to_uppercase();
    if matches!(meaning, Meaning::Unknown) && capitals != text {
        meaning = named(store, &capitals, kind)?;
    }
    match (meaning, LotNumber::new(text)) {
        (Meaning::Unknown, Ok(lot)) => lots_named(store, &lot),
        (meaning, _) => Ok(meaning),
    }
}

fn named(store: &Store, text: &str, kind: Option<LocalKind>) -> Result<Meaning, StoreError> {
    if let Some(user) = store.user_by_badge(text)? {
        return Ok(Meaning::Badge(user));
    }
    if let Some(location) = store.location_by_code(text)? {
        return Ok(Meaning::Location(location));
    }
    if let Some(order) = store.order_by_number(text)? {
        return Ok(Meaning::Order(order));
    }
    if let Ok(code) = HuCode::new(text)
        && (kind == Some(LocalKind::HandlingUnit) || !store.stock_in_hu(&code)?.is_empty())
    {
        return Ok(Meaning::Hu(code, None));
    }
    let mut items = store.items_by_code(text)?;
    if let (Some(item), true) = (items.pop(), items.is_empty()) {
        return Ok(Meaning::Goods(Box::new(Label::of_item(item))));
    }
    Ok(Meaning::Unknown)
}

/// A label with a lot number but no item.
fn lot_number(store: &Store, lot: &LotNumber, reading: &Reading) -> Result<Meaning, StoreError> {
    Ok(match lots_named(store, lot)? {
        Meaning::Goods(label) => {
            let read = Label::read(label.item, None, reading);
            Meaning::Goods(Box::new(Label { lot: label.lot, ..read }))
        }
        other => other,
    })
}

fn lots_named(store: &Store, lot: &LotNumber) -> Result<Meaning, StoreError> {
    let lots = store.lots_by_number(lot.as_str())?;
    if lots.len() > 1 {
        return Ok(Meaning::SeveralLots(lots));
    }
    let Some(key) = lots.into_iter().next() else { return Ok(Meaning::Unknown) };
    let Some(item) = store.item(key.item)? else { return Ok(Meaning::Unknown) };
    Ok(Meaning::Goods(Box::new(Label { lot: key.lot, ..Label::of_item(item) })))
}

/// A label whose separator may be lost has several lots to choose from: the one that is known here counts.
///
/// Where little speaks for a lost separator, a person is asked only if the other lot is known here. A broken lot comes
/// with the ways to repair it.
fn weigh_alternatives(
    store: &Store,
    mut label: Label,
    reading: &Reading,
    profile: &Profile,
) -> Result<Label, StoreError> {
    if !label.item.tracking.needs_lot() || is_known(store, &label)? {
        return Ok(label);
    }
    let asks = reading.warns(IssueCode::LostSeparator);
    let doubts = reading.candidates().iter().filter(|candidate| candidate.reason.is_lost_separator());
    for candidate in doubts {
        let Some(other) = other_lot(store, &label, &candidate.reading)? else { continue };
        let known = is_known(store, &other)?;
        if known && asks {
            return Ok(other);
        }
        if (known || asks) && label.alternatives.len() < CHOICES_MAX {
            label.alternatives.push(other);
        }
    }
    if label.alternatives.is_empty() && reading.is_ok() {
        for candidate in unlikely(reading, profile) {
            let Some(other) = other_lot(store, &label, &candidate.reading)? else { continue };
            if is_known(store, &other)? {
                label.alternatives.push(other);
                break;
            }
        }
    }
    Ok(label)
}

/// The same item with another lot.
fn other_lot(store: &Store, label: &Label, reading: &Reading) -> Result<Option<Label>, StoreError> {
    let other = goods(store, reading)?;
    Ok(other.filter(|other| other.item.id == label.item.id && other.lot.is_some() && other.lot != label.lot))
}

fn is_known(store: &Store, label: &Label) -> Result<bool, StoreError> {
    Ok(label.lot.is_some() && store.lot(&label.lot_key())?.is_some())
}
