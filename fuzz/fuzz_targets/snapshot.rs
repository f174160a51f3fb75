//! Any snapshot is taken in or refused, and where it is refused nothing has changed.
#![no_main]

use firstout::domain::{DeviceId, DeviceKey, SiteId, Timestamp};
use firstout::store::{Identity, Store};
use firstout::sync::wire::{Hash, Head, ServerEpoch, Stream};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use uuid::Uuid;

fn store() -> Store {
    let mut store = Store::open_in_memory().expect("a store in memory");
    let identity = Identity {
        device: DeviceId(Uuid::from_u128(1)),
        epoch: 1,
        key: DeviceKey::from_seed(&[1; 32]),
        site: SiteId(1),
        server_id: Uuid::nil(),
        server_epoch: ServerEpoch(Uuid::nil()),
        server_url: "http://server".into(),
        roots: String::new(),
        name: "HH".into(),
    };
    store.enrol(identity).expect("enrolled");
    store
}

thread_local! {
    static STORE: RefCell<Store> = RefCell::new(store());
}

/// The same with its digest put right: what follows is looked at in depth.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut lines = bytes.to_vec();
    if lines.last() != Some(&b'\n') {
        lines.push(b'\n');
    }
    let digest = Hash(Sha256::digest(&lines).into());
    lines.extend(format!("{{\"end\":{{\"digest\":\"{digest}\"}}}}\n").into_bytes());
    lines
}

fn taken(store: &mut Store, bytes: &[u8]) {
    let cursor = |store: &Store| store.cursor(Stream::Site).expect("a cursor");
    let before = cursor(store);
    if store.apply_snapshot(bytes, Timestamp(0)).is_err() {
        assert_eq!(cursor(store), before);
    } else if cursor(store) != Head::default() {
        // A later one may be of an earlier head: a new store for it.
        *store = self::store();
    }
}

fuzz_target!(|bytes: &[u8]| {
    STORE.with_borrow_mut(|store| {
        taken(store, bytes);
        taken(store, &sealed(bytes));
    });
});
