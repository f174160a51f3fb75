//! What does not add up, with the entries that tell the stories.

use super::PAGE_ROWS_MAX;
use crate::domain::{SiteId, Timestamp};
use crate::server::storage::tx::{Row, Tx, values};
use crate::server::storage::{Storage, StorageError};

/// Open discrepancies are counted no further: who has so many does not need to know how many more.
pub const OPEN_MAX: u64 = 10_000;

/// One discrepancy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscrepancyState {
    /// What makes it one and the same.
    pub identity: String,
    /// The entry that brought it up; 0 for none.
    pub stream_seq: u64,
    /// What kind, as a stable code.
    pub kind: String,
    /// JSON of [`crate::ledger::Discrepancy`], or words where no rule of the ledger found it.
    pub detail: String,
    /// Since when.
    pub opened: Timestamp,
    /// Until when, once it is settled.
    pub closed: Option<Timestamp>,
}

impl Storage {
    /// The newest open (or settled) discrepancies of a site, and how many are open; see [`Self::open_discrepancies`].
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn discrepancies(
        &self,
        site: SiteId,
        open: bool,
    ) -> Result<(Vec<DiscrepancyState>, u64), StorageError> {
        self.read((site, open), |input, tx| Box::pin(list(input, tx))).await
    }

    /// One discrepancy.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn discrepancy(
        &self,
        site: SiteId,
        identity: &str,
    ) -> Result<Option<DiscrepancyState>, StorageError> {
        self.read((site, identity.to_owned()), |input, tx| Box::pin(one(input, tx))).await
    }

    /// How many discrepancies of a site are open, counted to [`OPEN_MAX`]: every page says it.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn open_discrepancies(&self, site: SiteId) -> Result<u64, StorageError> {
        self.read(site, |site, tx| Box::pin(count(site, tx))).await
    }
}

async fn count(site: &SiteId, tx: &mut dyn Tx) -> Result<u64, StorageError> {
    let sql = include_str!("../sql/console_count_discrepancies.sql");
    tx.row(sql, &values![site.0, OPEN_MAX]).await?.map_or(Ok(0), |mut row| row.unsigned())
}

async fn list(
    (site, open): &(SiteId, bool),
    tx: &mut dyn Tx,
) -> Result<(Vec<DiscrepancyState>, u64), StorageError> {
    let sql = if *open {
        include_str!("../sql/console_open_discrepancies.sql")
    } else {
        include_str!("../sql/console_settled_discrepancies.sql")
    };
    let rows = tx.rows(sql, &values![site.0, PAGE_ROWS_MAX as u64]).await?;
    let rows = rows.into_iter().map(state).collect::<Result<Vec<_>, _>>()?;
    Ok((rows, count(site, tx).await?))
}

async fn one(
    (site, identity): &(SiteId, String),
    tx: &mut dyn Tx,
) -> Result<Option<DiscrepancyState>, StorageError> {
    if identity.contains('\0') {
        return Ok(None);
    }
    let sql = "SELECT identity, stream_seq, kind, detail, opened, closed FROM discrepancy
        WHERE site = ?1 AND identity = ?2";
    tx.row(sql, &values![site.0, identity.as_str()]).await?.map(state).transpose()
}

fn state(mut row: Row) -> Result<DiscrepancyState, StorageError> {
    Ok(DiscrepancyState {
        identity: row.text()?,
        stream_seq: row.unsigned()?,
        kind: row.text()?,
        detail: row.text()?,
        opened: row.time()?,
        closed: row.int_or_null()?.map(Timestamp),
    })
}
