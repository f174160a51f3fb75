//! The confirmed scan, its queries, and what comes back from the server.

use super::store_kit::*;
use firstout::demo;
use firstout::domain::*;
use firstout::store::StoreError;
use firstout::sync::wire::{Hash, Status, Stream};

#[test]
fn a_confirmed_scan_is_event_outbox_and_stock() {
    let folder = Folder::new("confirm");
    let mut store = enrolled(&folder.file());
    let first = confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    let second = confirm(&mut store, 2, put_away("A", 4));
    assert_eq!((first.seq, second.seq, second.pending), (1, 2, 2));
    assert_eq!(store.balance(&stock_key("A", DOCK)).unwrap(), units(6));
    assert_eq!(store.balance(&stock_key("A", SHELF)).unwrap(), units(4));
    assert_eq!(store.event(id(2)).unwrap(), Some(second.event.clone()));

    let sent = store.outbox(0, 10, 1 << 20).unwrap();
    assert_eq!(sent.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(sent[0].bytes.as_bytes(), first.event.encode().unwrap());
    assert_eq!(sent[0].hash, Hash::chain(Hash::default(), sent[0].bytes.as_bytes()));
    assert_eq!(sent[1].hash, Hash::chain(sent[0].hash, sent[1].bytes.as_bytes()));
    assert_eq!(store.chain_before(2).unwrap(), sent[0].hash);
    assert_eq!(store.outbox(0, 10, 1).unwrap().len(), 1, "one event travels however large it is");

    drop(store);
    let store = open(&folder.file());
    assert_eq!((store.last_seq().unwrap(), store.pending()), (2, 2));
    assert_eq!(store.balance(&stock_key("A", SHELF)).unwrap(), units(4));
    assert_eq!(store.identity().unwrap(), Some(identity()));
}

#[test]
fn without_a_site_nothing_is_confirmed() {
    let mut store = firstout::store::Store::open_in_memory().unwrap();
    let refused = store.confirm(draft(1, receipt("A", "2027-01-31", 10)));
    assert!(matches!(refused, Err(StoreError::NotEnrolled)), "{refused:?}");
}

#[test]
fn an_impossible_event_changes_nothing() {
    let mut store = in_memory();
    let nothing = Body::Move(Move {
        kind: MoveKind::Move,
        lines: vec![Movement { quantity: Quantity::ZERO, ..movement("A", 1, DOCK, SHELF) }],
    });
    assert!(matches!(store.confirm(draft(1, nothing)), Err(StoreError::Event(_))));
    assert_eq!((store.last_seq().unwrap(), store.pending()), (0, 0));
    confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    // The same id again: the second is refused whole.
    assert!(store.confirm(draft(1, put_away("A", 1))).is_err());
    assert_eq!(store.balance(&stock_key("A", SHELF)).unwrap(), Quantity::ZERO);
    assert_eq!((store.last_seq().unwrap(), store.pending()), (1, 1));
}

#[test]
fn a_full_outbox_still_takes_stops_and_corrections() {
    let mut store = in_memory();
    store.limit_outbox(2);
    let first = confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    assert!(!store.sync_status().unwrap().is_nearly_full());
    confirm(&mut store, 2, put_away("A", 4));
    assert!(store.sync_status().unwrap().is_nearly_full());
    let refused = store.confirm(draft(3, put_away("A", 1)));
    assert!(matches!(refused, Err(StoreError::OutboxFull { pending: 2, capacity: 2 })), "{refused:?}");
    assert_eq!(confirm(&mut store, 4, hold("A")).pending, 3);
    assert_eq!(confirm(&mut store, 5, undo(&first.event)).pending, 4);
    assert_eq!(store.outbox(0, 10, 1 << 20).unwrap().len(), 4);
}

#[test]
fn the_newest_event_that_counts_can_be_undone() {
    let mut store = in_memory();
    let first = confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    let second = confirm(&mut store, 2, put_away("A", 4));
    confirm(&mut store, 3, Body::Park(Park { bytes_hex: "00".into(), screen: "home".into() }));
    let since = Timestamp(0);
    assert_eq!(store.last_undoable(UserId(1), since).unwrap(), Some(second.event.clone()));
    assert_eq!(store.last_undoable(UserId(2), since).unwrap(), None);
    assert_eq!(store.last_undoable(UserId(1), NOW.plus_ms(3)).unwrap(), None);
    confirm(&mut store, 4, undo(&second.event));
    assert_eq!(store.balance(&stock_key("A", DOCK)).unwrap(), units(10));
    assert_eq!(store.last_undoable(UserId(1), since).unwrap(), Some(first.event));
    // A second undo of the same event is kept and changes nothing.
    confirm(&mut store, 5, undo(&second.event));
    assert_eq!(store.balance(&stock_key("A", DOCK)).unwrap(), units(10));
}

#[test]
fn orders_close_at_once_and_open_again_when_the_server_refuses() {
    let mut store = in_memory();
    master().send(&mut store).unwrap();
    let open = |store: &firstout::store::Store| store.count_open_orders(Direction::Outbound).unwrap();
    assert_eq!(open(&store), 1);
    confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    confirm(&mut store, 2, put_away("A", 10));
    confirm(&mut store, 3, pick("A", 5));
    let summary = store.open_orders(Direction::Outbound, 0, 10).unwrap().remove(0);
    assert_eq!((summary.party.as_str(), summary.lines, summary.lines_done), ("Party 2", 1, 1));
    let close = confirm(&mut store, 4, Body::CloseOrder(CloseOrder { order: OrderId(2) }));
    assert_eq!((open(&store), store.order(OrderId(2)).unwrap().unwrap().status), (0, OrderStatus::Closed));
    let mut site = Ledger::new(Stream::Site);
    site.add(&close.event, Status::Refused);
    site.send(&mut store).unwrap();
    assert_eq!((open(&store), store.order(OrderId(2)).unwrap().unwrap().status), (1, OrderStatus::Open));
    assert_eq!(store.sync_status().unwrap().refused, 1);
}

#[test]
fn a_release_waits_for_the_server() {
    let mut store = in_memory();
    let mut control = Ledger::new(Stream::Control);
    let stop = event(1, OTHER, hold("A"));
    control.add(&stop, Status::Accepted);
    control.send(&mut store).unwrap();
    let held = |store: &firstout::store::Store| store.holds_on(&lot_key("A"), SHELF, None).unwrap().len();
    confirm(&mut store, 20, receipt("A", "2027-01-31", 1));
    let reader = store.reader().unwrap();
    let offered = |store: &firstout::store::Reader| store.candidates(MILK, 1).unwrap()[0].hold;
    assert_eq!((offered(&store), offered(&reader)), (Some(HoldKind::Hold), Some(HoldKind::Hold)));
    assert_eq!((held(&store), store.holds().unwrap().len()), (1, 1));
    let target = HoldTarget::Lot(lot_key("A"));
    let wish = Body::Release(Release { hold: stop.id, target, reason: Reason::Checked });
    let wish = confirm(&mut store, 2, wish).event;
    assert_eq!((held(&store), store.release_pending(stop.id).unwrap()), (1, true));
    control.add(&wish, Status::Accepted);
    control.send(&mut store).unwrap();
    assert_eq!(held(&store), 0);
    assert_eq!((offered(&store), offered(&reader)), (None, None), "each connection sees the end of the stop");
    let mut site = Ledger::new(Stream::Site);
    site.add(&stop, Status::Accepted);
    site.add(&wish, Status::Accepted);
    site.send(&mut store).unwrap();
    assert_eq!((held(&store), store.release_pending(stop.id).unwrap()), (0, false));
    assert!(store.hold(stop.id).unwrap().unwrap().released);
}

#[test]
fn the_demo_warehouse_fills_a_store_through_its_pages() {
    let warehouse = demo::warehouse(1, "2026-11-23".parse().unwrap());
    let mut store = in_memory();
    for page in demo::seed::pull_pages(&warehouse).unwrap() {
        store.apply_pull(&page, NOW).unwrap();
    }
    assert_eq!(store.site().unwrap().as_ref(), Some(&warehouse.site));
    for opening in warehouse.openings.iter().step_by(97) {
        let key = LotKey { item: opening.lot.item, lot: Some(opening.lot.lot.clone()) };
        let rows = store.stock_of_lot(&key).unwrap();
        let row = rows
            .iter()
            .find(|row| (row.key.place.location, &row.key.place.hu) == (opening.location, &opening.hu));
        assert_eq!(row.map(|row| row.expiry), Some(opening.lot.expiry), "{key:?}");
        assert_eq!(store.lot(&key).unwrap().unwrap().facts, opening.lot);
        assert_eq!(store.origins(&key).unwrap()[0].order, Some(opening.order));
        assert!(store.lots_by_number(opening.lot.lot.as_str()).unwrap().contains(&key));
    }
    let total: i64 = warehouse.openings.iter().map(|opening| opening.quantity.units()).sum();
    let stored: i64 = warehouse
        .locations
        .iter()
        .flat_map(|place| store.stock_at(place.id, 0, 10_000).unwrap())
        .map(|row| row.quantity.units())
        .sum();
    assert_eq!(stored, total);
    assert_eq!(store.holds().unwrap().len(), warehouse.holds.len());
    for item in &warehouse.items {
        let pack = &item.packs[0];
        assert_eq!(store.item_by_gtin(pack.gtin).unwrap().map(|(item, _)| item.id), Some(item.id));
    }
    let summary = store.open_orders(Direction::Inbound, 0, 5).unwrap();
    assert!(!summary.is_empty() && summary.iter().all(|order| !order.party.is_empty()), "{summary:?}");
    assert!(store.count_dock_stock().unwrap() > 0);
}
