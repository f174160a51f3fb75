//! Events as proptest makes them: a small warehouse, so that they meet each other.

use crate::domain::*;
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) fn event_id(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}

fn lot() -> impl Strategy<Value = Option<LotNumber>> {
    prop::sample::select(vec![None, Some("A"), Some("B")]).prop_map(|lot| lot.map(|lot| lot.parse().unwrap()))
}

fn serial() -> impl Strategy<Value = Option<SerialNumber>> {
    prop::sample::select(vec![None, None, Some("S1")]).prop_map(|text| text.map(|text| text.parse().unwrap()))
}

fn place() -> impl Strategy<Value = Place> {
    let hu = prop::sample::select(vec![None, None, Some("P1")]);
    (prop::sample::select(vec![-2_i64, -1, 1, 2, 3]), hu).prop_map(|(location, hu)| Place {
        location: LocationId(location),
        hu: hu.map(|hu| hu.parse().unwrap()),
    })
}

/// Quantities that decoding would refuse are in here too.
fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![8 => 1_i64..20, 1 => -5_i64..1, 1 => Just(QUANTITY_MAX)].prop_map(Quantity::balance)
}

fn day() -> impl Strategy<Value = Option<Day>> {
    prop::option::of((0_i64..4).prop_map(|n| day_from_number(20_780 + n).unwrap()))
}

fn movement() -> impl Strategy<Value = Movement> {
    (1_i64..3, lot(), serial(), quantity(), place(), place(), prop::option::of(0_u32..3)).prop_map(
        |(item, lot, serial, quantity, from, to, line)| Movement {
            item: ItemId(item),
            lot,
            serial,
            quantity,
            from,
            to,
            line,
        },
    )
}

fn lines() -> impl Strategy<Value = Vec<Movement>> {
    prop::collection::vec(movement(), 0..4)
}

fn facts() -> impl Strategy<Value = LotFacts> {
    (1_i64..3, prop::sample::select(vec!["A", "B"]), day(), day(), day()).prop_map(
        |(item, lot, expiry, best_before, produced)| LotFacts {
            item: ItemId(item),
            lot: lot.parse().unwrap(),
            expiry,
            best_before,
            produced,
            supplier_lot: None,
            vintage: None,
            origin: None,
        },
    )
}

fn target() -> impl Strategy<Value = HoldTarget> {
    prop_oneof![
        lot().prop_map(|lot| HoldTarget::Lot(LotKey { item: ItemId(1), lot })),
        (1_i64..4).prop_map(|location| HoldTarget::Location(LocationId(location))),
        Just(HoldTarget::Hu("P1".parse().unwrap())),
    ]
}

fn count_line() -> impl Strategy<Value = CountLine> {
    (movement(), 0_i64..20, -5_i64..20).prop_map(|(line, counted, expected)| CountLine {
        key: line.key_at(&line.from),
        counted: Quantity::balance(counted),
        expected: Quantity::balance(expected),
    })
}

/// Facts and commands, but no undo.
pub(crate) fn plain_body() -> impl Strategy<Value = Body> {
    let order = || (1_i64..3).prop_map(OrderId);
    let party = || (1_i64..3).prop_map(PartyId);
    let kind = prop::sample::select(vec![HoldKind::Hold, HoldKind::Quarantine, HoldKind::Recall]);
    let known_hold = (0_u128..12).prop_map(event_id);
    prop_oneof![
        3 => (prop::option::of(order()), prop::option::of(party()), prop::collection::vec(facts(), 0..3), lines())
            .prop_map(|(order, supplier, lots, lines)| {
                Body::Receipt(Receipt { order, supplier, lots, lines, reason: None })
            }),
        2 => lines().prop_map(|lines| Body::Move(Move { kind: MoveKind::Move, lines })),
        2 => (order(), lines()).prop_map(|(order, lines)| Body::Pick(Pick { order, lines, fefo: None })),
        1 => (order(), 1_u32..3, quantity()).prop_map(|(order, line, quantity)| {
            Body::Short(Short { order, line, item: ItemId(1), quantity, reason: Reason::NotFound })
        }),
        2 => (order(), party(), lines()).prop_map(|(order, customer, lines)| {
            Body::Dispatch(Dispatch { order, customer, lines })
        }),
        2 => (prop::collection::vec(count_line(), 0..3), 0_u64..9)
            .prop_map(|(lines, synced_to)| Body::Count(Count { lines, synced_to })),
        1 => lines().prop_map(|lines| Body::Disposal(Disposal { lines, reason: Reason::Damaged })),
        1 => (party(), prop::option::of(order()), lines()).prop_map(|(customer, order, lines)| {
            Body::Return(Return { customer, order, lines, reason: Reason::Other })
        }),
        1 => Just(Body::Park(Park { bytes_hex: "00".into(), screen: "home".into() })),
        2 => (target(), kind).prop_map(|(target, kind)| {
            Body::Hold(Hold { target, kind, reason: Reason::Quality, note: String::new() })
        }),
        1 => (known_hold, target()).prop_map(|(hold, target)| {
            Body::Release(Release { hold, target, reason: Reason::Checked })
        }),
        1 => order().prop_map(|order| Body::CloseOrder(CloseOrder { order })),
        1 => (1_u64..9, 0_u64..9).prop_map(|(first, saved)| {
            Body::Loss(Loss { epoch: 1, lost: vec![(first, first + saved)], saved })
        }),
        1 => Just(Body::Settle(Settle { discrepancy: "clock_skew:1".into(), note: "counted".into() })),
        1 => Just(Body::Unknown { kind: "kit".into() }),
    ]
}

/// An event with that body; its number is its id.
pub(crate) fn event(n: u128, device: u128, at: i64, body: Body) -> Event {
    Event {
        v: EVENT_VERSION,
        id: event_id(n),
        site: SiteId(1),
        device: DeviceId(Uuid::from_u128(device)),
        operator: UserId(1),
        at: Timestamp(at),
        skew_ms: None,
        body,
    }
}

/// The body's undo, as a device makes it.
pub(crate) fn undo_of(undone: &Event) -> Body {
    Body::Undo(Undo { event: undone.id, body: Box::new(undone.body.clone()) })
}

/// A stream of distinct events; some take back an earlier one, none twice.
pub(crate) fn stream() -> impl Strategy<Value = Vec<Event>> {
    let one = (plain_body(), 0_u128..3, 0_i64..50, prop::bool::weighted(0.2));
    prop::collection::vec(one, 0..12).prop_map(|parts| {
        let mut events = Vec::new();
        let mut undone = 0;
        for (n, (body, device, at, undo)) in (0_u128..).zip(parts) {
            let body = match events.get(undone) {
                Some(earlier) if undo && !matches!(body, Body::Hold(_)) => {
                    undone += 1;
                    let earlier: &Event = earlier;
                    if matches!(earlier.body, Body::Undo(_)) { body } else { undo_of(earlier) }
                }
                _ => body,
            };
            events.push(event(n, device, at, body));
        }
        events
    })
}
