//! Fills a site with records and events through the way that every device's events take.

use super::ingest::{PushError, Sender, check};
use super::storage::{PushOutcome, Storage, StorageError};
use crate::domain::{DecodeError, Event, MasterRecord, Signature, SiteId, Timestamp};
use crate::sync::wire::{
    Conflict, Envelope, Hash, Head, PushRequest, REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX, Status,
};

/// What a seed came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seeded {
    /// Records in the site's master stream.
    pub records: u64,
    /// Events taken.
    pub events: u64,
    /// Events that were there already.
    pub known: u64,
    /// Events that do not add up or cannot be read.
    pub odd: u64,
}

/// Why a site could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An event that says something impossible.
    #[error(transparent)]
    Event(#[from] DecodeError),
    /// The push.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The site has other events already.
    #[error("the data folder holds another warehouse already: {0:?}")]
    Conflict(Conflict),
}

/// Appends the records, then pushes the events of one device, in order.
///
/// # Errors
/// See [`SeedError`]; what was appended before the error stays.
pub async fn seed(
    storage: &Storage,
    site: SiteId,
    records: Vec<MasterRecord>,
    events: &[Event],
    now: Timestamp,
) -> Result<Seeded, SeedError> {
    let head = storage.append_master(site, records).await?;
    let mut seeded = Seeded { records: head.seq, ..Seeded::default() };
    let Some(device) = events.first().map(|event| event.device) else { return Ok(seeded) };
    let mut at = Head::default();
    let mut batch = Vec::new();
    let mut bytes = 0;
    for event in events {
        let encoded = String::from_utf8_lossy(&event.encode()?).into_owned();
        if batch.len() == REQUEST_EVENTS_MAX || bytes + encoded.len() > REQUEST_BYTES_MAX {
            let full = std::mem::take(&mut batch);
            push(storage, site, device, full, now, &mut seeded).await?;
            bytes = 0;
        }
        bytes += encoded.len();
        let prev = at.hash;
        at = Head { seq: at.seq + 1, hash: Hash::chain(prev, encoded.as_bytes()) };
        batch.push((prev, Envelope { seq: at.seq, bytes: encoded, hash: at.hash }));
    }
    push(storage, site, device, batch, now, &mut seeded).await?;
    Ok(seeded)
}

async fn push(
    storage: &Storage,
    site: SiteId,
    device: crate::domain::DeviceId,
    batch: Vec<(Hash, Envelope)>,
    now: Timestamp,
    seeded: &mut Seeded,
) -> Result<(), SeedError> {
    let request = PushRequest {
        device,
        epoch: 1,
        server_epoch: storage.identity().await?.epoch,
        device_now: now,
        prev_hash: batch.first().map_or_else(Hash::default, |(prev, _)| *prev),
        events: batch.into_iter().map(|(_, envelope)| envelope).collect(),
        signature: Signature([0; 64]),
    };
    let sender = Sender { site, device, key: None, revoked: false };
    match storage.push(check(request, sender, now)?).await? {
        PushOutcome::Conflict(conflict) => Err(SeedError::Conflict(conflict)),
        PushOutcome::Stored(reply) => {
            for result in reply.results {
                match result.status {
                    Status::Accepted => seeded.events += 1,
                    Status::Duplicate => seeded.known += 1,
                    Status::Flagged | Status::Quarantined | Status::Refused => seeded.odd += 1,
                }
            }
            Ok(())
        }
    }
}
