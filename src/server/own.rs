//! What the server itself records: events of people at the console, and opening stock.
//!
//! They are a device's events like all others; each recording is an epoch of its own, so that two processes that record
//! at once cannot break each other's chain: the second one finds its epoch taken and takes the next.

use super::ingest::{Arrival, Batch};
use super::storage::{PushOutcome, Storage, StorageError};
use crate::domain::{Body, DeviceId, EVENT_VERSION, Event, EventId, SiteId, Timestamp, UserId};
use crate::sync::wire::{Conflict, Hash, Head, PushReply, ServerEpoch, Status};
use uuid::{Builder, Uuid};

/// The server as a device; no handheld ever has this id.
pub const SERVER_DEVICE: DeviceId = DeviceId(Uuid::from_u128(0x0BE1));

/// How often the next epoch is tried where others were first.
const TRIES_MAX: usize = 20;

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system's random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// It cannot be an event.
    #[error("{0}")]
    Impossible(String),
    /// Others record all the while.
    #[error("others are recording at the same time; nothing was saved, try again")]
    Busy,
}

/// Events of one person, all of them recorded or none; the verdict on each.
///
/// # Errors
/// [`OwnError`] where nothing was saved.
pub async fn record(
    storage: &Storage,
    site: SiteId,
    by: UserId,
    bodies: Vec<Body>,
    now: Timestamp,
) -> Result<Vec<Status>, OwnError> {
    let mut events = Vec::with_capacity(bodies.len());
    for body in bodies {
        events.push(event(site, by, body, now)?);
    }
    for _ in 0..TRIES_MAX {
        let turn = turn(storage, site).await?;
        if let Some(reply) = push(storage, site, &events, turn, now).await? {
            return Ok(reply.results.into_iter().map(|result| result.status).collect());
        }
    }
    Err(OwnError::Busy)
}

/// The epoch that a recording may take, and the incarnation of the server that it was read in.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    epoch: u32,
    server_epoch: ServerEpoch,
}

/// The next turn. Whoever decides by what the site has must take it before looking: what was recorded since then makes
/// the push come to nothing.
///
/// # Errors
/// [`OwnError`] where the database cannot be read.
pub async fn turn(storage: &Storage, site: SiteId) -> Result<Turn, OwnError> {
    let heads = storage.device_heads(site, SERVER_DEVICE).await?;
    Ok(Turn { epoch: heads.epoch.saturating_add(1), server_epoch: heads.identity.epoch })
}

/// Records events in that turn; `None` where somebody else has taken it.
///
/// # Errors
/// [`OwnError`] where nothing was saved.
pub async fn push(
    storage: &Storage,
    site: SiteId,
    events: &[Event],
    turn: Turn,
    now: Timestamp,
) -> Result<Option<PushReply>, OwnError> {
    let batch = batch(site, events, turn, now)?;
    match storage.push(batch).await? {
        PushOutcome::Stored(reply) => Ok(Some(reply)),
        PushOutcome::Conflict(
            Conflict::Fork { .. } | Conflict::Gap { .. } | Conflict::EpochChanged { .. },
        ) => Ok(None),
    }
}

/// An event of the server's, with a new id.
///
/// # Errors
/// [`OwnError::Random`] where the system gives no random numbers.
pub fn event(site: SiteId, by: UserId, body: Body, now: Timestamp) -> Result<Event, OwnError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| OwnError::Random)?;
    let id = Builder::from_unix_timestamp_millis(now.0.unsigned_abs(), &random).into_uuid();
    let skew_ms = Some(0);
    Ok(Event {
        v: EVENT_VERSION,
        id: EventId(id),
        site,
        device: SERVER_DEVICE,
        operator: by,
        at: now,
        skew_ms,
        body,
    })
}

fn batch(
    site: SiteId,
    events: &[Event],
    Turn { epoch, server_epoch }: Turn,
    now: Timestamp,
) -> Result<Batch, OwnError> {
    let mut at = Head::default();
    let mut arrivals = Vec::with_capacity(events.len());
    for event in events {
        let encoded = event.encode().map_err(|error| OwnError::Impossible(error.to_string()))?;
        let bytes = String::from_utf8_lossy(&encoded).into_owned();
        at = Head { seq: at.seq + 1, hash: Hash::chain(at.hash, bytes.as_bytes()) };
        let (id, event) = (Some(event.id), Ok(Box::new(event.clone())));
        arrivals.push(Arrival { seq: at.seq, bytes, hash: at.hash, event, id });
    }
    let (device, prev_hash) = (SERVER_DEVICE, Hash::default());
    Ok(Batch {
        site,
        device,
        epoch,
        server_epoch,
        skew_ms: 0,
        received: now,
        prev_hash,
        signature: None,
        revoked: false,
        arrivals,
    })
}
