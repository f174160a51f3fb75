//! Copies SQLite's write-ahead log into the file beside the writer.
//!
//! By itself SQLite does this within the commit that makes the log long, and everybody waits: when a whole site comes back at
//! once, half of the writer's time went there. Here a thread with a connection of its own copies while the writer goes on
//! behind it; when hardly anything is left, the writer copies the rest with its next commit, and the log begins anew.

use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// A log of so many pages is copied: pages that are written again and again are then copied once. 256 MiB.
pub(super) const PAGES: i32 = 65_536;
/// A rest that the writer may copy by itself.
const REST_PAGES: i32 = 2_048;
/// What the writer adds meanwhile is copied too, so often; then the writer takes over, however much it is.
const ROUNDS_MAX: usize = 8;

/// The thread that copies.
pub(super) struct Copier(JoinHandle<()>);

/// What the writer and the thread tell each other.
#[derive(Default)]
struct Turn {
    /// From the wish for a copy until the log can begin anew.
    copying: AtomicBool,
    /// The writer's turn: hardly anything is left.
    rest: AtomicBool,
}

impl Copier {
    /// Takes over from SQLite's own way: `writer` no longer copies a log of so many pages by itself, `own` does it on a thread.
    pub(super) fn start(
        writer: &mut Connection,
        own: Connection,
        most: i32,
    ) -> Result<Self, super::StorageError> {
        // The file must have what it is told to have before the log that had it is written over.
        own.pragma_update(None, "synchronous", "FULL")?;
        let turn = Arc::new(Turn::default());
        let (wanted, wishes) = sync_channel(1);
        let told = Arc::clone(&turn);
        writer.wal_hook(Some(move |log: &mut rusqlite::hooks::Wal, pages| {
            if told.rest.swap(false, Ordering::AcqRel) {
                // As SQLite's own hook: a log that could not be copied is only longer, and is tried again.
                let _ = log.checkpoint();
                told.copying.store(false, Ordering::Release);
            } else if pages >= most && !told.copying.swap(true, Ordering::AcqRel) {
                let _ = wanted.try_send(());
            }
            Ok(())
        }))?;
        let thread = std::thread::Builder::new().name("log-copier".into());
        Ok(Self(thread.spawn(move || serve(&own, &wishes, &turn))?))
    }

    /// Ends the thread, which closes its connection: who closes the file last takes the log away.
    pub(super) fn stop(self, writer: &mut Connection) {
        type Hook = fn(&mut rusqlite::hooks::Wal, i32) -> rusqlite::Result<()>;
        // The hook has the only sender.
        let _ = writer.wal_hook(None::<Hook>);
        let _ = self.0.join();
    }
}

fn serve(connection: &Connection, wishes: &Receiver<()>, turn: &Turn) {
    while wishes.recv().is_ok() {
        for _ in 0..ROUNDS_MAX {
            match copy(connection) {
                Ok(left) if left > REST_PAGES => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "the write-ahead log could not be copied into the database's file");
                    break;
                }
            }
        }
        turn.rest.store(true, Ordering::Release);
    }
}

/// Copies what is committed by now; how many pages were added meanwhile, or are still read by somebody.
fn copy(connection: &Connection) -> Result<i32, rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        let (log, copied): (i32, i32) = (row.get(1)?, row.get(2)?);
        Ok(log - copied)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::OpenFlags;

    fn pages(connection: &Connection) -> i32 {
        connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1)).unwrap()
    }

    #[test]
    fn the_log_begins_anew_while_the_writer_goes_on() {
        let folder = std::env::temp_dir().join(format!("firstout-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("test.sqlite");
        let open = || super::super::connect(&file, OpenFlags::default()).unwrap();
        let (mut writer, reader) = (open(), open());
        writer.execute_batch(include_str!("open.sql")).unwrap();
        writer.execute_batch("CREATE TABLE note (n INTEGER PRIMARY KEY, text BLOB NOT NULL)").unwrap();
        let copier = Copier::start(&mut writer, open(), 50).unwrap();
        let (mut rows, mut begun, mut before) = (0, 0, 0);
        while begun < 3 {
            writer.execute("INSERT INTO note (text) VALUES (zeroblob(3000))", []).unwrap();
            rows += 1;
            assert!(rows < 20_000, "it only grows: {before} pages");
            let now = pages(&reader);
            begun += i32::from(now < before);
            before = now;
        }
        copier.stop(&mut writer);
        drop(reader);
        writer.close().unwrap();
        assert!(!folder.join("test.sqlite-wal").exists(), "who closes last takes the log away");
        let found: i32 = open().query_row("SELECT count(*) FROM note", [], |row| row.get(0)).unwrap();
        assert_eq!(found, rows);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
