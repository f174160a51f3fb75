//! What the server made of a push.

use super::apply::{Change, apply};
use super::row::{name_of, signed, unsigned};
use super::{Store, StoreError, outbox, pull, rebase};
use crate::domain::{Event, Timestamp};
use crate::sync::wire::{Hash, PushReply, PushResult, ServerEpoch, Status, Stream};
use rusqlite::{Connection, OptionalExtension};

impl Store {
    /// Takes in the verdicts. The events stay, and stay pending, until they come back in the site's stream; one that a
    /// snapshot has brought already is pending no more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn apply_push(&mut self, reply: &PushReply, now: Timestamp) -> Result<(), StoreError> {
        let epoch = self.identity.as_ref().ok_or(StoreError::NotEnrolled)?.epoch;
        self.write(|tx| {
            let site = pull::stored_cursor(tx, Stream::Site)?;
            for result in &reply.results {
                let at_cursor = !site.stale && result.stream_seq <= site.head.seq;
                take_verdict(tx, epoch, result, at_cursor)?;
            }
            tx.prepare_cached(include_str!("sql/contact_acked.sql"))?
                .execute((now.0, signed(reply.acked_through)))?;
            Ok(())
        })?;
        self.recount()
    }

    /// The server was restored to an earlier point: what it no longer has is sent again, and everything read from it
    /// is replaced by the next page or snapshot. Until then the old state is shown. `device_last_hash` is the server's
    /// chain at `device_last_seq`: where this device's is another one, a copy of it has been there, and everything that is
    /// kept here is sent again in a new epoch.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn rewind_after_epoch_change(
        &mut self,
        server_epoch: ServerEpoch,
        device_last_seq: u64,
        device_last_hash: Option<Hash>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut identity = self.identity.clone().ok_or(StoreError::NotEnrolled)?;
        let epoch = identity.epoch;
        let next_epoch = self.write(|tx| {
            let own = outbox::hash_at(tx, epoch, device_last_seq)?;
            let foreign = device_last_hash.zip(own).is_some_and(|(theirs, own)| theirs != own);
            let device_last_seq = if foreign { 0 } else { device_last_seq };
            let server = server_epoch.0.as_bytes();
            tx.execute("UPDATE device SET server_epoch = ?1", [server])?;
            rebase::forget_cursors(tx)?;
            tx.execute(include_str!("sql/outbox_rewind.sql"), (epoch, signed(device_last_seq)))?;
            tx.execute(include_str!("sql/event_rewind.sql"), (epoch, signed(device_last_seq)))?;
            // Where the device no longer has what would come next, or what that follows, the sequence begins anew.
            let from = device_last_seq.max(1);
            let (kept, last) =
                tx.query_row(include_str!("sql/event_kept.sql"), (epoch, signed(from)), |row| {
                    Ok((unsigned(row, 0)?, unsigned(row, 1)?))
                })?;
            let broken = foreign || (last > device_last_seq && kept < last - from + 1);
            let next_epoch = if broken { epoch + 1 } else { epoch };
            let elsewhere = "SELECT n, bytes FROM event WHERE epoch <> ?1 ORDER BY n";
            let waiting = outbox::waiting(tx, elsewhere, [next_epoch])?;
            tx.execute("UPDATE device SET epoch = ?1", [next_epoch])?;
            outbox::resequence(tx, next_epoch, waiting)?;
            // What an answer to a push has not acknowledged is sent again, and the answer says where it stands: without that
            // a snapshot that was made before it would be taken to hold it.
            let acked = tx.query_row("SELECT acked_through FROM contact", (), |row| unsigned(row, 0))?;
            outbox::set_acked_through(tx, if broken { 0 } else { device_last_seq.min(acked) })?;
            tx.execute("UPDATE contact SET last_contact = ?1, backed_up_through = 0", [now.0])?;
            Ok(next_epoch)
        })?;
        identity.epoch = next_epoch;
        identity.server_epoch = server_epoch;
        self.identity = Some(identity);
        self.recount()
    }
}

fn take_verdict(db: &Connection, epoch: u32, result: &PushResult, at_cursor: bool) -> Result<(), StoreError> {
    let place = (epoch, signed(result.seq), signed(result.stream_seq));
    db.prepare_cached(include_str!("sql/outbox_ack.sql"))?.execute(place)?;
    let is_trouble = !matches!(result.status, Status::Accepted | Status::Duplicate);
    if !is_trouble && !at_cursor {
        return Ok(());
    }
    let mut query = db.prepare_cached("SELECT n FROM event WHERE epoch = ?1 AND seq = ?2")?;
    let Some(n) = query.query_row((epoch, signed(result.seq)), |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(());
    };
    if result.status != Status::Duplicate {
        let verdict = (n, name_of(&result.status)?, &result.reason);
        db.prepare_cached(include_str!("sql/event_verdict.sql"))?.execute(verdict)?;
    }
    if at_cursor {
        let change = if matches!(result.status, Status::Quarantined | Status::Refused) {
            Change::Void
        } else {
            Change::Absorb
        };
        settle(db, n, change)?;
    }
    Ok(())
}

/// An event leaves the outbox; false where it was not there.
pub(super) fn settle(db: &Connection, n: i64, change: Change) -> Result<bool, StoreError> {
    if db.prepare_cached("DELETE FROM outbox WHERE n = ?1")?.execute([n])? == 0 {
        return Ok(false);
    }
    let mut query = db.prepare_cached("SELECT bytes FROM event WHERE n = ?1")?;
    let event = Event::decode(query.query_row([n], |row| row.get::<_, String>(0))?.as_bytes())?;
    apply(db, &event, change)?;
    Ok(true)
}
