//! How a site stands, in a few numbers, for all sites at once: what a monitoring system watches.

use super::tx::Tx;
use super::{Storage, StorageError};
use crate::domain::{SiteId, Timestamp};
use crate::server::devices::IN_REACH_MS;
use std::collections::BTreeMap;

/// A site in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFigures {
    /// Which.
    pub site: SiteId,
    /// Devices whose events are all here, and that were heard of lately.
    pub cleared: i64,
    /// Devices that told of events that are not here.
    pub waiting: i64,
    /// Devices with nothing waiting that were not heard of lately.
    pub silent: i64,
    /// Devices that have never spoken.
    pub never: i64,
    /// Devices that are locked out.
    pub revoked: i64,
    /// Events that devices told of and that are not here.
    pub waiting_events: i64,
    /// Since the last word of a waiting device, of the one that was silent the longest.
    pub oldest_pending_ms: i64,
    /// Discrepancies that nobody has closed.
    pub discrepancies: i64,
}

impl SiteFigures {
    fn of(site: SiteId) -> Self {
        let (cleared, waiting, silent, never, revoked) = Default::default();
        let (waiting_events, oldest_pending_ms, discrepancies) = Default::default();
        Self {
            site,
            cleared,
            waiting,
            silent,
            never,
            revoked,
            waiting_events,
            oldest_pending_ms,
            discrepancies,
        }
    }

    /// Each state and how many devices are in it.
    #[must_use]
    pub fn devices(&self) -> [(&'static str, i64); 5] {
        let Self { cleared, waiting, silent, never, revoked, .. } = *self;
        [
            ("cleared", cleared),
            ("waiting", waiting),
            ("silent", silent),
            ("never_seen", never),
            ("revoked", revoked),
        ]
    }

    fn count(&mut self, device: &Device, now: Timestamp) {
        let unheard_ms = now.ms_since(device.last_contact).max(0);
        let state = match device {
            device if device.revoked => &mut self.revoked,
            device if device.last_contact.0 <= 0 => &mut self.never,
            device if device.waiting > 0 => {
                self.waiting_events = self.waiting_events.saturating_add(device.waiting);
                self.oldest_pending_ms = self.oldest_pending_ms.max(unheard_ms);
                &mut self.waiting
            }
            _ if unheard_ms > IN_REACH_MS => &mut self.silent,
            _ => &mut self.cleared,
        };
        *state += 1;
    }
}

struct Device {
    revoked: bool,
    last_contact: Timestamp,
    waiting: i64,
}

impl Storage {
    /// Each site that has a device or an open discrepancy. It reads the table of devices and an index of what is open, no
    /// more.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn figures(&self, now: Timestamp) -> Result<Vec<SiteFigures>, StorageError> {
        self.read(now, |now, tx| Box::pin(figures(*now, tx))).await
    }
}

async fn figures(now: Timestamp, tx: &mut dyn Tx) -> Result<Vec<SiteFigures>, StorageError> {
    let mut sites = BTreeMap::<SiteId, SiteFigures>::new();
    tx.visit(include_str!("sql/figures_devices.sql"), &[], &mut |mut row| {
        let site = SiteId(row.int()?);
        let device = Device { revoked: row.flag()?, last_contact: row.time()?, waiting: row.int()?.max(0) };
        sites.entry(site).or_insert_with(|| SiteFigures::of(site)).count(&device, now);
        Ok(true)
    })
    .await?;
    for mut row in tx.rows(include_str!("sql/figures_discrepancies.sql"), &[]).await? {
        let site = SiteId(row.int()?);
        sites.entry(site).or_insert_with(|| SiteFigures::of(site)).discrepancies = row.int()?;
    }
    Ok(sites.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_is_in_one_state() {
        let now = Timestamp(100 * IN_REACH_MS);
        let ago = |ms: i64| Timestamp(now.0 - ms);
        let cases = [
            (false, ago(0), 0, "cleared"),
            (false, ago(IN_REACH_MS), 0, "cleared"),
            (false, ago(IN_REACH_MS + 1), 0, "silent"),
            (false, ago(5), 3, "waiting"),
            (false, ago(2 * IN_REACH_MS), 3, "waiting"),
            (false, Timestamp(0), 0, "never_seen"),
            (true, ago(5), 9, "revoked"),
        ];
        let mut all = SiteFigures::of(SiteId(1));
        for (revoked, last_contact, waiting, expected) in cases {
            let mut one = SiteFigures::of(SiteId(1));
            let device = Device { revoked, last_contact, waiting };
            one.count(&device, now);
            all.count(&device, now);
            let state = one.devices().into_iter().find(|(_, count)| *count == 1).map(|(state, _)| state);
            assert_eq!(state, Some(expected));
        }
        assert_eq!((all.waiting_events, all.oldest_pending_ms), (6, 2 * IN_REACH_MS));
    }
}
