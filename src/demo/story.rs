//! The demo's story: a few items, lots, holds and orders that the first tasks, the tour and the manual tell about.

use super::items::Product;
use super::stock::{Filler, Put, facts};
use crate::domain::{Day, Hold, HoldKind, HoldTarget, LotKey, LotNumber, Reason};
use chrono::Duration;

/// Items whose whole stock is told here.
pub const STORY_ITEMS: [&str; 3] = [OAT_DRINK, SPAGHETTI, YOGHURT];

/// Two lots side by side at A-03-2: the wrong one is easily taken.
pub const OAT_DRINK: &str = "Oat drink barista 1 l";
/// The first lot is on hold.
pub const SPAGHETTI: &str = "Pasta spaghetti 500 g";
/// The first lot is too short for the customer.
pub const YOGHURT: &str = "Yoghurt natural 500 g";

/// The outbound order whose lines show all of this.
pub const DEMO_ORDER: &str = "10442";
/// The purchase order for the first receipt.
pub const DEMO_PURCHASE: &str = "PO-7731";
/// The shipping notice with pallets, lots and dates.
pub const DEMO_NOTICE: &str = "ASN-5508";
/// The spaghetti lot on hold.
pub const HELD_LOT: &str = "25-1188";

/// Item, lot, days to its date, place, base units, on a pallet.
const LOTS: &[(&str, &str, i64, &str, i64, bool)] = &[
    (OAT_DRINK, "L2187", -3, "A-03-4", 24, false),
    (OAT_DRINK, "L2231", 111, "A-03-2", 96, false),
    (OAT_DRINK, "L2250", 191, "A-03-2", 120, false),
    (OAT_DRINK, "L2250", 191, "A-04-2", 60, false),
    (OAT_DRINK, "L2263", 236, "A-03-3", 480, true),
    (SPAGHETTI, HELD_LOT, 200, "A-04-1", 144, false),
    (SPAGHETTI, "25-1204", 320, "A-04-1", 240, false),
    (SPAGHETTI, "25-1319", 500, "A-04-3", 480, true),
    (YOGHURT, "Y0611", 4, "K-02-1", 60, false),
    (YOGHURT, "Y0618", 16, "K-02-1", 120, false),
    (YOGHURT, "Y0622", 20, "K-02-3", 400, true),
];

/// Puts the story's lots where it needs them.
pub fn fill(filler: &mut Filler<'_>, products: &[Product]) {
    for &(name, lot, days_left, place, units, on_pallet) in LOTS {
        let product = products.iter().find(|product| product.item.name == name);
        let (Some(product), Some(location), Ok(lot)) =
            (product, filler.layout.find(place), LotNumber::new(lot))
        else {
            continue;
        };
        let date = filler.today + Duration::days(days_left);
        let produced = date - Duration::days(product.family.life_days);
        let received = (produced + Duration::days(5)).min(filler.today - Duration::days(1));
        let facts = facts(product, lot, Some(date), produced.min(received));
        filler.put(product, &facts, received, Put { location, units, on_pallet });
    }
}

/// What is on hold or recalled when the day begins.
pub fn holds(filler: &Filler<'_>, products: &[Product]) -> Vec<Hold> {
    let held = LotNumber::new(HELD_LOT).ok();
    let spaghetti = products.iter().find(|product| product.item.name == SPAGHETTI);
    let first = spaghetti.zip(held).map(|(product, lot)| Hold {
        target: HoldTarget::Lot(LotKey { item: product.item.id, lot: Some(lot) }),
        kind: HoldKind::Hold,
        reason: Reason::Quality,
        note: "Damp cartons, waiting for the quality check".to_owned(),
    });
    first.into_iter().chain(recalled(filler, products)).collect()
}

fn recalled(filler: &Filler<'_>, products: &[Product]) -> Option<Hold> {
    let infusion = products.iter().find(|product| product.family.name == "Infusion")?.item.id;
    let good = |day: Option<Day>| day.is_some_and(|day| day > filler.today + Duration::days(90));
    let lot =
        filler.openings.iter().find(|opening| opening.lot.item == infusion && good(opening.lot.expiry))?;
    Some(Hold {
        target: HoldTarget::Lot(LotKey { item: infusion, lot: Some(lot.lot.lot.clone()) }),
        kind: HoldKind::Recall,
        reason: Reason::Recall,
        note: "Recalled by the maker: particles found in some bags".to_owned(),
    })
}
