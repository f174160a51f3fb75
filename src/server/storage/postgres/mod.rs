//! PostgreSQL: a pool of connections that several server processes may share one database with.
//!
//! A transaction that loses a race (40001, 40P01, or another process moved the counter in between) is done again, a few
//! times with a growing random pause; then the caller is told to come again. Connections are not encrypted: the
//! database is on the same machine, or the network between is trusted or tunnelled.

pub mod copy;
mod migrate;
mod tx;

use super::{Database, StorageError, Work};
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts, Transaction,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, IsolationLevel, NoTls};
use tx::PostgresTx;
use uuid::Uuid;

/// Connections of one server process that read, and as many that write.
const CONNECTIONS_MAX: usize = 8;
/// The longest wait for a connection, a new one or one that others give back.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// How often a query that nobody waits for is cancelled, and the wait for its end after each.
const CANCELS: u32 = 5;
const CANCEL_WAIT: Duration = Duration::from_secs(1);
/// Tries of one transaction.
const TRIES: u32 = 8;
/// The longest pause before the second try; it doubles with each.
const PAUSE_MS: u64 = 10;
/// What every connection is told: a process that hangs in a transaction does not hold the others for ever.
const SETTINGS: &str = "SET idle_in_transaction_session_timeout = '30s'; SET statement_timeout = '10min'";

/// Who writes looks rows up by their keys, however many there are: what a push costs does not grow with the ledger.
const BY_KEYS: &str = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off";
/// Where pushes look rows up.
const LOOKED_UP: [&str; 12] = [
    "event",
    "chain",
    "record",
    "stock",
    "change",
    "lot",
    "progress",
    "hold",
    "hold_end",
    "closing",
    "undone",
    "discrepancy",
];

/// A PostgreSQL database. Cheap to clone.
#[derive(Clone)]
pub struct Postgres {
    readers: Connections,
    writers: Connections,
    thread: Arc<Thread>,
}

/// Connections for transactions of one kind.
#[derive(Clone)]
struct Connections {
    pool: Pool,
    level: IsolationLevel,
    read_only: bool,
}

/// Where transactions that write go on: as soon as the database has answered, however much the threads that serve sockets
/// have to do. All others wait for them.
struct Thread(Option<tokio::runtime::Runtime>);

impl Thread {
    fn start() -> Result<Self, StorageError> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        Ok(Self(Some(runtime.worker_threads(1).thread_name("postgres-writer").enable_all().build()?)))
    }

    /// Does work there; it ends with whoever waits for it.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StorageError>> + Send + 'static,
    ) -> Result<T, StorageError> {
        let mut task = JoinSet::new();
        if let Some(runtime) = &self.0 {
            task.spawn_on(work, runtime.handle());
        }
        task.join_next().await.and_then(Result::ok).unwrap_or(Err(StorageError::Closed))
    }
}

impl Drop for Thread {
    /// A runtime that ends where others run must not wait for its thread.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What the database said, in one line.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// True where the connection or the database went away, not the statement was wrong.
pub(super) fn passes(error: &tokio_postgres::Error) -> bool {
    // Classes 08 (connection), 40 (rolled back), 53 (resources), 57 (stopped by a person).
    let classes = ["08", "40", "53", "57"];
    error.is_closed()
        || error.code().is_some_and(|code| classes.iter().any(|class| code.code().starts_with(class)))
}

impl Postgres {
    /// Connects, and makes the tables or brings them up to date.
    ///
    /// # Errors
    /// [`StorageError`] where there is no connection, or the tables are of a newer program.
    pub async fn open(url: &str) -> Result<Self, StorageError> {
        let this = Self::connect(url)?;
        migrate::run(&this).await?;
        let client = this.client().await?;
        // Several processes may begin at once: the first one's row counts for all.
        let sql =
            "INSERT INTO server (id, server_id, server_epoch) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING";
        let [id, epoch] = [Uuid::now_v7(), Uuid::now_v7()].map(super::tx::Value::from);
        client.execute(sql, &[&id, &epoch]).await?;
        Ok(this)
    }

    /// The newest migration that a database has; it is only read.
    ///
    /// # Errors
    /// [`StorageError`] where there is no connection.
    pub async fn schema_of(url: &str) -> Result<i64, StorageError> {
        migrate::applied(&*Self::connect(url)?.client().await?).await
    }

    /// Runs work that only reads, as it is read by those who write: by keys, each statement what is committed by then.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn look_up<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        self.writers.often(&input, work).await
    }

    /// Gives the connections back to the database.
    pub fn close(&self) {
        self.readers.pool.close();
        self.writers.pool.close();
    }

