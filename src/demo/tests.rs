//! What the demo promises, counted.

use super::*;
use crate::domain::{
    Direction, Gtin, HoldTarget, LocationKind, OrderKind, OrderStatus, Role, Tracking, Unit, days_between,
    verify_pin,
};
use std::collections::{BTreeMap, BTreeSet};

fn demo() -> Warehouse {
    warehouse(1, "2026-11-23".parse().unwrap())
}

fn days_left(warehouse: &Warehouse, lot: &LotFacts) -> Option<i64> {
    lot.expiry.or(lot.best_before).map(|day| days_between(warehouse.today, day))
}

#[test]
fn it_is_the_size_of_a_warehouse() {
    let warehouse = demo();
    let lots: BTreeSet<_> =
        warehouse.openings.iter().map(|open| (open.lot.item, open.lot.lot.clone())).collect();
    let open = |direction| {
        let all = warehouse.orders.iter().filter(|order| order.status == OrderStatus::Open);
        all.filter(|order| order.direction == direction).count()
    };
    assert_eq!((warehouse.items.len(), warehouse.locations.len()), (201, 1504));
    assert!((2_800..=3_400).contains(&lots.len()), "{} lots", lots.len());
    assert_eq!((open(Direction::Inbound), open(Direction::Outbound)), (8, 14));
    assert_eq!(warehouse.master().count(), 1 + 201 + 1504 + 22 + 4 + warehouse.orders.len());
}

#[test]
fn another_seed_is_another_warehouse_and_another_day_moves_the_dates() {
    let day = demo().today;
    assert_ne!(warehouse(2, day).openings, demo().openings);
    let later = warehouse(1, day + chrono::Duration::days(400));
    assert!(later.openings.iter().any(|open| days_left(&later, &open.lot).is_some_and(|days| days < 0)));
}

#[test]
fn names_and_numbers_are_unique() {
    let warehouse = demo();
    let unique = |values: Vec<String>| {
        let set: BTreeSet<_> = values.iter().collect();
        assert_eq!(set.len(), values.len());
    };
    unique(warehouse.items.iter().map(|item| item.name.clone()).collect());
    unique(warehouse.items.iter().flat_map(|item| &item.packs).map(|pack| pack.gtin.to_string()).collect());
    unique(warehouse.locations.iter().map(|place| place.code.clone()).collect());
    unique(warehouse.orders.iter().map(|order| order.number.clone()).collect());
    let announced =
        warehouse.orders.iter().flat_map(|order| &order.lines).filter_map(|line| line.hu.as_ref());
    let standing = warehouse.openings.iter().filter_map(|open| open.hu.as_ref());
    unique(announced.chain(standing).map(ToString::to_string).collect());
}

#[test]
fn packs_grow_and_weighed_goods_are_in_grams() {
    let warehouse = demo();
    for item in &warehouse.items {
        assert!(!item.packs.is_empty(), "{}", item.name);
        assert!(item.packs.is_sorted_by_key(|pack| pack.units), "{}", item.name);
        for pack in &item.packs {
            assert_eq!(Gtin::new(&pack.gtin.to_string()), Ok(pack.gtin));
            assert!(pack.units.is_positive());
        }
    }
    assert_eq!(warehouse.items.iter().filter(|item| item.unit == Unit::Gram).count(), 7);
    assert_eq!(warehouse.items.iter().filter(|item| item.tracking == Tracking::Lot).count(), 197);
}

#[test]
fn dates_lie_around_today_and_stock_lies_where_it_belongs() {
    let warehouse = demo();
    let zones: BTreeMap<_, _> = warehouse.items.iter().map(|item| (item.id, &item.zone)).collect();
    let places: BTreeMap<_, _> = warehouse.locations.iter().map(|place| (place.id, place)).collect();
    let (mut expired, mut soon, mut undated) = (0, 0, 0);
    for open in &warehouse.openings {
        let place = places[&open.location];
        assert!(place.kind == LocationKind::Dock || &place.zone == zones[&open.lot.item], "{open:?}");
        assert!(open.quantity.is_positive() && open.order.0 > 0, "{open:?}");
        let received = open.received.utc().date_naive();
        assert!(open.lot.produced.unwrap() <= received && received < warehouse.today, "{open:?}");
        match days_left(&warehouse, &open.lot) {
            Some(..0) => expired += 1,
            Some(0..=14) => soon += 1,
            Some(_) => {}
            None => undated += 1,
        }
    }
    assert!((40..200).contains(&expired), "{expired} expired");
    assert!((100..500).contains(&soon), "{soon} soon");
    assert!((100..300).contains(&undated), "{undated} without a date");
}

#[test]
fn a_lot_has_one_date_and_one_story() {
    let mut seen: BTreeMap<_, LotFacts> = BTreeMap::new();
    for open in demo().openings {
        let first = seen.entry((open.lot.item, open.lot.lot.clone())).or_insert_with(|| open.lot.clone());
        assert_eq!(*first, open.lot);
    }
}

