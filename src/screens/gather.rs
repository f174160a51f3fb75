//! One thing with several symbols: the item, its lot, its date and its quantity may stand in labels of their own, in
//! any order. What comes before the item waits for it, for a short while; what comes after the item completes it.
//!
//! Every page gets its scans through [`Gather::hear`], so that a page only ever sees whole labels. Goods-in alone keeps
//! a line in hand that later symbols may still change, and puts them together itself, with the same [`Part`]s.

use super::resolve::{Label, Lack, Meaning, Scan, counted};
use super::screen::Answer;
use super::words::{Common, Receiving, Words};
use crate::barcode::{CandidateReason, Reading};
use crate::domain::{Day, LotNumber, Quantity, SerialNumber, Timestamp, Unit};

/// Symbols of one thing come within so many milliseconds of each other; what waits for longer belongs to another thing.
pub const GATHER_MS: i64 = 20_000;

/// What a symbol without an item says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    pub(super) lot: Option<LotNumber>,
    pub(super) serial: Option<SerialNumber>,
    pub(super) expiry: Option<Day>,
    pub(super) best_before: Option<Day>,
    pub(super) produced: Option<Day>,
    /// How many, in base units or in packs as the label of the item says.
    pub(super) count: Option<i64>,
    /// The net weight, for weighed goods.
    pub(super) weight_g: Option<i64>,
}

impl Part {
    /// What a symbol adds to an item it does not name; `None` where it names one, a pallet or nothing of the kind.
    pub(super) fn of(reading: &Reading) -> Option<Self> {
        let names = reading.gtin().is_some() || reading.sscc().is_some() || reading.item_code().is_some();
        if names || !reading.is_ok() {
            return None;
        }
        let part = Self {
            lot: reading.lot(),
            serial: reading.serial(),
            expiry: reading.expiry(),
            best_before: reading.best_before(),
            produced: reading.produced(),
            count: reading.count().filter(|count| *count > 0),
            weight_g: reading.weight_g().filter(|weight| *weight > 0),
        };
        (part != Self::default()).then_some(part)
    }

    /// The same where nothing else is known of the scan and its scanner does not name the symbology.
    pub(super) fn of_unmarked(reading: &Reading) -> Option<Self> {
        let unmarked = reading.candidates().iter().filter(|it| it.reason == CandidateReason::MissingFnc1);
        unmarked.map(|candidate| &candidate.reading).find_map(Self::of)
    }

    /// A plain code that stands where a lot or a serial number is asked for.
    pub(super) fn of_text(text: &str, lack: Lack) -> Option<Self> {
        let part = match lack {
            Lack::Lot => Self { lot: LotNumber::new(text).ok(), ..Self::default() },
            Lack::Serial => Self { serial: SerialNumber::new(text).ok(), ..Self::default() },
        };
        (part != Self::default()).then_some(part)
    }

    /// True where it says which lot or which unit, and not only more about it.
    fn names_one(&self) -> bool {
        self.lot.is_some() || self.serial.is_some()
    }

    /// "Lot L2231, good to 14 Mar 2027, 24" in the operator's words.
    pub(super) fn name(&self, words: Words) -> String {
        let lot = self.lot.as_ref().map(|lot| words.say(Common::Lot { lot: lot.as_str() }));
        let serial = self.serial.as_ref().map(|serial| words.say(Common::Serial { serial: serial.as_str() }));
        let day = self.expiry.or(self.best_before).map(|day| words.good_to(Some(day), day));
        let count = self.count.map(|count| words.number(count));
        let weight = self.weight_g.map(|grams| words.amount(Quantity::balance(grams), Unit::Gram));
        let known = [lot, serial, day, count, weight].into_iter().flatten().collect::<Vec<_>>();
        if known.is_empty() { words.say(Receiving::MissingDate) } else { known.join(", ") }
    }

    /// How much it says of these goods, in base units.
    pub(super) fn quantity(&self, label: &Label) -> Option<Quantity> {
        let pack = label.pack.as_ref().map_or(Quantity::ONE, |pack| pack.units);
        let weight = || self.weight_g.filter(|_| label.item.unit == Unit::Gram);
        let weighed = weight().and_then(|grams| Quantity::new(grams).ok());
        weighed.or_else(|| counted(&label.item, pack, label.is_content, self.count?))
    }

    /// True where both can be said of the same thing.
    fn agrees(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        same(self.lot.as_ref(), other.lot.as_ref())
            && same(self.serial.as_ref(), other.serial.as_ref())
            && same(self.expiry.as_ref(), other.expiry.as_ref())
            && same(self.best_before.as_ref(), other.best_before.as_ref())
            && same(self.produced.as_ref(), other.produced.as_ref())
    }

