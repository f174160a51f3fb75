//! A small warehouse where everything can happen: few places and lots, so that devices get in each other's way.

use super::dice::Dice;
use super::model::SITE;
use firstout::domain::*;
use firstout::ledger::{Setting, Stock};
use firstout::store::{Reader, StoreError};
use std::collections::BTreeMap;

pub const PICKER: UserId = UserId(1);
pub const SUPERVISOR: UserId = UserId(2);
pub const DOCK: LocationId = LocationId(1);
pub const SHELVES: [LocationId; 3] = [LocationId(2), LocationId(3), LocationId(4)];
pub const STAGING: LocationId = LocationId(5);
pub const PLACES: [LocationId; 5] = [DOCK, SHELVES[0], SHELVES[1], SHELVES[2], STAGING];
pub const ITEMS: [ItemId; 2] = [ItemId(1), ItemId(2)];
const SUPPLIER: PartyId = PartyId(1);
pub const CUSTOMER: PartyId = PartyId(2);
const INBOUND: OrderId = OrderId(100);
pub const OUTBOUND: [OrderId; 2] = [OrderId(200), OrderId(201)];

pub fn records() -> Vec<MasterRecord> {
    records_at(SITE)
}

/// The same warehouse at another site.
pub fn records_at(site: SiteId) -> Vec<MasterRecord> {
    let mut records = vec![MasterRecord::Site(Site {
        id: site,
        name: "Harbour".into(),
        zone: SiteZone(chrono_tz::Europe::Berlin),
        fefo: FefoPolicy::AskReason,
        staging: STAGING,
        dock: DOCK,
    })];
    records.extend(ITEMS.map(|id| {
        MasterRecord::Item(Item {
            id,
            code: format!("A-{id}"),
            name: format!("Article {id}"),
            tracking: Tracking::Lot,
            unit: Unit::Each,
            packs: vec![],
            days_on_receipt: 0,
            days_on_dispatch: 0,
            zone: String::new(),
            active: true,
        })
    }));
    records.extend(PLACES.map(|id| MasterRecord::Location(location(id))));
    records.extend([(SUPPLIER, PartyKind::Supplier), (CUSTOMER, PartyKind::Customer)].map(|(id, kind)| {
        MasterRecord::Party(Party {
            id,
            kind,
            code: format!("P-{id}"),
            name: format!("Party {id}"),
            days_on_dispatch: 0,
            active: true,
        })
    }));
    records.extend(orders().into_values().map(MasterRecord::Order));
    records.extend([(PICKER, Role::Picker), (SUPERVISOR, Role::Supervisor)].map(|(id, role)| {
        MasterRecord::User(User {
            id,
            name: format!("User {id}"),
            badge: format!("U-{id}"),
            pin: None,
            role,
            language: String::new(),
            active: true,
        })
    }));
    records
}

fn location(id: LocationId) -> Location {
    let kind = match id {
        DOCK => LocationKind::Dock,
        STAGING => LocationKind::Staging,
        _ => LocationKind::PickFace,
    };
    Location { id, code: format!("L-{id}"), kind, zone: "Z".into(), walk: id.0, active: true }
}

fn orders() -> BTreeMap<OrderId, Order> {
    let order = |id, direction, kind, party| Order {
        id,
        number: format!("N-{id}"),
        direction,
        kind,
        party,
        due: None,
        status: OrderStatus::Open,
        lines: ITEMS
            .iter()
            .zip(1..)
            .map(|(item, line)| OrderLine {
                line,
                item: *item,
                quantity: Quantity::new(40).unwrap(),
                lot: None,
                expiry: None,
                hu: None,
            })
            .collect(),
    };
    let mut orders = BTreeMap::new();
    orders.insert(INBOUND, order(INBOUND, Direction::Inbound, OrderKind::PurchaseOrder, SUPPLIER));
    for id in OUTBOUND {
        orders.insert(id, order(id, Direction::Outbound, OrderKind::SalesOrder, CUSTOMER));
    }
    orders
}

pub fn setting() -> Setting {
    Setting {
        zone: SiteZone(chrono_tz::Europe::Berlin),
        orders: orders(),
        roles: BTreeMap::from([(PICKER, Role::Picker), (SUPERVISOR, Role::Supervisor)]),
        kinds: PLACES.iter().map(|id| (*id, location(*id).kind)).collect(),
    }
}

fn lot(dice: &mut Dice) -> LotNumber {
    LotNumber::new(["A", "B", "C"][dice.below(3) as usize]).unwrap()
}

fn movement(dice: &mut Dice, from: LocationId, to: LocationId) -> Movement {
    let item = *dice.pick(&ITEMS);
    let hu = |dice: &mut Dice, location| Place {
        location,
        hu: dice.percent(20).then(|| HuCode::new(["P1", "P2"][dice.below(2) as usize]).unwrap()),
    };
    Movement {
        item,
        lot: Some(lot(dice)),
        serial: None,
        quantity: Quantity::new(1 + dice.below(12) as i64).unwrap(),
        from: if from.is_virtual() { Place::at(from) } else { hu(dice, from) },
        to: if to.is_virtual() { Place::at(to) } else { hu(dice, to) },
        line: None,
    }
}

