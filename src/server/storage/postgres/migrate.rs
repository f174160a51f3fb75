//! Brings the schema up to date, all of it or nothing, one process at a time.
//!
//! The lock is a row of a table of its own, held by a second connection while the migrations run in one transaction: it
//! needs nothing that other engines of this dialect do not have. Were it lost, the transaction of who comes second
//! would fail as a whole, and it would look again.

use super::{Postgres, StorageError, pause};
use tokio_postgres::Client;

refinery::embed_migrations!("src/server/storage/postgres/migrations");

/// Tries while another process is at it.
const TRIES: u32 = 8;

pub(super) async fn run(database: &Postgres) -> Result<(), StorageError> {
    let mut attempt = 0;
    loop {
        match attempt_once(database).await {
            Err(StorageError::Postgres(_) | StorageError::Migration(_)) if attempt < TRIES => {
                attempt += 1;
                tokio::time::sleep(pause(attempt)).await;
            }
            done => return done,
        }
    }
}

async fn attempt_once(database: &Postgres) -> Result<(), StorageError> {
    if is_current(&*database.client().await?).await? {
        return Ok(());
    }
    let mut holder = database.client().await?;
    holder.batch_execute("CREATE TABLE IF NOT EXISTS migration_lock (id BIGINT PRIMARY KEY)").await?;
    holder.batch_execute("INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT (id) DO NOTHING").await?;
    let lock = holder.transaction().await?;
    lock.execute("SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE", &[]).await?;
    let mut client = database.client().await?;
    if !is_current(&client).await? {
        let done = migrations::runner().set_grouped(true).run_async(&mut **client).await;
        done.map_err(Box::new)?;
    }
    Ok(lock.commit().await?)
}

/// True where there is nothing to do.
async fn is_current(client: &Client) -> Result<bool, StorageError> {
    let known = migrations::runner().get_migrations().iter().map(|step| i64::from(step.version())).max();
    let known = known.unwrap_or(0);
    let found = applied(client).await?;
    if found > known {
        return Err(StorageError::NewerSchema { found, known });
    }
    Ok(found == known)
}

pub(super) async fn applied(client: &Client) -> Result<i64, StorageError> {
    let exists = "SELECT count(*) FROM information_schema.tables \
                  WHERE table_schema = current_schema() AND table_name = 'refinery_schema_history'";
    let count: i64 = client.query_one(exists, &[]).await?.try_get(0)?;
    if count == 0 {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(version), 0)::bigint FROM refinery_schema_history";
    Ok(client.query_one(newest, &[]).await?.try_get(0)?)
}
