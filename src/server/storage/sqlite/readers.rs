//! Connections that only read, lent to one request at a time.

use super::super::Work;
use super::StorageError;
use super::tx::{SqliteTx, at_once};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

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
        let task = tokio::task::spawn_blocking(move || {
            // The permit goes back after the connection, also when the requester has gone away.
            let _permit = permit;
            let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = connection.ok_or(StorageError::Closed)?;
            let result = in_transaction(&mut connection, &input, work);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        });
        task.await.map_err(|_| StorageError::Closed)?
    }
}

fn in_transaction<I, T>(connection: &mut Connection, input: &I, work: Work<I, T>) -> Result<T, StorageError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let result = at_once(work(input, &mut SqliteTx(connection)));
    connection.prepare_cached("ROLLBACK")?.execute([])?;
    result
}
