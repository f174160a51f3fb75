//! Master records: appended to their stream, the newest of an id counts.

use super::row::int;
use super::{Storage, StorageError, advance, head};
use crate::domain::{MasterRecord, SiteId};
use crate::sync::wire::{Hash, Head, Status, Stream};
use rusqlite::{Connection, OptionalExtension as _, params};

impl Storage {
    /// Appends records to the site's master stream, all or none; records that are there already with equal
    /// content are left out.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn append_master(
        &self,
        site: SiteId,
        records: Vec<MasterRecord>,
    ) -> Result<Head, StorageError> {
        self.write(move |connection| {
            let from = head(connection, site, Stream::Master)?;
            append_all(connection, site, &records, from)
        })
        .await
    }

    /// As [`append_master`](Self::append_master), if `from` is still the stream's head.
    ///
    /// # Errors
    /// [`StorageError::Raced`] where it is not; [`StorageError`] where nothing was saved.
    pub async fn append_master_after(
        &self,
        site: SiteId,
        from: Head,
        records: Vec<MasterRecord>,
    ) -> Result<Head, StorageError> {
        self.write(move |connection| {
            if head(connection, site, Stream::Master)? != from {
                return Err(StorageError::Raced);
            }
            append_all(connection, site, &records, from)
        })
        .await
    }
}

fn append_all(
    connection: &Connection,
    site: SiteId,
    records: &[MasterRecord],
    from: Head,
) -> Result<Head, StorageError> {
    let mut to = from;
    for record in records {
        to = append(connection, site, record, to)?;
    }
    advance(connection, site, Stream::Master, from, to)?;
    Ok(to)
}

fn append(
    connection: &Connection,
    site: SiteId,
    record: &MasterRecord,
    from: Head,
) -> Result<Head, StorageError> {
    let bytes = serde_json::to_string(record).map_err(|_| StorageError::Damaged { what: "record" })?;
    let (kind, id) = key(record);
    if find_bytes(connection, site, kind, id)?.as_ref() == Some(&bytes) {
        return Ok(from);
    }
    let seq = from.seq + 1;
    let hash = Hash::chain_stream(from.hash, seq, Status::Accepted, bytes.as_bytes());
    connection.prepare_cached(include_str!("sql/insert_master.sql"))?.execute(params![
        site.0,
        int(seq),
        kind,
        id,
        bytes,
        hash.0
    ])?;
    connection.prepare_cached(include_str!("sql/save_record.sql"))?.execute(params![
        site.0,
        kind,
        id,
        int(seq)
    ])?;
    Ok(Head { seq, hash })
}

/// The newest record of an id.
pub(super) fn find(
    connection: &Connection,
    site: SiteId,
    kind: &str,
    id: i64,
) -> Result<Option<MasterRecord>, StorageError> {
    find_bytes(connection, site, kind, id)?
        .map(|bytes| serde_json::from_str(&bytes).map_err(|_| StorageError::Damaged { what: "record" }))
        .transpose()
}

fn find_bytes(
    connection: &Connection,
    site: SiteId,
    kind: &str,
    id: i64,
) -> Result<Option<String>, StorageError> {
    Ok(connection
        .prepare_cached(include_str!("sql/find_record.sql"))?
        .query_row(params![site.0, kind, id], |row| row.get(0))
        .optional()?)
}

fn key(record: &MasterRecord) -> (&'static str, i64) {
    match record {
        MasterRecord::Site(site) => ("site", site.id.0),
        MasterRecord::Item(item) => ("item", item.id.0),
        MasterRecord::Location(location) => ("location", location.id.0),
        MasterRecord::Party(party) => ("party", party.id.0),
        MasterRecord::Order(order) => ("order", order.id.0),
        MasterRecord::User(user) => ("user", user.id.0),
    }
}