fn facts(dice: &mut Dice, movement: &Movement) -> LotFacts {
    let lot = movement.lot.clone().unwrap();
    let day = 10 + lot.as_str().len() as u32 + movement.item.0 as u32 + u32::from(dice.percent(10));
    LotFacts {
        item: movement.item,
        lot,
        expiry: Day::from_ymd_opt(2027, 3, day),
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    }
}

/// Stock at real places, as the device shows it.
pub fn shown(store: &Reader) -> BTreeMap<StockKey, i64> {
    let rows = PLACES.iter().flat_map(|place| store.stock_at(*place, 0, 10_000).unwrap());
    rows.map(|row| (row.key, row.quantity.units())).collect()
}

/// The same, as a fold says.
pub fn real(stock: &Stock) -> BTreeMap<StockKey, i64> {
    let real = stock.balances().filter(|(key, _)| !key.place.location.is_virtual());
    real.map(|(key, balance)| (key.clone(), balance.quantity.units())).collect()
}

/// Something that an operator could confirm on the device that sees `store`.
pub fn draft(dice: &mut Dice, store: &Reader, now: Timestamp) -> Result<(UserId, Body), StoreError> {
    let shelf = *dice.pick(&SHELVES);
    let order = *dice.pick(&OUTBOUND);
    let for_order = |mut line: Movement| {
        line.line = Some(line.item.0 as u32);
        line
    };
    let body = match dice.below(20) {
        0..=4 => {
            let mut line = movement(dice, LocationId::SUPPLIER, DOCK);
            let ordered = dice.percent(60);
            line.line = ordered.then_some(line.item.0 as u32);
            let lots = vec![facts(dice, &line)];
            let order = ordered.then_some(INBOUND);
            Body::Receipt(Receipt { order, supplier: Some(SUPPLIER), lots, lines: vec![line], reason: None })
        }
        5..=8 => {
            let (from, to) = (*dice.pick(&[DOCK, SHELVES[0], SHELVES[1]]), shelf);
            let lines = (0..=dice.below(3)).map(|_| movement(dice, from, to)).collect();
            Body::Move(Move { kind: MoveKind::Move, lines })
        }
        9..=11 => {
            let lines = vec![for_order(movement(dice, shelf, STAGING))];
            Body::Pick(Pick { order, lines, fefo: None })
        }
        12 => {
            let line = movement(dice, shelf, STAGING);
            let quantity = line.quantity;
            Body::Short(Short { order, line: 1, item: line.item, quantity, reason: Reason::NotFound })
        }
        13 => {
            let lines = vec![for_order(movement(dice, STAGING, LocationId::CUSTOMER))];
            Body::Dispatch(Dispatch { order, customer: CUSTOMER, lines })
        }
        14 => {
            let key = movement(dice, shelf, STAGING);
            let key = key.key_at(&key.from);
            let expected = store.balance(&key)?;
            let counted = Quantity::new(dice.below(20) as i64).unwrap();
            let synced_to = store.cursor(firstout::sync::wire::Stream::Site)?.seq;
            Body::Count(Count { lines: vec![CountLine { key, counted, expected }], synced_to })
        }
        15 => {
            let lines = vec![movement(dice, shelf, LocationId::DISPOSAL)];
            Body::Disposal(Disposal { lines, reason: Reason::Damaged })
        }
        16 => {
            let lines = vec![movement(dice, LocationId::CUSTOMER, DOCK)];
            Body::Return(Return { customer: CUSTOMER, order: Some(order), lines, reason: Reason::Quality })
        }
        17 => {
            let target = match dice.below(2) {
                0 => HoldTarget::Lot(LotKey { item: *dice.pick(&ITEMS), lot: Some(lot(dice)) }),
                _ => HoldTarget::Location(shelf),
            };
            Body::Hold(Hold { target, kind: HoldKind::Hold, reason: Reason::Quality, note: String::new() })
        }
        18 => match store.holds()?.first() {
            Some(state) => Body::Release(Release {
                hold: state.id,
                target: state.hold.target.clone(),
                reason: Reason::Checked,
            }),
            None if dice.percent(30) => Body::CloseOrder(CloseOrder { order }),
            None => Body::Park(Park { bytes_hex: "5d6432".into(), screen: "home".into() }),
        },
        _ => match store.last_undoable(SUPERVISOR, now.plus_ms(-3_600_000))? {
            Some(event) => Body::Undo(Undo { event: event.id, body: Box::new(event.body) }),
            None => Body::Park(Park { bytes_hex: "00".into(), screen: "home".into() }),
        },
    };
    let operator = if dice.percent(15) { PICKER } else { SUPERVISOR };
    Ok((operator, body))
}
