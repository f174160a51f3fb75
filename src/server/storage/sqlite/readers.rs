//! Connections that only read, lent to one request at a time.
//!
//! Whoever asks may go away: a time-out drops its future, and so does a closed connection. Its query would go on, for
//! nobody, and hold one of few readers; so it is interrupted ([`Turn`]).

use super::super::Work;
use super::StorageError;
use super::tx::{SqliteTx, at_once};
use rusqlite::{Connection, InterruptHandle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Steps of SQLite's machine between two looks at whether anybody still wants the answer; a fraction of a millisecond.
const STEPS_PER_LOOK: i32 = 10_000;

pub(super) struct Readers {
    count: u32,
    free: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let count = u32::try_from(connections.len()).unwrap_or(u32::MAX);
        Self {
            count,
            free: Arc::new(Semaphore::new(connections.len())),
            idle: Arc::new(Mutex::new(connections)),
        }
    }

    /// Waits for those who read, refuses those who come later, and closes the connections.
    pub(super) async fn close(&self) {
        let Ok(_all) = self.free.acquire_many(self.count).await else { return };
        self.free.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// `work` sees one state of the database throughout.
    pub(super) async fn run<I: Send + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| StorageError::Closed)?;
        let idle = Arc::clone(&self.idle);
        let turn = Arc::new(Turn::default());
        // Dropped with this future. Where the work is done by then, it does nothing.
        let _asker = Asker(Arc::clone(&turn));
        let task = tokio::task::spawn_blocking(move || {
            // The permit goes back after the connection, also when the requester has gone away.
            let _permit = permit;
            let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = connection.ok_or(StorageError::Closed)?;
            let result = in_transaction(&mut connection, &input, work, &turn);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        });
        task.await.map_err(|_| StorageError::Closed)?
    }
}

fn in_transaction<I, T>(
    connection: &mut Connection,
    input: &I,
    work: Work<I, T>,
    turn: &Arc<Turn>,
) -> Result<T, StorageError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let begun = turn.begin(connection);
    let result = begun.and_then(|()| at_once(work(input, &mut SqliteTx(connection))));
    let ended = turn.end(connection);
    connection.prepare_cached("ROLLBACK")?.execute([])?;
    ended?;
    result
}

/// One request's use of a connection.
#[derive(Default)]
struct Turn {
    /// Nobody waits for the answer any more. The connection looks at it while a query runs, so that also the query is
    /// ended that begins after the interruption.
    is_abandoned: AtomicBool,
    /// There from begin to end: who interrupts has the lock, and so can only hit this turn's query.
    running: Mutex<Option<InterruptHandle>>,
}

impl Turn {
    fn begin(self: &Arc<Self>, connection: &mut Connection) -> Result<(), StorageError> {
        let this = Arc::clone(self);
        let look = move || this.is_abandoned.load(Ordering::Relaxed);
        connection.progress_handler(STEPS_PER_LOOK, Some(look))?;
        let handle = connection.get_interrupt_handle();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        // Abandoned while it waited for its thread: nobody saw a handle to interrupt.
        if self.is_abandoned.load(Ordering::Relaxed) { Err(StorageError::Closed) } else { Ok(()) }
    }

    fn end(&self, connection: &mut Connection) -> Result<(), StorageError> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(connection.progress_handler(0, None::<fn() -> bool>)?)
    }

    fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Relaxed);
        // One long step (a count of a whole table) does not look; the interruption ends that too.
        if let Some(handle) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.interrupt();
        }
    }
}

/// Who waits for the answer.
struct Asker(Arc<Turn>);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