    /// Has the database look at its tables, beside everything else. Of a young one it knows nothing until its own turn
    /// comes, a minute or more later: it takes one site for a small part, and would read all of it for each push.
    pub fn look_at_tables(&self) {
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(error) = this.analyze().await {
                tracing::debug!(%error, "the database did not look at its tables");
            }
        });
    }

    async fn analyze(&self) -> Result<(), StorageError> {
        let client = self.client().await?;
        for table in LOOKED_UP {
            client.batch_execute(&format!("ANALYZE {table}")).await?;
        }
        Ok(())
    }

    fn connect(url: &str) -> Result<Self, StorageError> {
        let mut config: Config = url.parse()?;
        if config.get_application_name().is_none() {
            config.application_name("firstout-server");
        }
        config.connect_timeout(WAIT_MAX);
        let readers = pool(config.clone(), false)?;
        let writers = pool(config, true)?;
        Ok(Self {
            readers: Connections { pool: readers, level: IsolationLevel::RepeatableRead, read_only: true },
            // Who appends locks the stream's counter first, so that each later statement must see what was committed since.
            writers: Connections { pool: writers, level: IsolationLevel::ReadCommitted, read_only: false },
            thread: Arc::new(Thread::start()?),
        })
    }

    async fn client(&self) -> Result<Object, StorageError> {
        lend(&self.readers.pool).await
    }
}

impl Connections {
    async fn once<I: Sync, T>(&self, input: &I, work: Work<I, T>) -> Result<T, StorageError> {
        let mut lent = Lent { client: Some(lend(&self.pool).await?), is_done: false };
        let Some(client) = lent.client.as_mut() else { return Err(StorageError::Closed) };
        let result = async {
            let begin = client.build_transaction().isolation_level(self.level).read_only(self.read_only);
            let tx = begin.start().await?;
            let result = in_full(input, work, &tx).await?;
            tx.commit().await?;
            Ok(result)
        };
        let result = result.await;
        lent.is_done = true;
        result
    }

    async fn often<I: Sync, T>(&self, input: &I, work: Work<I, T>) -> Result<T, StorageError> {
        for attempt in 0..TRIES {
            match self.once(input, work).await {
                Err(error) if again(&error) => {
                    tracing::debug!(%error, attempt, "once more");
                    tokio::time::sleep(pause(attempt)).await;
                }
                done => return done,
            }
        }
        Err(StorageError::Busy)
    }
}

/// All of the work; where it failed, the first thing that did.
async fn in_full<I: Sync, T>(input: &I, work: Work<I, T>, tx: &Transaction<'_>) -> Result<T, StorageError> {
    let mut tx = PostgresTx::new(tx);
    let result = work(input, &mut tx).await;
    tx.settle().await.and(result)
}

fn pool(config: Config, by_keys: bool) -> Result<Pool, StorageError> {
    let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let greet = Hook::async_fn(move |client, _| {
        Box::pin(async move {
            client.batch_execute(SETTINGS).await.map_err(HookError::Backend)?;
            if by_keys && let Err(error) = client.batch_execute(BY_KEYS).await {
                // Another engine of this dialect, which plans in its own way.
                tracing::debug!(%error, "not told to look rows up by their keys");
            }
            Ok(())
        })
    });
    Pool::builder(Manager::from_config(config, NoTls, settings))
        .max_size(CONNECTIONS_MAX)
        .timeouts(Timeouts { wait: Some(WAIT_MAX), create: Some(WAIT_MAX), recycle: Some(WAIT_MAX) })
        .runtime(Runtime::Tokio1)
        .post_create(greet)
        .build()
        .map_err(|error| StorageError::NoConnection(error.to_string()))
}

async fn lend(pool: &Pool) -> Result<Object, StorageError> {
    pool.get().await.map_err(|error| match error {
        deadpool_postgres::PoolError::Backend(error)
        | deadpool_postgres::PoolError::PostCreateHook(HookError::Backend(error)) => {
            StorageError::NoConnection(said(&error))
        }
        other => StorageError::NoConnection(other.to_string()),
    })
}

impl Database for Postgres {
    async fn write<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        let writers = self.writers.clone();
        self.thread.run(async move { writers.often(&input, work).await }).await
    }

    async fn read<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        self.readers.often(&input, work).await
    }
}

/// A connection in use by one transaction.
struct Lent {
    client: Option<Object>,
    is_done: bool,
}

impl Drop for Lent {
    /// Whoever asked may go away (a time-out, a closed connection) while the database works. It is told to stop, and the
    /// connection goes not back to the pool: the next one's statements would wait behind that work, or be what stops.
    fn drop(&mut self) {
        let Some(client) = self.client.take().filter(|_| !self.is_done) else { return };
        let client = Object::take(client);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            for _ in 0..CANCELS {
                let _ = tokio::time::timeout(WAIT_MAX, client.cancel_token().cancel_query(NoTls)).await;
                // A statement that was still on its way begins after it was cancelled. The connection answers once it has ended.
                if tokio::time::timeout(CANCEL_WAIT, client.batch_execute("")).await.is_ok() {
                    return;
                }
            }
            tracing::warn!("a query that nobody waits for could not be cancelled");
        });
    }
}

/// True where the transaction was rolled back and may be done again as it is.
fn again(error: &StorageError) -> bool {
    match error {
        StorageError::Raced => true,
        StorageError::Postgres(error) => error.code().is_some_and(|code| {
            // Two who insert the same row at once: where the engine let both read, one of them must look again.
            [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION]
                .contains(code)
        }),
        _ => false,
    }
}

/// Between nothing and a limit that doubles, so that two who meet do not meet again.
fn pause(attempt: u32) -> Duration {
    let limit = PAUSE_MS << attempt.min(6);
    let drawn = getrandom::u64().unwrap_or(limit / 2);
    Duration::from_millis(drawn % limit)
}
