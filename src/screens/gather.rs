//! One thing with several symbols: the item, its lot, its date and its quantity may stand in labels of their own, in
//! any order. What comes before the item waits for it, for a short while.

use super::resolve::Label;
use crate::barcode::Reading;
use crate::domain::{Day, LotNumber, Quantity, SerialNumber, Timestamp};

/// Symbols of one thing come within so many milliseconds of each other; what waits for longer belongs to another thing.
pub const GATHER_MS: i64 = 20_000;

/// What a symbol without an item says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub lot: Option<LotNumber>,
    pub serial: Option<SerialNumber>,
    pub expiry: Option<Day>,
    pub best_before: Option<Day>,
    pub produced: Option<Day>,
    /// How many, in base units or in packs as the label of the item says.
    pub count: Option<i64>,
}

impl Part {
    /// What a symbol adds to an item it does not name; `None` where it names one, a pallet or nothing of the kind.
    pub(super) fn of(reading: &Reading) -> Option<Self> {
        if reading.gtin().is_some() || reading.sscc().is_some() || !reading.is_ok() {
            return None;
        }
        let part = Self {
            lot: reading.lot(),
            serial: reading.serial(),
            expiry: reading.expiry(),
            best_before: reading.best_before(),
            produced: reading.produced(),
            count: reading.count().filter(|count| *count > 0),
        };
        (part != Self::default()).then_some(part)
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
            count: None,
        }
    }

    /// True where the label and this can be said of the same thing.
    pub(super) fn fits(&self, label: &Label) -> bool {
        self.agrees(&Self::of_label(label))
    }

    /// The label with what it does not say itself.
    pub(super) fn complete(&self, label: &Label) -> Label {
        let label = label.clone();
        Label {
            lot: label.lot.or_else(|| self.lot.clone()),
            serial: label.serial.or_else(|| self.serial.clone()),
            expiry: label.expiry.or(self.expiry),
            best_before: label.best_before.or(self.best_before),
            produced: label.produced.or(self.produced),
            quantity: self.count.and_then(|count| Quantity::new(count).ok()).unwrap_or(label.quantity),
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
        }
    }
}

/// What waits for its item.
#[derive(Debug, Clone, Default)]
pub(super) struct Gather {
    held: Option<(Part, Timestamp)>,
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

    /// The item's label with what waited for it. Nothing waits afterwards: a new item begins a new thing.
    pub(super) fn join(&mut self, label: &Label, now: Timestamp) -> Label {
        let part = self.waiting(now).filter(|part| part.fits(label)).cloned();
        self.held = None;
        part.map_or_else(|| label.clone(), |part| part.complete(label))
    }

    /// True where something was kept, however long ago.
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Forgets what waits; true where something did.
    pub(super) fn forget(&mut self) -> bool {
        self.held.take().is_some()
    }
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
