//! Quantities as people say them: with their unit, weights in kilograms, whole packs beside the base unit.

use super::{Common, Language, Words};
use crate::domain::{Item, Quantity, Unit};

/// From this weight on people speak of kilograms.
const KILOGRAM: i64 = 1_000;

/// Names of pack levels: singular and plural in English, singular and plural in German.
const PACKS: [[&str; 4]; 8] = [
    ["each", "each", "Stück", "Stück"],
    ["inner", "inners", "Innenpackung", "Innenpackungen"],
    ["case", "cases", "Karton", "Kartons"],
    ["carton", "cartons", "Karton", "Kartons"],
    ["box", "boxes", "Schachtel", "Schachteln"],
    ["tray", "trays", "Tray", "Trays"],
    ["layer", "layers", "Lage", "Lagen"],
    ["pallet", "pallets", "Palette", "Paletten"],
];

impl Words {
    /// A count of base units.
    #[must_use]
    pub fn quantity(self, quantity: Quantity) -> String {
        self.number(quantity.units())
    }

    /// Grams as kilograms, with as many decimals as they have: "4.321", "4,5", "12".
    fn kilograms(self, grams: i64) -> String {
        let (whole, rest) = (grams / KILOGRAM, (grams % KILOGRAM).abs());
        let sign = if grams < 0 && whole == 0 { "−" } else { "" };
        if rest == 0 {
            return self.number(whole);
        }
        let point = match self.language {
            Language::English => '.',
            Language::German => ',',
        };
        let decimals = format!("{rest:03}");
        format!("{sign}{}{point}{}", self.number(whole), decimals.trim_end_matches('0'))
    }

    /// The number and its unit: "24", "each"; "850", "g"; "4.321", "kg".
    #[must_use]
    pub fn parts(self, quantity: Quantity, unit: Unit) -> (String, &'static str) {
        self.parts_like(quantity, quantity, unit)
    }

    /// The same in the unit that `like` is said in.
    fn parts_like(self, quantity: Quantity, like: Quantity, unit: Unit) -> (String, &'static str) {
        match unit {
            Unit::Each => (self.quantity(quantity), self.pick("each", "Stück")),
            Unit::Gram if like.units().abs() < KILOGRAM => (self.quantity(quantity), "g"),
            Unit::Gram => (self.kilograms(quantity.units()), "kg"),
        }
    }

    /// "24 each", "4.321 kg".
    #[must_use]
    pub fn amount(self, quantity: Quantity, unit: Unit) -> String {
        let (number, unit) = self.parts(quantity, unit);
        format!("{number} {unit}")
    }

    /// In a sentence that speaks of pieces by itself: "24", but "4.321 kg".
    #[must_use]
    pub fn figure(self, quantity: Quantity, unit: Unit) -> String {
        match unit {
            Unit::Each => self.quantity(quantity),
            Unit::Gram => self.amount(quantity, unit),
        }
    }

    /// "24 of 240 each", "4.321 of 9 kg".
    #[must_use]
    pub fn part_of(self, done: Quantity, all: Quantity, unit: Unit) -> String {
        let ((done, _), (all, unit)) = (self.parts_like(done, all, unit), self.parts(all, unit));
        format!("{} {unit}", self.say(Common::LinesOf { done: &done, all: &all }))
    }

    /// "2 cases", "1 × crate" for names that are in no table.
    #[must_use]
    pub fn packs(self, count: i64, name: &str) -> String {
        let known = PACKS.iter().find(|[one, ..]| one.eq_ignore_ascii_case(name));
        let Some([one, many, einer, viele]) = known else {
            return format!("{} × {name}", self.number(count));
        };
        let word = if count == 1 { self.pick(one, einer) } else { self.pick(many, viele) };
        format!("{} {word}", self.number(count))
    }

    /// "= 2 cases": the largest pack level of which the quantity is a whole number; empty where only the base unit is.
    #[must_use]
    pub fn in_packs(self, item: &Item, quantity: Quantity) -> String {
        item.packs
            .iter()
            .rev()
            .filter(|pack| pack.units.units() > 1)
            .find(|pack| quantity.is_positive() && quantity.units() % pack.units.units() == 0)
            .map(|pack| format!("= {}", self.packs(quantity.units() / pack.units.units(), &pack.name)))
            .unwrap_or_default()
    }

    /// "each · = 2 cases", "kg".
    #[must_use]
    pub fn unit_and_packs(self, item: &Item, quantity: Quantity) -> String {
        let (_, unit) = self.parts(quantity, item.unit);
        match self.in_packs(item, quantity) {
            packs if packs.is_empty() => unit.to_owned(),
            packs => format!("{unit} · {packs}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Words = Words { language: Language::English };
    const DE: Words = Words { language: Language::German };

    fn check(units: i64, unit: Unit, english: &str, german: &str) {
        let quantity = Quantity::balance(units);
        assert_eq!(EN.amount(quantity, unit), english);
        assert_eq!(DE.amount(quantity, unit), german);
    }

    #[test]
    fn amounts_have_their_unit() {
        check(24, Unit::Each, "24 each", "24 Stück");
        check(4_321, Unit::Gram, "4.321 kg", "4,321 kg");
        check(4_500, Unit::Gram, "4.5 kg", "4,5 kg");
        check(12_000, Unit::Gram, "12 kg", "12 kg");
        check(12_345_050, Unit::Gram, "12\u{202f}345.05 kg", "12\u{202f}345,05 kg");
        check(850, Unit::Gram, "850 g", "850 g");
        check(-1_021, Unit::Gram, "−1.021 kg", "−1,021 kg");
        check(0, Unit::Gram, "0 g", "0 g");
    }

    #[test]
    fn a_part_has_the_unit_of_the_whole() {
        let of = |done, all, unit| EN.part_of(Quantity::balance(done), Quantity::balance(all), unit);
        assert_eq!(of(24, 240, Unit::Each), "24 of 240 each");
        assert_eq!(of(850, 9_000, Unit::Gram), "0.85 of 9 kg");
        assert_eq!(of(0, 9_000, Unit::Gram), "0 of 9 kg");
        assert_eq!(of(100, 850, Unit::Gram), "100 of 850 g");
    }

    #[test]
    fn packs_have_plurals() {
        assert_eq!(EN.packs(2, "case"), "2 cases");
        assert_eq!(DE.packs(1, "Case"), "1 Karton");
        assert_eq!(DE.packs(3, "Kiste"), "3 × Kiste");
    }
}
