//! Master records that verdicts need, read once for as long as the master stream stands still.
//!
//! Only a copy: it is dropped as soon as the stream's head, read in the same transaction, is another.

use super::{StorageError, head, master};
use crate::domain::{LocationId, LocationKind, MasterRecord, Order, OrderId, Role, SiteId, SiteZone, UserId};
use crate::sync::wire::{Head, Stream};
use rusqlite::Connection;
use std::collections::{HashMap, hash_map::Entry};
use std::sync::Arc;

/// Most records kept; more than this and it starts anew.
const RECORDS_MAX: usize = 50_000;

#[derive(Default)]
pub(super) struct Records {
    of: Option<(SiteId, Head)>,
    found: HashMap<(&'static str, i64), Option<MasterRecord>>,
    orders: HashMap<OrderId, Option<Arc<Order>>>,
}

impl Records {
    /// Forgets what was read before the stream moved on.
    pub(super) fn refresh(&mut self, connection: &Connection, site: SiteId) -> Result<(), StorageError> {
        let now = Some((site, head(connection, site, Stream::Master)?));
        if self.of != now || self.found.len() + self.orders.len() > RECORDS_MAX {
            self.found.clear();
            self.orders.clear();
            self.of = now;
        }
        Ok(())
    }

    fn find(
        &mut self,
        connection: &Connection,
        kind: &'static str,
        id: i64,
    ) -> Result<Option<&MasterRecord>, StorageError> {
        let Some((site, _)) = self.of else { return Ok(None) };
        let record = match self.found.entry((kind, id)) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(slot) => slot.insert(master::find(connection, site, kind, id)?),
        };
        Ok(record.as_ref())
    }

    /// Decides when a day ends; UTC before the site has a record.
    pub(super) fn zone(&mut self, connection: &Connection) -> Result<SiteZone, StorageError> {
        let id = self.of.map_or(0, |(site, _)| site.0);
        Ok(match self.find(connection, "site", id)? {
            Some(MasterRecord::Site(site)) => site.zone,
            _ => SiteZone(chrono_tz::UTC),
        })
    }

    pub(super) fn order(
        &mut self,
        connection: &Connection,
        id: OrderId,
    ) -> Result<Option<Arc<Order>>, StorageError> {
        let Some((site, _)) = self.of else { return Ok(None) };
        Ok(match self.orders.entry(id) {
            Entry::Occupied(found) => found.get().clone(),
            Entry::Vacant(slot) => {
                let order = match master::find(connection, site, "order", id.0)? {
                    Some(MasterRecord::Order(order)) => Some(Arc::new(order)),
                    _ => None,
                };
                slot.insert(order).clone()
            }
        })
    }

    /// What an active operator may do.
    pub(super) fn role(&mut self, connection: &Connection, id: UserId) -> Result<Option<Role>, StorageError> {
        Ok(match self.find(connection, "user", id.0)? {
            Some(MasterRecord::User(user)) if user.active => Some(user.role),
            _ => None,
        })
    }

    pub(super) fn location_kind(
        &mut self,
        connection: &Connection,
        id: LocationId,
    ) -> Result<Option<LocationKind>, StorageError> {
        Ok(match self.find(connection, "location", id.0)? {
            Some(MasterRecord::Location(location)) => Some(location.kind),
            _ => None,
        })
    }
}