#[test]
fn every_zone_has_room_to_put_something_away() {
    let warehouse = demo();
    let used: BTreeSet<_> = warehouse.openings.iter().map(|open| open.location).collect();
    let zones: BTreeSet<_> = warehouse.items.iter().map(|item| &item.zone).collect();
    for zone in zones {
        let free = warehouse.locations.iter().filter(|place| {
            place.kind == LocationKind::Storage && &place.zone == zone && !used.contains(&place.id)
        });
        assert!(free.count() >= 3, "{zone}");
    }
}

#[test]
fn open_sales_orders_can_be_filled() {
    let warehouse = demo();
    for order in warehouse.orders.iter().filter(|order| order.kind == OrderKind::SalesOrder) {
        assert!(order.lines.len() >= 3, "{}", order.number);
        let customer = warehouse.parties.iter().find(|party| party.id == order.party).unwrap();
        for line in &order.lines {
            let item = warehouse.items.iter().find(|item| item.id == line.item).unwrap();
            let asked = i64::from(item.days_on_dispatch.max(customer.days_on_dispatch));
            let good: Quantity = warehouse
                .openings
                .iter()
                .filter(|open| {
                    open.lot.item == item.id && days_left(&warehouse, &open.lot).unwrap_or(9999) >= asked
                })
                .filter(|open| {
                    let place = warehouse.locations.iter().find(|place| place.id == open.location).unwrap();
                    place.kind.is_pickable()
                })
                .map(|open| open.quantity)
                .sum();
            assert!(good >= line.quantity, "{} of {} for {}", good, item.name, order.number);
        }
    }
}

#[test]
fn the_story_is_there() {
    let warehouse = demo();
    let order = warehouse.order_numbered(DEMO_ORDER).unwrap();
    assert_eq!(order.lines.len(), 6);
    assert_eq!(warehouse.items[0].name, OAT_DRINK);
    let at_face: Vec<_> = warehouse
        .openings
        .iter()
        .filter(|open| Some(open.location) == warehouse.location_coded("A-03-2").map(|place| place.id))
        .map(|open| (open.lot.lot.as_str(), days_left(&warehouse, &open.lot)))
        .collect();
    assert_eq!(at_face, [("L2231", Some(111)), ("L2250", Some(191))]);
    assert_eq!(warehouse.order_numbered(DEMO_PURCHASE).unwrap().lines.len(), 4);
    let notice = warehouse.order_numbered(DEMO_NOTICE).unwrap();
    assert!(notice.lines.len() >= 3);
    assert!(notice.lines.iter().all(|line| line.lot.is_some() && line.expiry.is_some() && line.hu.is_some()));
    assert_eq!(warehouse.holds.len(), 2);
    assert!(
        matches!(&warehouse.holds[0].target, HoldTarget::Lot(key) if key.lot.as_ref().unwrap().as_str() == HELD_LOT)
    );
    let supervisor = warehouse.users.iter().find(|user| user.role == Role::Supervisor).unwrap();
    assert!(verify_pin(DEMO_PIN, supervisor.pin.as_deref().unwrap()));
}

#[test]
fn labels_for_every_job() {
    let warehouse = demo();
    let labels = labels(&warehouse);
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for label in &labels {
        *groups.entry(&label.group).or_default() += 1;
        assert!(label.scan_text.starts_with(label.symbology.identifier()), "{label:?}");
        assert!(label.data().len() <= 48, "more than a GS1-128 holds: {label:?}");
    }
    let groups: Vec<_> = groups.into_iter().collect();
    let expected = expect_test::expect![[r#"
        [
            (
                "badges",
                4,
            ),
            (
                "dispatch",
                3,
            ),
            (
                "look up",
                4,
            ),
            (
                "move",
                2,
            ),
            (
                "odd ones",
                6,
            ),
            (
                "pick",
                17,
            ),
            (
                "put away",
                6,
            ),
            (
                "receive",
                17,
            ),
        ]
    "#]];
    expected.assert_debug_eq(&groups);
    let first = labels.iter().find(|label| label.title.contains("L2231")).unwrap();
    assert_eq!(first.scan_text, "]d201295201010000131727031410L2231");
    assert_eq!(first.human_readable, "(01)29520101000013(17)270314(10)L2231");
}

/// The label of the first receipt must not meet another lot of the same number.
#[test]
fn new_labels_name_new_lots() {
    let warehouse = demo();
    let known: BTreeSet<&str> = warehouse.openings.iter().map(|open| open.lot.lot.as_str()).collect();
    for label in labels(&warehouse).iter().filter(|label| label.group == "receive") {
        if let Some((_, lot)) = label.human_readable.split_once("(10)") {
            let lot = lot.split('(').next().unwrap();
            assert!(!known.contains(lot), "{label:?}");
        }
    }
}
