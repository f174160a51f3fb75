//! Who this device is, and what it knows of the server's clock.

use super::row::{unsigned, uuid};
use super::{Reader, Store, StoreError, outbox, rebase};
use crate::domain::{DeviceId, DeviceKey, SiteId, Timestamp};
use crate::sync::wire::{ServerEpoch, Stream};
use rusqlite::{Connection, OptionalExtension};
use std::fmt;
use uuid::Uuid;

/// An enrolled device.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub device: DeviceId,
    /// Its epoch: a fork or a salvage begins a new one.
    pub epoch: u32,
    /// Signs every request and the head of every push.
    pub key: DeviceKey,
    /// The site it works at.
    pub site: SiteId,
    /// Which server it belongs to.
    pub server_id: Uuid,
    /// The server's incarnation.
    pub server_epoch: ServerEpoch,
    /// Where the server is.
    pub server_url: String,
    /// Certificates of the authorities that it trusts for that address, PEM; empty for plain `http`.
    pub roots: String,
    /// The name on the device's back.
    pub name: String,
}

/// Short enough for a log.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("device", &self.device)
            .field("epoch", &self.epoch)
            .field("site", &self.site)
            .field("server_url", &self.server_url)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// The device's identity, `None` before its enrolment.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn identity(&self) -> Result<Option<Identity>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/identity.sql"))?;
        let found = query.query_row((), |row| {
            Ok(Identity {
                device: DeviceId(uuid(row, 0)?),
                epoch: row.get(1)?,
                key: DeviceKey::from_seed(&row.get(2)?),
                site: SiteId(row.get(3)?),
                server_id: uuid(row, 4)?,
                server_epoch: ServerEpoch(uuid(row, 5)?),
                server_url: row.get(6)?,
                roots: row.get(7)?,
                name: row.get(8)?,
            })
        });
        Ok(found.optional()?)
    }

    pub(super) fn stored_skew(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.db.query_row("SELECT skew_ms FROM contact", (), |row| row.get(0))?)
    }
}

impl Store {
    /// The identity that this store writes under, `None` before its enrolment; without a look at the file. Out of the file it
    /// would cost the derivation of a key, which sync would pay several times for each request.
    #[must_use]
    pub fn enrolled(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Takes the identity that the server gave; its epoch is a later one where this file has events of that epoch already.
    /// Events that wait are kept and re-sequenced under it; what was read
    /// from another server is replaced at the first contact.
    ///
    /// # Errors
    /// [`StoreError::Unsent`] where events wait for another server or site: they must be sent there first.
    pub fn enrol(&mut self, mut identity: Identity) -> Result<(), StoreError> {
        let old = self.identity.clone();
        let moved =
            old.as_ref().is_some_and(|old| (old.server_id, old.site) != (identity.server_id, identity.site));
        if moved {
            self.check_sent(&identity)?;
        }
        // What the server lost by a restore is sent again at the first contact, under the new name too.
        if let Some(old) = old.as_ref().filter(|old| !moved && old.server_epoch != identity.server_epoch) {
            identity.server_epoch = old.server_epoch;
        }
        let renamed =
            old.as_ref().is_none_or(|old| (old.device, old.epoch) != (identity.device, identity.epoch));
        self.write(|tx| {
            if let Some(old) = old.as_ref().filter(|_| renamed) {
                leave_epoch(tx, old.epoch)?;
            }
            let waiting = match &old {
                _ if !renamed => Vec::new(),
                Some(old) => outbox::unsent(tx, old.epoch)?,
                None => {
                    outbox::waiting(tx, "SELECT n, bytes FROM outbox JOIN event USING (n) ORDER BY n", ())?
                }
            };
            if renamed {
                identity.epoch = outbox::unused_epoch(tx, identity.epoch)?;
            }
            tx.execute(
                include_str!("sql/enrol.sql"),
                (
                    identity.device.0.as_bytes(),
                    identity.epoch,
                    identity.key.seed(),
                    identity.site.0,
                    identity.server_id.as_bytes(),
                    identity.server_epoch.0.as_bytes(),
                    &identity.server_url,
                    &identity.roots,
                    &identity.name,
                ),
            )?;
            if renamed {
                outbox::resequence(tx, identity.epoch, waiting)?;
                outbox::set_acked_through(tx, 0)?;
            }
            if moved {
                rebase::leave_site(tx)?;
            }
            Ok(())
        })?;
        self.identity = Some(identity);
        Ok(())
    }

    /// Nothing may be left behind at a site: neither what waits, nor what the server may have lost by a restore that this
    /// device has not heard of at that site.
    fn check_sent(&self, new: &Identity) -> Result<(), StoreError> {
        let restored = self
            .identity
            .as_ref()
            .is_some_and(|old| old.server_id == new.server_id && old.server_epoch != new.server_epoch);
        let kept = self.db.query_row("SELECT count(*) FROM event", (), |row| unsigned(row, 0))?;
        let pending = if restored { kept } else { self.pending };
        if pending > 0 { Err(StoreError::Unsent { pending }) } else { Ok(()) }
    }

    /// Milliseconds to add to this device's clock for the server's, as last measured.
    #[must_use]
    pub fn skew_ms(&self) -> Option<i64> {
        self.skew_ms
    }

    /// Keeps a newly measured skew; events confirmed from now on carry it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn set_skew(&mut self, skew_ms: i64) -> Result<(), StoreError> {
        self.write(|tx| Ok(tx.execute("UPDATE contact SET skew_ms = ?1", [skew_ms])?))?;
        self.skew_ms = Some(skew_ms);
        Ok(())
    }