    fn of_label(label: &Label) -> Self {
        Self {
            lot: label.lot.clone(),
            serial: label.serial.clone(),
            expiry: label.expiry,
            best_before: label.best_before,
            produced: label.produced,
            ..Self::default()
        }
    }

    /// True where the label and this can be said of the same thing.
    pub(super) fn fits(&self, label: &Label) -> bool {
        self.agrees(&Self::of_label(label))
    }

    /// The label with what it does not say itself.
    pub(super) fn complete(&self, label: &Label) -> Label {
        let said = self.quantity(label);
        let label = label.clone();
        Label {
            lot: label.lot.or_else(|| self.lot.clone()),
            serial: label.serial.or_else(|| self.serial.clone()),
            expiry: label.expiry.or(self.expiry),
            best_before: label.best_before.or(self.best_before),
            produced: label.produced.or(self.produced),
            quantity: said.unwrap_or(label.quantity),
            counted: said.or(label.counted),
            weight: said.filter(|_| self.weight_g.is_some()).or(label.weight),
            ..label
        }
    }

    /// Both together; the newer quantity counts.
    fn and(self, newer: Self) -> Self {
        Self {
            lot: self.lot.or(newer.lot),
            serial: self.serial.or(newer.serial),
            expiry: self.expiry.or(newer.expiry),
            best_before: self.best_before.or(newer.best_before),
            produced: self.produced.or(newer.produced),
            count: newer.count.or(self.count),
            weight_g: newer.weight_g.or(self.weight_g),
        }
    }
}

/// What was scanned of one thing and what still waits for the rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Gather {
    /// Waits for its item.
    held: Option<(Part, Timestamp)>,
    /// An item that waits for its lot or serial number.
    item: Option<(Label, Timestamp)>,
    /// The last whole label; true where it was known by its lot alone, so that its item may follow.
    last: Option<(Label, Timestamp, bool)>,
}

/// What a scan is, together with those just before it.
#[derive(Debug, Clone)]
pub(super) enum Heard {
    /// For the page; where it has no use for it, the part waits.
    Scan(Scan, Option<Part>),
    /// It says more of the thing scanned last.
    More(Label, Part),
    /// The item of the lot scanned last.
    Item(Label),
}

impl Gather {
    /// Keeps a part; what was kept before stays where both can be said of one thing.
    pub(super) fn keep(&mut self, part: Part, now: Timestamp) {
        let before = self.waiting(now).filter(|before| before.agrees(&part)).cloned();
        self.held = Some((before.unwrap_or_default().and(part), now));
    }

    /// What waits still.
    pub(super) fn waiting(&self, now: Timestamp) -> Option<&Part> {
        let (part, at) = self.held.as_ref()?;
        is_near(*at, now).then_some(part)
    }

    /// The item that waits for its lot or serial number.
    pub(super) fn item(&self, now: Timestamp) -> Option<&Label> {
        let (label, at) = self.item.as_ref()?;
        is_near(*at, now).then_some(label)
    }

    /// The item's label with what waited for it. Nothing waits afterwards: a new item begins a new thing.
    pub(super) fn join(&mut self, label: &Label, now: Timestamp) -> Label {
        let part = self.waiting(now).filter(|part| part.fits(label)).cloned();
        self.held = None;
        part.map_or_else(|| label.clone(), |part| part.complete(label))
    }

    /// Puts a scan together with what came before it. `part` is what it says where it names no item.
    pub(super) fn hear(&mut self, scan: Scan, part: Option<Part>, now: Timestamp) -> Heard {
        let Some(part) = part else { return self.hear_whole(scan, now) };
        if let Some(item) = self.item(now).filter(|item| part.fits(item)) {
            let whole = part.complete(item);
            return Heard::Scan(Scan { meaning: Meaning::Goods(Box::new(whole)), ..scan }, None);
        }
        self.item = None;
        let more = |(label, at, _): &&(Label, Timestamp, bool)| is_near(*at, now) && part.fits(label);
        if !part.names_one()
            && self.waiting(now).is_none()
            && let Some((label, _, _)) = self.last.as_ref().filter(more)
        {
            return Heard::More(label.clone(), part);
        }
        match &scan.meaning {
            // A lot that one item here has.
            Meaning::Goods(label) => {
                let whole = part.complete(&self.join(label, now));
                Heard::Scan(Scan { meaning: Meaning::Goods(Box::new(whole)), ..scan }, Some(part))
            }
            _ => Heard::Scan(scan, Some(part)),
        }
    }

