//! The demo's items and parties, from the catalogue.

use super::catalogue::{CUSTOMERS, Dating, FAMILIES, Family, Packing, SUPPLIERS};
use crate::domain::{
    Gtin, Item, ItemId, Pack, Party, PartyId, PartyKind, Quantity, Tracking, Unit, check_digit,
};

/// GS1's prefix for demonstrations and examples: no real product carries it.
const DEMO_PREFIX: &str = "952";

/// An item with the family it comes from.
pub struct Product {
    pub item: Item,
    pub family: &'static Family,
}

/// All products in catalogue order, ids from 1.
pub fn products() -> Vec<Product> {
    let variants = FAMILIES.iter().flat_map(|family| family.variants.iter().map(move |name| (family, *name)));
    (1_i64..).zip(variants).map(|(id, (family, variant))| product(id, family, variant)).collect()
}

fn product(id: i64, family: &'static Family, variant: &str) -> Product {
    let tracking = match family.dating {
        Dating::NoLot => Tracking::None,
        Dating::Serial => Tracking::LotAndSerial,
        Dating::Expiry | Dating::BestBefore | Dating::Vintage => Tracking::Lot,
    };
    let item = Item {
        id: ItemId(id),
        code: format!("{}", 10_000 + id),
        name: format!("{} {variant}", family.name),
        tracking,
        unit: if matches!(family.packing, Packing::Weighed { .. }) { Unit::Gram } else { Unit::Each },
        packs: packs(id, family),
        days_on_receipt: family.days.0,
        days_on_dispatch: family.days.1,
        zone: family.zone.to_owned(),
        active: true,
    };
    Product { item, family }
}

/// Pack levels share the item's reference and differ in the indicator digit; 9 stands for a variable measure.
fn packs(id: i64, family: &Family) -> Vec<Pack> {
    let levels: Vec<(u8, &str, i64)> = match family.packing {
        Packing::Counted { inner, case, pallet } => {
            vec![(0, "each", 1), (1, "inner", inner), (2, "case", case), (3, "pallet", pallet)]
        }
        Packing::Weighed { grams, .. } => vec![(9, "piece", grams)],
    };
    let levels = levels.into_iter().filter(|(_, _, units)| *units > 0);
    levels.filter_map(|(indicator, name, units)| pack(indicator, id, family.supplier, name, units)).collect()
}

fn pack(indicator: u8, id: i64, supplier: usize, name: &str, units: i64) -> Option<Pack> {
    let body = format!("{indicator}{DEMO_PREFIX}{:04}{id:05}", 101 + supplier);
    let gtin = Gtin::new(&format!("{body}{}", check_digit(body.as_bytes())?)).ok()?;
    Some(Pack { gtin, name: name.to_owned(), units: Quantity::new(units).ok()? })
}

/// The SSCC of a supplier's `serial`th pallet: 18 digits.
pub fn sscc(supplier: usize, serial: i64) -> Option<crate::domain::HuCode> {
    let body = format!("3{DEMO_PREFIX}{:04}{serial:09}", 101 + supplier);
    crate::domain::HuCode::new(&format!("{body}{}", check_digit(body.as_bytes())?)).ok()
}

/// The id of the supplier at this index of the catalogue.
pub fn supplier_id(index: usize) -> PartyId {
    PartyId(i64::try_from(index).unwrap_or(0) + 1)
}

/// Suppliers, then customers.
pub fn parties() -> Vec<Party> {
    let suppliers = SUPPLIERS.iter().map(|(code, name, _)| (PartyKind::Supplier, *code, *name, 0));
    let customers = CUSTOMERS.iter().map(|(code, name, days)| (PartyKind::Customer, *code, *name, *days));
    (1_i64..)
        .zip(suppliers.chain(customers))
        .map(|(id, (kind, code, name, days_on_dispatch))| Party {
            id: PartyId(id),
            kind,
            code: code.to_owned(),
            name: name.to_owned(),
            days_on_dispatch,
            active: true,
        })
        .collect()
}
