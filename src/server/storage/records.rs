//! Master records that verdicts need, read once for as long as the master stream stands still.
//!
//! Only a copy: it is dropped as soon as the stream's head, read in the same transaction, is another.

use super::StorageError;
use super::tx::{Kind, Many, Tx, values};
use crate::domain::{LocationId, MasterRecord, Order, OrderId, Role, SiteId, SiteZone, UserId};
use crate::server::ingest::{Known, Questions};
use crate::sync::wire::Head;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most records kept of a site; more than this and it starts anew.
const RECORDS_MAX: usize = 50_000;

static FIND: Many = Many::new(
    include_str!("sql/find_records.sql"),
    &[("n", Kind::Int), ("kind", Kind::Text), ("id", Kind::Int)],
);

type Key = (&'static str, i64);

#[derive(Clone)]
enum Found {
    Nothing,
    Order(Arc<Order>),
    Other(Arc<MasterRecord>),
}

#[derive(Default)]
struct Copy {
    of: Head,
    found: HashMap<Key, Found>,
}

/// The copies, by site.
#[derive(Default)]
pub(super) struct Records(Mutex<HashMap<SiteId, Copy>>);

impl Records {
    /// What the copy of that head has, and what it lacks.
    fn look_up(&self, site: SiteId, head: Head, keys: Vec<Key>) -> (HashMap<Key, Found>, Vec<Key>) {
        let mut copies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = copies.entry(site).or_default();
        if copy.of != head || copy.found.len() > RECORDS_MAX {
            *copy = Copy { of: head, found: HashMap::new() };
        }
        let mut found = HashMap::new();
        let lacks = |key: &Key| match copy.found.get(key) {
            None => true,
            Some(record) => {
                found.insert(*key, record.clone());
                false
            }
        };
        let missing = keys.into_iter().filter(lacks).collect();
        (found, missing)
    }

    fn keep(&self, site: SiteId, head: Head, found: &HashMap<Key, Found>) {
        let mut copies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = copies.get_mut(&site).filter(|copy| copy.of == head) {
            copy.found.extend(found.iter().map(|(key, record)| (*key, record.clone())));
        }
    }

    /// Answers the questions about master records.
    pub(super) async fn answer(
        &self,
        tx: &mut dyn Tx,
        site: SiteId,
        head: Head,
        questions: &Questions,
        known: &mut Known,
    ) -> Result<(), StorageError> {
        let mut keys: Vec<Key> = Vec::new();
        keys.extend(questions.zone.then_some(("site", site.0)));
        keys.extend(questions.roles.iter().map(|user| ("user", user.0)));
        keys.extend(questions.kinds.iter().map(|location| ("location", location.0)));
        keys.extend(questions.orders.iter().map(|order| ("order", order.0)));
        if keys.is_empty() {
            return Ok(());
        }
        let (mut found, missing) = self.look_up(site, head, keys);
        if !missing.is_empty() {
            let read = read(tx, site, &missing).await?;
            self.keep(site, head, &read);
            found.extend(read);
        }
        for ((kind, id), record) in found {
            tell(known, kind, id, &record);
        }
        Ok(())
    }
}

async fn read(tx: &mut dyn Tx, site: SiteId, keys: &[Key]) -> Result<HashMap<Key, Found>, StorageError> {
    let asked: Vec<_> = (0_i64..).zip(keys).map(|(n, (kind, id))| values![n, *kind, *id].to_vec()).collect();
    let mut found: HashMap<Key, Found> = keys.iter().map(|key| (*key, Found::Nothing)).collect();
    for mut row in tx.find(&FIND, site.0, &asked).await? {
        let n = row.unsigned()? as usize;
        let record = match row.json::<MasterRecord>("record")? {
            MasterRecord::Order(order) => Found::Order(Arc::new(order)),
            other => Found::Other(Arc::new(other)),
        };
        if let Some(key) = keys.get(n) {
            found.insert(*key, record);
        }
    }
    Ok(found)
}

/// UTC before the site has a record; nobody may do anything before there are people.
fn tell(known: &mut Known, kind: &str, id: i64, record: &Found) {
    let other = match record {
        Found::Other(other) => Some(other.as_ref()),
        _ => None,
    };
    match (kind, other) {
        ("site", Some(MasterRecord::Site(site))) => known.zone = Some(site.zone),
        ("site", _) => known.zone = Some(SiteZone(chrono_tz::UTC)),
        ("user", Some(MasterRecord::User(user))) => {
            known.roles.insert(UserId(id), user.active.then_some(user.role));
        }
        ("user", _) => drop(known.roles.insert(UserId(id), None::<Role>)),
        ("location", Some(MasterRecord::Location(location))) => {
            known.kinds.insert(LocationId(id), Some(location.kind));
        }
        ("location", _) => drop(known.kinds.insert(LocationId(id), None)),
        _ => {
            let order = match record {
                Found::Order(order) => Some(Arc::clone(order)),
                _ => None,
            };
            known.orders.insert(OrderId(id), order);
        }
    }
}
