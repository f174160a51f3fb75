//! A full disk: nothing half-done, nothing lost, and work goes on when there is room again.

use super::{Draft, Identity, Store, StoreError};
use crate::domain::*;
use crate::sync::wire::{Hash, Head, PullReply, ServerEpoch, Stream};
use uuid::Uuid;

fn receipt(number: u128) -> Draft {
    let lot: LotNumber = format!("L{number}").parse().unwrap();
    let movement = Movement {
        item: ItemId(1),
        lot: Some(lot),
        serial: None,
        quantity: Quantity::ONE,
        from: Place::at(LocationId::SUPPLIER),
        to: Place::at(LocationId(1)),
        line: None,
    };
    let (order, supplier, lots, reason) = (None, None, Vec::new(), None);
    let body = Body::Receipt(Receipt { order, supplier, lots, lines: vec![movement], reason });
    Draft { id: EventId(Uuid::from_u128(number)), operator: UserId(1), at: Timestamp(1), body }
}

fn enrolled() -> Store {
    let mut store = Store::open_in_memory().unwrap();
    let (server_epoch, server_id) = (ServerEpoch(Uuid::nil()), Uuid::nil());
    let (device, site) = (DeviceId(Uuid::from_u128(1)), SiteId(1));
    let key = crate::domain::DeviceKey::from_seed(&[1; 32]);
    let (roots, server_url, name) = (String::new(), String::new(), String::new());
    store
        .enrol(Identity { device, epoch: 1, key, site, server_id, server_epoch, server_url, roots, name })
        .unwrap();
    store
}

#[test]
fn a_full_disk_refuses_the_scan_whole_and_the_store_stays_usable() {
    let mut store = enrolled();
    let limit = |store: &Store, pages: u32| {
        store.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    };
    let pages: u32 = store.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    limit(&store, pages + 8);
    let mut confirmed = 0;
    let refused = loop {
        match store.confirm(receipt(confirmed + 1)) {
            Ok(_) => confirmed += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::DiskFull), "{refused:?}");
    assert!(confirmed > 3, "{confirmed}");
    let check = |store: &Store, events: u128| {
        let count = |table: &str| -> i64 {
            store.db.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
        };
        let rows = [count("event"), count("outbox"), count("stock"), count("origin"), store.pending() as i64];
        assert_eq!(rows, [i64::try_from(events).unwrap(); 5]);
        assert_eq!(u128::from(store.last_seq().unwrap()), events);
        store.check().unwrap();
    };
    check(&store, confirmed);
    assert!(matches!(store.confirm(receipt(confirmed + 1)), Err(StoreError::DiskFull)));
    check(&store, confirmed);

    // A page of the stream is refused whole too.
    let mut record = String::new();
    let mut records = Vec::new();
    let mut next = Head::default();
    for id in 1..=200 {
        record.clear();
        let (code, name, kind) = (format!("P{id}"), "x".repeat(200), PartyKind::Customer);
        let party = Party { id: PartyId(id), kind, code, name, days_on_dispatch: 0, active: true };
        record += &serde_json::to_string(&MasterRecord::Party(party)).unwrap();
        let (seq, status) = (next.seq + 1, crate::sync::wire::Status::Accepted);
        next = Head { seq, hash: Hash::chain_stream(next.hash, seq, status, record.as_bytes()) };
        records.push(crate::sync::wire::MasterEntry { stream_seq: seq, bytes: record.clone() });
    }
    let (stream, events) = (Stream::Master, Vec::new());
    let page =
        PullReply { stream, events, records, next, head: next, backed_up_through: 0, backed_up_epoch: 0 };
    assert!(matches!(store.apply_pull(&page, Timestamp(2)), Err(StoreError::DiskFull)));
    assert_eq!(store.cursor(Stream::Master).unwrap(), Head::default());
    assert_eq!(store.party(PartyId(1)).unwrap(), None);

    limit(&store, u32::MAX - 1);
    assert_eq!(u128::from(store.confirm(receipt(confirmed + 1)).unwrap().seq), confirmed + 1);
    check(&store, confirmed + 1);
    store.apply_pull(&page, Timestamp(2)).unwrap();
    assert_eq!(store.cursor(Stream::Master).unwrap(), next);
}
