//! Keys of programs, as they are stored: the hash, what the key may do, and until when.

use super::audit::{AuditEntry, append};
use super::tx::{Row, Tx, values};
use super::{Storage, StorageError};
use crate::domain::{SiteId, Timestamp};
use crate::server::api_keys::{ApiKey, Scope};

/// How old a stored last use may grow: a write for each would wear the disk.
const USED_MS_MAX: i64 = 60_000;

impl Storage {
    /// Adds a key by its hash; false where its name is taken at that site.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn add_api_key(
        &self,
        key: ApiKey,
        hash: [u8; 32],
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((key, hash, entry), |input, tx| Box::pin(add(input, tx))).await
    }

    /// Every key of all sites, revoked ones too.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StorageError> {
        self.read((), |(), tx| Box::pin(list(tx))).await
    }

    /// The key of that hash, whether or not it is still good.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn api_key(&self, site: SiteId, hash: [u8; 32]) -> Result<Option<ApiKey>, StorageError> {
        self.read((site, hash), |input, tx| Box::pin(find(input, tx))).await
    }

    /// Takes a key back from its next request on; false where there is none of that name that is still good.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn revoke_api_key(
        &self,
        site: SiteId,
        name: &str,
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((site, name.to_owned(), entry), |input, tx| Box::pin(revoke(input, tx))).await
    }

    /// The key was used at `now`.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn note_api_key_used(&self, key: &ApiKey, now: Timestamp) -> Result<(), StorageError> {
        if key.last_used.is_some_and(|used| now.ms_since(used) < USED_MS_MAX) {
            return Ok(());
        }
        let input = (key.site, key.name.clone(), now);
        self.write(input, |input, tx| Box::pin(touch(input, tx))).await
    }
}

async fn add(
    (key, hash, entry): &(ApiKey, [u8; 32], AuditEntry),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    let scopes = Scope::join(&key.scopes);
    let params = values![key.site.0, key.name.as_str(), *hash, scopes, key.created, key.expires];
    let added = tx.execute(include_str!("sql/insert_api_key.sql"), &params).await? > 0;
    if added {
        append(tx, key.site, entry).await?;
    }
    Ok(added)
}

async fn list(tx: &mut dyn Tx) -> Result<Vec<ApiKey>, StorageError> {
    let rows = tx.rows(include_str!("sql/list_api_keys.sql"), &[]).await?;
    rows.into_iter().map(api_key).collect()
}

async fn find((site, hash): &(SiteId, [u8; 32]), tx: &mut dyn Tx) -> Result<Option<ApiKey>, StorageError> {
    let found = tx.row(include_str!("sql/find_api_key.sql"), &values![site.0, *hash]).await?;
    found.map(api_key).transpose()
}

fn api_key(mut row: Row) -> Result<ApiKey, StorageError> {
    Ok(ApiKey {
        site: SiteId(row.int()?),
        name: row.text()?,
        scopes: Scope::split(&row.text()?).ok_or(StorageError::Damaged { what: "scope" })?,
        created: row.time()?,
        expires: row.int_or_null()?.map(Timestamp),
        revoked: row.int_or_null()?.map(Timestamp),
        last_used: row.int_or_null()?.map(Timestamp),
    })
}

async fn revoke(
    (site, name, entry): &(SiteId, String, AuditEntry),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    let params = values![site.0, name.as_str(), entry.at];
    let revoked = tx.execute(include_str!("sql/revoke_api_key.sql"), &params).await? > 0;
    if revoked {
        append(tx, *site, entry).await?;
    }
    Ok(revoked)
}

async fn touch((site, name, now): &(SiteId, String, Timestamp), tx: &mut dyn Tx) -> Result<(), StorageError> {
    tx.execute(include_str!("sql/touch_api_key.sql"), &values![site.0, name.as_str(), *now]).await?;
    Ok(())
}
