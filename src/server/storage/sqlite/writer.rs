//! The writer thread: takes what is waiting, gives each request its own savepoint, and commits them together.
//!
//! A commit costs one flush to the disk however many requests it carries; a request that fails is rolled back
//! alone.

use super::super::Work as Task;
use super::StorageError;
use super::tx::{SqliteTx, at_once};
use crate::server::metrics::Metrics;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch};

/// Most requests that share one commit.
const GROUP_MAX: usize = 64;
/// Most requests that wait; senders beyond that wait for room.
const WAITING_MAX: usize = 256;

/// Sends work to the writer thread; the thread ends when it is told to, or when the last sender is gone.
#[derive(Clone)]
pub(super) struct Writer {
    sender: mpsc::Sender<Job>,
    /// Its sender goes away with the thread, after the file is closed.
    running: watch::Receiver<()>,
    metrics: Arc<Metrics>,
}

enum Job {
    Work(Box<dyn Work>),
    /// The last one.
    Close,
}

trait Work: Send {
    /// False where the savepoint is to be rolled back.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Called after the commit (`None`) or when nothing was saved.
    fn finish(self: Box<Self>, failed: Option<&str>);
}

struct Request<I, T> {
    input: I,
    work: Task<I, T>,
    result: Option<Result<T, StorageError>>,
    reply: oneshot::Sender<Result<T, StorageError>>,
}

impl<I: Send, T: Send> Work for Request<I, T> {
    fn run(&mut self, connection: &mut Connection) -> bool {
        let result = at_once((self.work)(&self.input, &mut SqliteTx(connection)));
        let kept = result.is_ok();
        self.result = Some(result);
        kept
    }

    fn finish(self: Box<Self>, failed: Option<&str>) {
        let result = match (failed, self.result) {
            (_, Some(Err(error))) => Err(error),
            (None, Some(done)) => done,
            (Some(failed), _) => Err(StorageError::NotSaved(failed.to_owned())),
            (None, None) => Err(StorageError::Closed),
        };
        // The requester may have gone away; its work counts all the same.
        let _ = self.reply.send(result);
    }
}

impl Writer {
    pub(super) fn start(connection: Connection, metrics: Arc<Metrics>) -> Result<Self, StorageError> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let (alive, running) = watch::channel(());
        let counts = Arc::clone(&metrics);
        std::thread::Builder::new().name("ledger-writer".into()).spawn(move || {
            serve(connection, receiver, &counts);
            drop(alive);
        })?;
        Ok(Self { sender, running, metrics })
    }

    /// Commits what waits, refuses what comes later, and returns once the file is closed.
    pub(super) async fn close(&self) {
        let _ = self.sender.send(Job::Close).await;
        let _ = self.running.clone().changed().await;
    }

    pub(super) async fn run<I: Send + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Task<I, T>,
    ) -> Result<T, StorageError> {
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request { input, work, result: None, reply });
        let room = self.sender.reserve().await.map_err(|_| StorageError::Closed)?;
        self.metrics.write_waits();
        room.send(Job::Work(request));
        answer.await.map_err(|_| StorageError::Closed)?
    }
}

fn serve(mut connection: Connection, mut receiver: mpsc::Receiver<Job>, metrics: &Metrics) {
    while let Some(first) = receiver.blocking_recv() {
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Work(work) => group.push(work),
                // What was sent before this is still handed out; then there is no more.
                Job::Close => receiver.close(),
            }
            next = if group.len() < GROUP_MAX { receiver.try_recv().ok() } else { None };
        }
        if group.is_empty() {
            continue;
        }
        metrics.write_begins(group.len());
        let begun = Instant::now();
        let failed = commit(&mut connection, &mut group).err().map(|error| {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            error.to_string()
        });
        metrics.write_ended(begun.elapsed());
        for work in group {
            work.finish(failed.as_deref());
        }
    }
}

fn commit(connection: &mut Connection, group: &mut [Box<dyn Work>]) -> Result<(), rusqlite::Error> {
    execute(connection, "BEGIN IMMEDIATE")?;
    for work in group {
        execute(connection, "SAVEPOINT request")?;
        if !work.run(connection) {
            execute(connection, "ROLLBACK TO request")?;
        }
        execute(connection, "RELEASE request")?;
    }
    execute(connection, "COMMIT")
}

fn execute(connection: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
