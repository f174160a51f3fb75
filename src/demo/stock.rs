//! The demo's opening stock: lots with dates around today, at pick faces and in reserve.

use super::catalogue::{Dating, Packing, SUPPLIERS, ZONES};
use super::items::{Product, sscc, supplier_id};
use super::layout::Layout;
use super::rng::Rng;
use super::{Opening, story};
use crate::domain::{
    Day, HuCode, ItemId, LocationId, LotFacts, LotNumber, OrderId, Quantity, Timestamp, day_number,
};
use chrono::{Datelike, Duration, NaiveDate};
use std::collections::BTreeSet;

/// Of 100 places in a zone, this many may be filled; the rest stay free for putting away.
const FILLED_PERCENT: usize = 85;

/// Lots that came in yesterday and still stand at the docks.
const WAITING_AT_DOCK: usize = 14;

const DAY_MS: i64 = 86_400_000;

/// Fills the site.
pub struct Filler<'a> {
    pub today: Day,
    pub rng: Rng,
    pub layout: &'a Layout,
    pub openings: Vec<Opening>,
    lot_numbers: BTreeSet<(ItemId, String)>,
    pallets: i64,
}

/// Where a lot goes and how much of it.
pub struct Put {
    pub location: LocationId,
    pub units: i64,
    pub on_pallet: bool,
}

impl<'a> Filler<'a> {
    pub fn new(today: Day, rng: Rng, layout: &'a Layout) -> Self {
        Self { today, rng, layout, openings: Vec::new(), lot_numbers: BTreeSet::new(), pallets: 0 }
    }

    /// Every product that has lots, except those that the story places itself.
    pub fn fill(&mut self, products: &[Product]) {
        for &(zone, _, _, _, _, lots) in ZONES {
            let here: Vec<&Product> = products
                .iter()
                .filter(|product| product.family.zone == zone && is_stocked(product))
                .collect();
            let faces = shares(self.layout.faces.get(zone), here.len());
            let reserve = shares(self.layout.reserve.get(zone), here.len());
            for (product, (faces, reserve)) in here.into_iter().zip(faces.iter().zip(&reserve)) {
                self.fill_product(product, lots, faces, reserve);
            }
        }
        self.fill_docks(products);
    }

    fn fill_product(&mut self, product: &Product, lots: i64, faces: &[LocationId], reserve: &[LocationId]) {
        let mut made: Vec<(LotFacts, Day)> = (0..lots).filter_map(|n| self.lot(product, n, lots)).collect();
        made.sort_by_key(|(facts, _)| (facts.expiry, facts.best_before, facts.produced));
        let at_face = made.len() * 2 / 5;
        for (n, (facts, received)) in made.into_iter().enumerate() {
            let face = faces.get(n % faces.len().max(1)).copied();
            let shelf = reserve.get(n % reserve.len().max(1)).copied();
            let in_reserve = n >= at_face || self.rng.chance(30);
            if let Some(location) = face.filter(|_| n < at_face) {
                let units = self.units(product, 1, 6);
                self.put(product, &facts, received, Put { location, units, on_pallet: false });
            }
            if let Some(location) = shelf.filter(|_| in_reserve) {
                let units = self.units(product, 4, 30);
                let on_pallet = self.rng.chance(60);
                self.put(product, &facts, received, Put { location, units, on_pallet });
            }
        }
    }

    /// Fresh pallets that nobody has put away yet.
    fn fill_docks(&mut self, products: &[Product]) {
        let docks: Vec<LocationId> =
            ["DOCK-1", "DOCK-2"].iter().filter_map(|code| self.layout.find(code)).collect();
        let stocked: Vec<&Product> = products.iter().filter(|product| is_stocked(product)).collect();
        for _ in 0..WAITING_AT_DOCK {
            let (Some(product), Some(location)) =
                (self.rng.pick(&stocked).copied(), self.rng.pick(&docks).copied())
            else {
                return;
            };
            let yesterday = self.today - Duration::days(1);
            let units = self.units(product, 10, 30);
            if let Some((facts, _)) = self.lot(product, 99, 100) {
                self.put(product, &facts, yesterday, Put { location, units, on_pallet: true });
            }
        }
    }