    fn hear_whole(&mut self, scan: Scan, now: Timestamp) -> Heard {
        match &scan.meaning {
            Meaning::Goods(label) => {
                let is_its = |(last, at, by_lot): &&mut (Label, Timestamp, bool)| {
                    *by_lot && is_near(*at, now) && last.item.id == label.item.id && label.lacks().is_some()
                };
                if self.held.is_none()
                    && let Some((last, _, by_lot)) = self.last.as_mut().filter(is_its)
                {
                    // The item once more is the next thing.
                    *by_lot = false;
                    return Heard::Item(last.clone());
                }
                let whole = self.join(label, now);
                Heard::Scan(Scan { meaning: Meaning::Goods(Box::new(whole)), ..scan }, None)
            }
            Meaning::Hu(..) | Meaning::Badge(_) => {
                self.forget();
                Heard::Scan(scan, None)
            }
            _ => Heard::Scan(scan, None),
        }
    }

    /// Remembers what the page made of a label: one that lacks something waits for it.
    pub(super) fn answered(&mut self, label: &Label, is_taken: bool, by_lot: bool, now: Timestamp) {
        (self.item, self.last) = (None, None);
        if is_taken && label.lacks().is_some() {
            self.item = Some((label.clone(), now));
        } else if is_taken {
            self.last = Some((label.clone(), now, by_lot));
        }
    }

    /// What waits, in words, and whether it is an item; `None` where nothing does.
    pub(super) fn named(&self, now: Timestamp, words: Words) -> Option<String> {
        let part = self.waiting(now).map(|part| part.name(words));
        part.or_else(|| self.item(now).map(|label| label.name(words)))
    }

    /// What has waited for too long and is forgotten now, in words.
    pub(super) fn expire(&mut self, now: Timestamp, words: Words) -> Option<String> {
        if self.named(now, words).is_some() {
            return None;
        }
        let part = self.held.take().map(|(part, _)| part.name(words));
        let item = self.item.take().map(|(label, _)| label.name(words));
        part.or(item)
    }

    /// True where something was kept, however long ago.
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Forgets what was scanned; true where a part of something waited.
    pub(super) fn forget(&mut self) -> bool {
        (self.item, self.last) = (None, None);
        self.held.take().is_some()
    }
}

/// Asks for what a label of a tracked item does not say; `None` where it says all. The next symbol may say it.
pub(super) fn ask_for(label: &Label, words: Words) -> Option<Answer> {
    let what = words.say(match label.lacks()? {
        Lack::Lot => Receiving::MissingLot,
        Lack::Serial => Receiving::MissingSerial,
    });
    Some(Answer::question(words.say(Common::ItemLacks { item: &label.item.name, what: &what })))
}

/// True where two scans can be of one thing.
pub(super) fn is_near(at: Timestamp, now: Timestamp) -> bool {
    (0..=GATHER_MS).contains(&now.ms_since(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barcode::{Profile, read};
    use crate::demo::warehouse;

    const START: Timestamp = Timestamp(1_795_420_800_000);

    /// Symbols as words, `+N` a pause of N seconds; the item comes last. What the line says then.
    fn check(symbols: &str, expected: &str) {
        let today = START.utc().date_naive();
        let item = warehouse(1, today).items.into_iter().next().unwrap();
        let (mut gather, mut now) = (Gather::default(), START);
        for symbol in symbols.split_whitespace() {
            if let Some(pause) = symbol.strip_prefix('+') {
                now = now.plus_ms(pause.parse::<i64>().unwrap() * 1000);
                continue;
            }
            let symbol = format!("]C1{}", symbol.replace('^', "\u{1d}"));
            let reading = read(symbol.as_bytes(), &Profile::default(), today);
            gather.keep(Part::of(&reading).unwrap(), now);
        }
        let label = gather.join(&Label::of_item(item), now);
        let day = |day: Option<Day>| day.map(|day| day.to_string());
        let lot = label.lot.map(|lot| lot.to_string());
        let parts: Vec<_> =
            [lot, day(label.expiry), Some(label.quantity.to_string())].into_iter().flatten().collect();
        assert_eq!(parts.join(" "), expected, "{symbols}");
        assert!(gather.waiting(now).is_none());
    }

    #[test]
    fn parts_come_in_any_order() {
        check("10L1 17270630 3024", "L1 2027-06-30 24");
        check("3024 17270630 10L1", "L1 2027-06-30 24");
        check("17270630^10L1", "L1 2027-06-30 1");
        check("3024 3012", "12");
    }

    #[test]
    fn another_thing_or_a_long_pause_begins_anew() {
        check("10L1 17270630 10L2", "L2 1");
        check("10L1 +21 17270630", "2027-06-30 1");
        check("10L1 +19 17270630 +19", "L1 2027-06-30 1");
        check("10L1 +21", "1");
    }

    #[test]
    fn what_names_a_thing_is_no_part() {
        for symbol in ["]C10109506000134352", "]C100395060000000000016", "A-03-2", "]C117271331", "]C191X"] {
            let reading = read(symbol.as_bytes(), &Profile::default(), START.utc().date_naive());
            assert_eq!(Part::of(&reading), None, "{symbol}");
        }
    }
}
