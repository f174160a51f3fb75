//! What the doctor asks of a database.

use super::tx::{Row, Tx};
use super::webhooks::list as webhooks;
use super::{Either, Place, Storage, StorageError, sqlite};
use crate::domain::Timestamp;
use crate::server::webhooks::Webhook;

/// How a database stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkup {
    /// When the newest verified copy was made; `None` for never.
    pub last_backup: Option<Timestamp>,
    /// Entries of all streams that are in no copy.
    pub not_backed_up: i64,
    /// The newest time in the audit trail.
    pub newest: Option<Timestamp>,
    /// Each device that is not locked out, the one first that was silent the longest.
    pub devices: Vec<SeenDevice>,
    /// Every webhook.
    pub webhooks: Vec<Webhook>,
}

/// A device as it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDevice {
    /// Its name.
    pub name: String,
    /// When it was last heard of; 0 for never.
    pub last_contact: Timestamp,
    /// Milliseconds that its clock is behind.
    pub skew_ms: i64,
    /// Events that it told of and that are not here.
    pub waiting: i64,
}

/// The schema that a database has, and the newest one that this program knows. Nothing is changed or brought up to date.
///
/// # Errors
/// [`StorageError`] where it cannot be read.
pub async fn schema_of(place: &Place) -> Result<(i64, i64), StorageError> {
    let found = match place {
        Place::Sqlite(file) => sqlite::schema_of(file)?,
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => super::postgres::Postgres::schema_of(url).await?,
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => return Err(super::PlaceError::NotBuiltIn.into()),
    };
    Ok((found, sqlite::schema()))
}

impl Storage {
    /// What the database says against its own file, in a check that reads all of it but compares little; PostgreSQL says
    /// nothing.
    ///
    /// # Errors
    /// [`StorageError`] where it cannot be read at all.
    pub async fn quick_check(&self) -> Result<Option<String>, StorageError> {
        match self.database {
            Either::Sqlite(_) => self.read((), |(), tx| Box::pin(quick_check(tx))).await,
            #[cfg(feature = "postgres")]
            Either::Postgres(_) => Ok(None),
        }
    }

    /// How it stands with backups, clocks and devices.
    ///
    /// # Errors
    /// [`StorageError`] where it cannot be read.
    pub async fn checkup(&self) -> Result<Checkup, StorageError> {
        self.read((), |(), tx| Box::pin(checkup(tx))).await
    }
}

async fn quick_check(tx: &mut dyn Tx) -> Result<Option<String>, StorageError> {
    let said = tx.row("PRAGMA quick_check(1)", &[]).await?;
    let said = said.map_or(Ok(String::new()), |mut row| row.text())?;
    Ok((said != "ok").then_some(said))
}

async fn checkup(tx: &mut dyn Tx) -> Result<Checkup, StorageError> {
    let last_backup = time(tx, include_str!("sql/checkup_backup.sql")).await?;
    let newest = time(tx, "SELECT max(at) FROM audit").await?;
    let behind = tx.row(include_str!("sql/checkup_behind.sql"), &[]).await?;
    let not_backed_up = behind.map_or(Ok(0), |mut row| row.int())?;
    let devices = tx.rows(include_str!("sql/checkup_devices.sql"), &[]).await?;
    let devices = devices.into_iter().map(device).collect::<Result<_, _>>()?;
    let webhooks = webhooks(tx).await?;
    Ok(Checkup { last_backup, not_backed_up, newest, devices, webhooks })
}

async fn time(tx: &mut dyn Tx, sql: &'static str) -> Result<Option<Timestamp>, StorageError> {
    let found = tx.row(sql, &[]).await?;
    Ok(found.map_or(Ok(None), |mut row| row.int_or_null())?.map(Timestamp))
}

fn device(mut row: Row) -> Result<SeenDevice, StorageError> {
    Ok(SeenDevice { name: row.text()?, last_contact: row.time()?, skew_ms: row.int()?, waiting: row.int()? })
}