    /// Puts so much of a lot somewhere.
    pub fn put(&mut self, product: &Product, facts: &LotFacts, received: Day, put: Put) {
        let hu = put.on_pallet.then(|| self.next_pallet(product)).flatten();
        let Ok(quantity) = Quantity::new(put.units) else { return };
        let hour = self.rng.range(5, 14);
        self.openings.push(Opening {
            lot: facts.clone(),
            quantity,
            location: put.location,
            hu,
            supplier: supplier_id(product.family.supplier),
            order: OrderId(0),
            received: Timestamp(day_number(received) * DAY_MS + hour * DAY_MS / 24),
        });
    }

    /// The next SSCC of the product's supplier.
    pub fn next_pallet(&mut self, product: &Product) -> Option<HuCode> {
        self.pallets += 1;
        sscc(product.family.supplier, self.pallets)
    }

    /// The `n`th of `lots` lots, oldest first, with the day it came in.
    pub fn lot(&mut self, product: &Product, n: i64, lots: i64) -> Option<(LotFacts, Day)> {
        let life = product.family.life_days;
        let (produced, date) = if product.family.dating == Dating::Vintage {
            (self.today - Duration::days(self.rng.range(60, 1500)), None)
        } else {
            // From a little past its date to nearly fresh, one lot in each slice.
            let slice = self.rng.range(0, 99);
            let days_left = life * 93 * (n * 100 + slice) / (lots * 10_000) - life / 50;
            let date = self.label_day(product, self.today + Duration::days(days_left));
            (date - Duration::days(life), Some(date))
        };
        let yesterday = self.today - Duration::days(1);
        let received = (produced + Duration::days(self.rng.range(2, 9))).min(yesterday);
        let number = self.lot_number(product, produced)?;
        let facts = facts(product, number, date, produced.min(received));
        Some((facts, received))
    }

    /// Medicines are good to the end of a month.
    fn label_day(&self, product: &Product, day: Day) -> Day {
        if product.family.zone == "pharma" { end_of_month(day).unwrap_or(day) } else { day }
    }

    fn lot_number(&mut self, product: &Product, produced: Day) -> Option<LotNumber> {
        loop {
            let (year, ordinal) = (produced.year().rem_euclid(100), produced.ordinal());
            // Below 3000 are the story's own.
            let number = self.rng.range(3000, 9999);
            let text = match product.family.supplier % 4 {
                0 => format!("L{number:04}"),
                1 => format!("{year:02}{ordinal:03}-{number:04}"),
                2 => format!("CH{year:02}{number:04}"),
                _ => format!("{year:02}{}{number:04}", char::from(b'A' + produced.month0() as u8)),
            };
            if self.lot_numbers.insert((product.item.id, text.clone())) {
                return LotNumber::new(&text).ok();
            }
        }
    }

    /// Whole cases, or whole pieces that each weigh a little different.
    fn units(&mut self, product: &Product, low: i64, high: i64) -> i64 {
        let count = self.rng.range(low, high);
        match product.family.packing {
            Packing::Counted { case, .. } => count * case,
            Packing::Weighed { grams, .. } => {
                (0..count).map(|_| grams + self.rng.range(-40, 40) * grams / 1000).sum()
            }
        }
    }
}

/// What a label says of a lot of this product.
pub fn facts(product: &Product, lot: LotNumber, date: Option<Day>, produced: Day) -> LotFacts {
    let family = product.family;
    let vintage = (family.dating == Dating::Vintage).then(|| (produced.year() - 1).to_string());
    LotFacts {
        item: product.item.id,
        supplier_lot: None,
        expiry: date.filter(|_| family.dating == Dating::Expiry),
        best_before: date.filter(|_| family.dating == Dating::BestBefore),
        produced: Some(produced),
        vintage,
        origin: SUPPLIERS.get(family.supplier).map(|(_, _, country)| (*country).to_owned()),
        lot,
    }
}

fn is_stocked(product: &Product) -> bool {
    !matches!(product.family.dating, Dating::NoLot | Dating::Serial)
        && !story::STORY_ITEMS.contains(&product.item.name.as_str())
}

/// Splits the first [`FILLED_PERCENT`] of the places evenly; each share has at least one.
fn shares(places: Option<&Vec<LocationId>>, parts: usize) -> Vec<Vec<LocationId>> {
    let places = places.map(Vec::as_slice).unwrap_or_default();
    let each = (places.len() * FILLED_PERCENT / 100 / parts.max(1)).max(1);
    places.chunks(each).take(parts).map(<[LocationId]>::to_vec).collect()
}

fn end_of_month(day: Day) -> Option<Day> {
    let (year, month) = if day.month() == 12 { (day.year() + 1, 1) } else { (day.year(), day.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)?.pred_opt()
}
