//! What is stopped: the open stops of a site, those on given things, and one of them.

use crate::domain::{EventId, Hold, HoldTarget, SiteId, Timestamp, UserId};
use crate::server::storage::tx::{Kind, Many, Row, Tx, json, values};
use crate::server::storage::{Storage, StorageError};

static ON: Many =
    Many::new(include_str!("../sql/find_holds_on.sql"), &[("n", Kind::Int), ("target", Kind::Text)]);

/// One stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// The event that placed it.
    pub id: EventId,
    /// What it stops and why.
    pub hold: Hold,
    /// Who placed it.
    pub operator: UserId,
    /// When.
    pub at: Timestamp,
}

impl Storage {
    /// The newest open stops of a site, at most 1,000 of them, and how many there are.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn open_holds(&self, site: SiteId) -> Result<(Vec<HoldRow>, u64), StorageError> {
        self.read(site, |site, tx| Box::pin(open(site, tx))).await
    }

    /// The newest stops of a site that have ended, at most 1,000 of them, and how many there are.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn ended_holds(&self, site: SiteId) -> Result<(Vec<HoldRow>, u64), StorageError> {
        self.read(site, |site, tx| Box::pin(ended(site, tx))).await
    }

    /// How many stops of a site are open.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn count_open_holds(&self, site: SiteId) -> Result<u64, StorageError> {
        self.read(site, |site, tx| Box::pin(count(site, tx))).await
    }

    /// Every open stop on any of these, each target's oldest first.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn open_holds_on(
        &self,
        site: SiteId,
        targets: Vec<HoldTarget>,
    ) -> Result<Vec<HoldRow>, StorageError> {
        self.read((site, targets), |input, tx| Box::pin(on(input, tx))).await
    }

    /// The open stop that an event placed; `None` where there is none or it has ended.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn open_hold(&self, site: SiteId, id: EventId) -> Result<Option<HoldRow>, StorageError> {
        self.read((site, id), |input, tx| Box::pin(one(input, tx))).await
    }
}

async fn open(site: &SiteId, tx: &mut dyn Tx) -> Result<(Vec<HoldRow>, u64), StorageError> {
    Ok((newest(*site, false, tx).await?, count(site, tx).await?))
}

async fn ended(site: &SiteId, tx: &mut dyn Tx) -> Result<(Vec<HoldRow>, u64), StorageError> {
    let sql = "SELECT count(*) FROM hold WHERE site = ?1 AND ended = 1";
    let total = tx.row(sql, &values![site.0]).await?.map_or(Ok(0), |mut row| row.unsigned())?;
    Ok((newest(*site, true, tx).await?, total))
}

async fn newest(site: SiteId, ended: bool, tx: &mut dyn Tx) -> Result<Vec<HoldRow>, StorageError> {
    let rows = tx.rows(include_str!("../sql/console_holds.sql"), &values![site.0, i64::from(ended)]).await?;
    rows.into_iter().map(|mut row| hold(&mut row)).collect()
}

async fn count(site: &SiteId, tx: &mut dyn Tx) -> Result<u64, StorageError> {
    let found = tx.row(include_str!("../sql/count_holds.sql"), &values![site.0]).await?;
    found.map_or(Ok(0), |mut row| row.unsigned())
}

async fn on(
    (site, targets): &(SiteId, Vec<HoldTarget>),
    tx: &mut dyn Tx,
) -> Result<Vec<HoldRow>, StorageError> {
    let mut keys = Vec::new();
    for (n, target) in (0_i64..).zip(targets) {
        keys.push(values![n, json(target)?].to_vec());
    }
    let mut holds = Vec::new();
    for mut row in tx.find(&ON, site.0, &keys).await? {
        row.int()?;
        holds.push(hold(&mut row)?);
    }
    holds.sort_by_key(|row| (row.at, row.id));
    Ok(holds)
}

async fn one((site, id): &(SiteId, EventId), tx: &mut dyn Tx) -> Result<Option<HoldRow>, StorageError> {
    let found = tx.row(include_str!("../sql/console_hold.sql"), &values![site.0, *id]).await?;
    found.map(|mut row| hold(&mut row)).transpose()
}

/// `event_id, hold, operator, at` as a stop.
pub(super) fn hold(row: &mut Row) -> Result<HoldRow, StorageError> {
    Ok(HoldRow { id: row.event()?, hold: row.json("hold")?, operator: UserId(row.int()?), at: row.time()? })
}
