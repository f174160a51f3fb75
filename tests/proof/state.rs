//! All that a store's file says, and what must hold of it whatever happened.

use firstout::sync::wire;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// One of the device's own events as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub epoch: u32,
    pub seq: i64,
    pub id: Vec<u8>,
    pub hash: [u8; 32],
    pub bytes: String,
}

/// A file's content: each table by its hash, and the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    tables: BTreeMap<String, u64>,
    pub events: Vec<Row>,
}

impl State {
    pub fn read(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let names: Vec<String> =
            db.prepare(sql)?.query_map((), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut tables = BTreeMap::new();
        for name in names {
            let hash = hash_table(&db, &name)?;
            tables.insert(name, hash);
        }
        let sql = "SELECT epoch, seq, id, hash, bytes FROM event ORDER BY epoch, seq";
        let mut query = db.prepare(sql)?;
        let rows = query.query_map((), |row| {
            Ok(Row {
                epoch: row.get(0)?,
                seq: row.get(1)?,
                id: row.get(2)?,
                hash: row.get(3)?,
                bytes: row.get(4)?,
            })
        })?;
        let events = rows.collect::<rusqlite::Result<_>>()?;
        Ok(Self { tables, events })
    }

    /// Tables that are not equal.
    pub fn difference<'a>(&'a self, other: &Self) -> Vec<&'a str> {
        let differs = |(name, hash): &(&String, &u64)| other.tables.get(*name) != Some(*hash);
        self.tables.iter().filter(differs).map(|(name, _)| name.as_str()).collect()
    }

    pub fn bytes_by_id(&self) -> BTreeMap<&[u8], &str> {
        self.events.iter().map(|row| (row.id.as_slice(), row.bytes.as_str())).collect()
    }

    /// No id and no place twice, and each event's hash follows from the one before it.
    pub fn check_chain(&self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        let mut last: Option<&Row> = None;
        for row in &self.events {
            let place = format!("event {} of epoch {}", row.seq, row.epoch);
            if !ids.insert(&row.id) {
                return Err(format!("{place} is there twice"));
            }
            let before = last.filter(|last| (last.epoch, last.seq + 1) == (row.epoch, row.seq));
            let prev = match before {
                _ if row.seq == 1 => Some(wire::Hash::default()),
                Some(last) => Some(wire::Hash(last.hash)),
                None => None,
            };
            if prev.is_some_and(|prev| wire::Hash::chain(prev, row.bytes.as_bytes()).0 != row.hash) {
                return Err(format!("{place} does not follow from the one before it"));
            }
            last = Some(row);
        }
        Ok(())
    }
}

fn hash_table(db: &Connection, name: &str) -> rusqlite::Result<u64> {
    let mut query = db
        .prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2, 3"))
        .or_else(|_| db.prepare(&format!("SELECT * FROM {name} ORDER BY 1")))?;
    let columns = query.column_count();
    let mut rows = query.query(())?;
    let mut hash = DefaultHasher::new();
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => 0_u8.hash(&mut hash),
                ValueRef::Integer(number) => number.hash(&mut hash),
                ValueRef::Real(number) => number.to_bits().hash(&mut hash),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.hash(&mut hash),
            }
        }
    }
    Ok(hash.finish())
}
