//! A query whose request has gone away: it ends, what it held is free, and nobody else's query is hit.

use crate::server_database::{Db, on_every_database};
use crate::server_support::folder;
use firstout::demo::Rng;
use firstout::server::metrics::Metrics;
#[cfg(feature = "postgres")]
use firstout::server::storage::postgres::Postgres;
use firstout::server::storage::sqlite::Sqlite;
use firstout::server::storage::tx::{Tx, Value};
use firstout::server::storage::{Database, Place, StorageError};
use std::sync::Arc;
use std::time::Duration;

/// Of the square or the cube of so many numbers, which a database counts one by one.
const SQUARE: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) \
                      SELECT count(*) FROM n a, n b WHERE a.i + b.i > ?1";
const CUBE: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
                    SELECT count(*) FROM n a, n b, n c WHERE a.i + b.i + c.i > ?1";
/// More than either database has connections.
const ABANDONED: usize = 40;
/// Whoever has to wait for so long waits for the cube.
const PATIENCE: Duration = Duration::from_secs(60);

async fn count(sql: &&'static str, tx: &mut dyn Tx) -> Result<i64, StorageError> {
    tx.row(sql, &[Value::Int(0)]).await?.ok_or(StorageError::Closed)?.int()
}

async fn ask(database: &impl Database, sql: &'static str) -> Result<i64, StorageError> {
    database.read(sql, |sql, tx| Box::pin(count(sql, tx))).await
}

/// Runs a story on an open database.
macro_rules! on {
    ($db:expr, $name:literal, $story:ident) => {{
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        // Never dropped: a reader that goes on must fail the test, not hang it.
        let runtime = Box::leak(Box::new(runtime.unwrap()));
        let data = folder($name);
        let place = $db.place(&data);
        runtime.block_on(async {
            match &place {
                Place::Sqlite(file) => {
                    let metrics = Arc::new(Metrics::new(place.kind()));
                    let database = Sqlite::open(file, metrics).unwrap();
                    $story(&database).await;
                    tokio::time::timeout(PATIENCE, database.close())
                        .await
                        .expect("a reader is still at work");
                }
                #[cfg(feature = "postgres")]
                Place::Postgres(url) => $story(&Postgres::open(url).await.unwrap()).await,
                #[cfg(not(feature = "postgres"))]
                Place::Postgres(_) => unreachable!("built without it"),
            }
        });
        place
    }};
}

async fn abandons(database: &(impl Database + Sync)) {
    for n in 0..ABANDONED {
        // At various moments: before it begins, while it waits for a connection, and under way.
        let abandoned = tokio::time::timeout(Duration::from_millis(n as u64 * 5), ask(database, CUBE));
        assert!(abandoned.await.is_err(), "the cube was counted");
    }
    let answer = tokio::time::timeout(PATIENCE, ask(database, SQUARE)).await;
    assert_eq!(answer.expect("no connection is free").unwrap(), 160_000);
}

fn a_query_ends_with_its_request(db: Db) {
    let place = on!(db, "abandoned", abandons);
    #[cfg(feature = "postgres")]
    if matches!(place, Place::Postgres(_)) {
        let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND state = 'active' AND query LIKE '%n c WHERE%' AND pid <> pg_backend_pid()";
        let begun = std::time::Instant::now();
        while crate::server_database::number(&place, running) > 0 {
            assert!(begun.elapsed() < PATIENCE, "the database still counts");
            std::thread::yield_now();
        }
    }
    drop(place);
}

async fn interleaves(database: &(impl Database + Sync)) {
    let mut rng = Rng::new(7);
    for round in 0..60 {
        let drops: Vec<_> =
            (0..4).map(|_| Duration::from_micros(rng.range(0, 8_000).unsigned_abs())).collect();
        let dropped = async {
            for after in drops {
                let _ = tokio::time::timeout(after, ask(database, SQUARE)).await;
            }
        };
        let kept = async {
            for _ in 0..4 {
                assert_eq!(ask(database, SQUARE).await.unwrap(), 160_000, "round {round}");
            }
        };
        tokio::join!(dropped, kept);
    }
}

fn only_the_abandoned_query_is_interrupted(db: Db) {
    on!(db, "interleaved", interleaves);
}

on_every_database![a_query_ends_with_its_request, only_the_abandoned_query_is_interrupted];
