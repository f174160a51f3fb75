//! The only place of the handheld's library that reads the clock and draws ids.

#![expect(clippy::disallowed_methods, reason = "this is where the app reads the clock and makes ids")]

use crate::domain::{EventId, Timestamp};
use crate::screens::EventIds;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, by this device's clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Event ids: UUIDs of version 7, so that they sort by time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ids;

impl EventIds for Ids {
    fn next_id(&mut self, _now: Timestamp) -> EventId {
        EventId(uuid::Uuid::now_v7())
    }
}