    /// The server answered at `now`; a problem noted before is over, and there is nothing new in the `current` streams.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn note_contact(
        &mut self,
        now: Timestamp,
        skew_ms: Option<i64>,
        current: &[Stream],
    ) -> Result<(), StoreError> {
        let skew_ms = skew_ms.or(self.skew_ms);
        self.write(|tx| {
            let sql = "UPDATE contact SET last_contact = ?1, skew_ms = ?2, problem = NULL, problem_at = NULL";
            tx.execute(sql, (now.0, skew_ms))?;
            for stream in current {
                tx.execute("UPDATE cursor SET as_of = ?1 WHERE stream = ?2", (now.0, stream.name()))?;
            }
            Ok(())
        })?;
        self.skew_ms = skew_ms;
        Ok(())
    }

    /// Talking to the server failed; `code` is a stable word that the screens translate.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn note_problem(&mut self, code: &str, now: Timestamp) -> Result<(), StoreError> {
        self.write(|tx| Ok(tx.execute("UPDATE contact SET problem = ?1, problem_at = ?2", (code, now.0))?))?;
        Ok(())
    }

    /// Begins a new epoch after the server found that this device's sequence forked: events that it has not
    /// acknowledged are sent again under new sequences, their ids and bytes unchanged.
    ///
    /// # Errors
    /// [`StoreError::OldEpoch`] where `epoch` is not above the present one.
    pub fn new_epoch(&mut self, epoch: u32) -> Result<(), StoreError> {
        let mut identity = self.identity.clone().ok_or(StoreError::NotEnrolled)?;
        if epoch <= identity.epoch {
            return Err(StoreError::OldEpoch { found: epoch, known: identity.epoch });
        }
        self.write(|tx| {
            leave_epoch(tx, identity.epoch)?;
            let waiting = outbox::unsent(tx, identity.epoch)?;
            tx.execute("UPDATE device SET epoch = ?1", [epoch])?;
            outbox::resequence(tx, epoch, waiting)?;
            outbox::set_acked_through(tx, 0)
        })?;
        identity.epoch = epoch;
        self.identity = Some(identity);
        Ok(())
    }
}

/// What is known to be backed up of an epoch stays known, and nothing of the next one is.
fn leave_epoch(db: &Connection, epoch: u32) -> Result<(), StoreError> {
    db.execute(include_str!("sql/event_backed_up.sql"), [epoch])?;
    db.execute("UPDATE contact SET backed_up_through = 0", ())?;
    Ok(())
}
