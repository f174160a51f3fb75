//! Fills a fresh handheld's file with the demo warehouse, as if it had synced with the demo's server.

use crate::demo::{seed, warehouse};
use crate::domain::{Day, DeviceId, DeviceKey, Timestamp};
use crate::store::{Identity, Store, StoreError};
use crate::sync::wire::ServerEpoch;
use uuid::Uuid;

/// Enrols the file as the demo's handheld and takes in all that the demo's server would send.
///
/// # Errors
/// Where the file cannot be written.
pub fn fill_demo(store: &mut Store, seed: u64, today: Day, now: Timestamp) -> Result<(), StoreError> {
    let demo = warehouse(seed, today);
    store.enrol(Identity {
        device: DeviceId(Uuid::from_u128(0xd0)),
        epoch: 1,
        key: DeviceKey::from_seed(&[0xd0; 32]),
        site: demo.site.id,
        server_id: Uuid::from_u128(0x5e),
        server_epoch: ServerEpoch(Uuid::from_u128(1)),
        server_url: String::new(),
        roots: String::new(),
        name: "HH-01".to_owned(),
    })?;
    let pages = seed::pull_pages(&demo).map_err(|error| StoreError::Protocol(error.to_string()))?;
    for page in &pages {
        store.apply_pull(page, now)?;
    }
    Ok(())
}
