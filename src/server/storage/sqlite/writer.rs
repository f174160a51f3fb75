//! The writer thread: takes what is waiting and commits it together.
//!
//! A commit costs one flush to the disk however many requests it carries. A request that fails is rolled back alone: then
//! all are done again, each in its own savepoint. Savepoints from the beginning would copy each page that a request
//! touches, for a case that is rare.

use super::super::Work as Task;
use super::StorageError;
use super::log::{self, Copier};
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
    /// False where nothing of it may stay. It may be run again after that of others failed.
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
    /// `copies` is a connection for the thread that copies the log.
    pub(super) fn start(
        mut connection: Connection,
        copies: Connection,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StorageError> {
        let copier = Copier::start(&mut connection, copies, log::PAGES)?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let (alive, running) = watch::channel(());
        let counts = Arc::clone(&metrics);
        std::thread::Builder::new().name("ledger-writer".into()).spawn(move || {
            serve(&mut connection, receiver, &counts);
            copier.stop(&mut connection);
            drop(connection);
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

fn serve(connection: &mut Connection, mut receiver: mpsc::Receiver<Job>, metrics: &Metrics) {
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
        let failed = commit(connection, &mut group).err().map(|error| {
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
    if group.iter_mut().all(|work| work.run(connection)) {
        return execute(connection, "COMMIT");
    }
    // Some errors of SQLite end the transaction by themselves.
    if !connection.is_autocommit() {
        execute(connection, "ROLLBACK")?;
    }
    commit_apart(connection, group)
}

/// One transaction, in which each request stays or goes by itself.
fn commit_apart(connection: &mut Connection, group: &mut [Box<dyn Work>]) -> Result<(), rusqlite::Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Inserts these numbers; is refused behind them where it is to fail.
    struct Numbers(std::ops::Range<i64>, bool);

    impl Work for Numbers {
        fn run(&mut self, connection: &mut Connection) -> bool {
            let sql = "INSERT INTO number (n) VALUES (?1)";
            self.0.clone().all(|n| connection.execute(sql, [n]).is_ok()) && !self.1
        }

        fn finish(self: Box<Self>, _: Option<&str>) {}
    }

    fn check(group: Vec<Numbers>, kept: &[i64]) {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE number (n INTEGER PRIMARY KEY)").unwrap();
        let mut group: Vec<Box<dyn Work>> =
            group.into_iter().map(|work| Box::new(work) as Box<dyn Work>).collect();
        commit(&mut connection, &mut group).unwrap();
        assert!(connection.is_autocommit());
        let mut query = connection.prepare("SELECT n FROM number ORDER BY n").unwrap();
        let found: Vec<i64> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(found, kept);
    }

    #[test]
    fn what_fails_takes_nothing_with_it_and_leaves_nothing() {
        let good = |numbers| Numbers(numbers, false);
        check(vec![good(1..3), good(3..5)], &[1, 2, 3, 4]);
        check(vec![good(1..3), Numbers(3..5, true), good(5..6)], &[1, 2, 5]);
        check(vec![Numbers(1..3, true), good(1..2)], &[1]);
        check(vec![good(1..3), good(2..4), good(4..5)], &[1, 2, 4]);
        check(vec![Numbers(1..3, true)], &[]);
    }
}
