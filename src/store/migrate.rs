//! The schema's versions: each is one file, applied in one transaction, never changed once shipped.

use super::StoreError;
use rusqlite::{Connection, TransactionBehavior};

/// "FOut": the file is ours.
pub(super) const APPLICATION_ID: u32 = 0x464F_7574;

const MIGRATIONS: [&str; 5] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_scanner.sql"),
    include_str!("migrations/0003_losses.sql"),
    include_str!("migrations/0004_keys.sql"),
    include_str!("migrations/0005_heard.sql"),
];

/// The newest schema that this program knows.
pub(super) const SCHEMA: u32 = MIGRATIONS.len() as u32;

/// Refuses files of other programs and of newer versions of this one, without writing; true for an empty file.
pub(super) fn check(db: &Connection) -> Result<bool, StoreError> {
    let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let owner: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let objects: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (owner, found) {
        (0, 0) if objects == 0 => Ok(true),
        (APPLICATION_ID, 1..=SCHEMA) => Ok(false),
        (APPLICATION_ID, found) if found > SCHEMA => Err(StoreError::NewerSchema { found, known: SCHEMA }),
        (APPLICATION_ID, _) => Err(StoreError::Damaged("it has no schema version".to_owned())),
        _ => Err(StoreError::Foreign),
    }
}

/// Brings the schema to [`SCHEMA`] in one transaction.
pub(super) fn run(db: &mut Connection) -> Result<(), StoreError> {
    let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == SCHEMA {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for sql in MIGRATIONS.iter().skip(found as usize) {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", SCHEMA)?;
    Ok(tx.commit()?)
}
