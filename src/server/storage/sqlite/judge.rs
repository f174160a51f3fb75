//! The verdict on one event: refused commands, discrepancies, and the effects of what counts.

use super::facts::TableFacts;
use super::records::Records;
use super::{StorageError, alarm, project};
use crate::domain::{Event, SiteId, Timestamp};
use crate::ledger::{Discrepancy, Mismatch, SKEW_MS_MAX, inspect, refuse};
use crate::server::ingest::{Batch, Fault};
use crate::sync::wire::Status;
use rusqlite::Connection;

/// What an event came to.
pub(super) struct Verdict {
    pub(super) status: Status,
    /// A stable code; empty for none.
    pub(super) reason: &'static str,
}

impl Verdict {
    pub(super) fn quarantined(fault: Fault) -> Self {
        Self { status: Status::Quarantined, reason: fault.code() }
    }
}

/// Judges the events of one push, in order.
pub(super) struct Judge<'a> {
    connection: &'a Connection,
    site: SiteId,
    now: Timestamp,
    facts: TableFacts<'a>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        records: &'a mut Records,
        batch: &Batch,
    ) -> Result<Self, StorageError> {
        let facts = TableFacts::new(connection, records, batch)?;
        Ok(Self { connection, site: batch.site, now: batch.received, facts })
    }

    /// Decides, and applies the effects of what counts.
    pub(super) fn apply(&mut self, event: &Event, stream_seq: u64) -> Result<Verdict, StorageError> {
        if let Some(refusal) = refuse(event, &self.facts)? {
            return Ok(Verdict { status: Status::Refused, reason: refusal.code() });
        }
        let found = inspect(event, &self.facts)?;
        project::apply(self.connection, self.site, event, stream_seq, &self.facts)?;
        self.facts.applied(event);
        for discrepancy in &found {
            self.open(discrepancy, stream_seq)?;
        }
        Ok(match found.first() {
            None => Verdict { status: Status::Accepted, reason: "" },
            Some(first) => Verdict { status: Status::Flagged, reason: first.what.code() },
        })
    }

    /// Reports a device whose clock, as it sends, is too far off.
    pub(super) fn clock(&self, batch: &Batch) -> Result<(), StorageError> {
        let first = batch.arrivals.iter().find_map(|arrival| arrival.id);
        let Some(event) = first.filter(|_| batch.skew_ms.unsigned_abs() > SKEW_MS_MAX) else { return Ok(()) };
        let day = self.facts.day(self.now);
        let what = Mismatch::ClockSkew { device: batch.device, day, skew_ms: batch.skew_ms };
        self.open(&Discrepancy { event, others: Vec::new(), what }, 0)
    }

    fn open(&self, discrepancy: &Discrepancy, stream_seq: u64) -> Result<(), StorageError> {
        let identity = discrepancy.identity();
        let detail =
            serde_json::to_string(discrepancy).map_err(|_| StorageError::Damaged { what: "discrepancy" })?;
        let kind = discrepancy.what.code();
        alarm::open(self.connection, self.site, &identity, stream_seq, kind, &detail, self.now)
    }
}
