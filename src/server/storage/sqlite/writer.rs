//! The writer thread: takes what is waiting, gives each request its own savepoint, and commits them together.
//!
//! A commit costs one flush to the disk however many requests it carries; a request that fails is rolled back
//! alone.

use super::StorageError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

/// Most requests that share one commit.
const GROUP_MAX: usize = 64;
/// Most requests that wait; senders beyond that wait for room.
const WAITING_MAX: usize = 256;

/// Sends work to the writer thread; the thread ends when the last sender is gone.
#[derive(Clone)]
pub(super) struct Writer {
    sender: mpsc::Sender<Box<dyn Work>>,
}

trait Work: Send {
    /// False where the savepoint is to be rolled back.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Called after the commit (`None`) or when nothing was saved.
    fn finish(self: Box<Self>, failed: Option<&str>);
}

struct Request<T, F> {
    work: Option<F>,
    result: Option<Result<T, StorageError>>,
    reply: oneshot::Sender<Result<T, StorageError>>,
}

impl<T, F> Work for Request<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StorageError> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(connection));
        matches!(self.result, Some(Ok(_)))
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
    pub(super) fn start(connection: Connection) -> Result<Self, StorageError> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("ledger-writer".into())
            .spawn(move || serve(&connection, receiver))?;
        Ok(Self { sender })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request { work: Some(work), result: None, reply });
        self.sender.send(request).await.map_err(|_| StorageError::Closed)?;
        answer.await.map_err(|_| StorageError::Closed)?
    }
}

fn serve(connection: &Connection, mut receiver: mpsc::Receiver<Box<dyn Work>>) {
    while let Some(first) = receiver.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(next) = receiver.try_recv()
        {
            group.push(next);
        }
        let failed = commit(connection, &mut group).err().map(|error| {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            error.to_string()
        });
        for work in group {
            work.finish(failed.as_deref());
        }
    }
}

fn commit(connection: &Connection, group: &mut [Box<dyn Work>]) -> Result<(), rusqlite::Error> {
    let execute = |sql| connection.prepare_cached(sql)?.execute([]);
    execute("BEGIN IMMEDIATE")?;
    for work in group {
        execute("SAVEPOINT request")?;
        if !work.run(connection) {
            execute("ROLLBACK TO request")?;
        }
        execute("RELEASE request")?;
    }
    execute("COMMIT").map(drop)
}
