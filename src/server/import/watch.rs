//! A folder that other systems drop files into: `in/` is taken from, `archive/` keeps what was imported, `error/` what
//! could not be, each with a response beside it.

use super::{File, ImportError, Imported, import};
use crate::domain::{SiteId, Timestamp, UserId};
use crate::exchange::import::{FILE_BYTES_MAX, FileKind, Problem};
use crate::server::storage::Storage;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A folder that is looked into from time to time.
#[derive(Debug)]
pub struct Inbox {
    site: SiteId,
    folder: PathBuf,
    /// How large each file was and when it was written, at the last look: what has changed since is still being written.
    seen: BTreeMap<OsString, (u64, Option<SystemTime>)>,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pickup {
    /// Its name.
    pub name: String,
    /// Where it lies now, its response beside it.
    pub file: PathBuf,
    /// True once it is saved.
    pub saved: bool,
}

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("the folder {} cannot be used: {error}", .folder.display())]
pub struct InboxError {
    folder: PathBuf,
    error: std::io::Error,
}

impl Inbox {
    /// Makes the three folders where they are missing.
    ///
    /// # Errors
    /// [`InboxError`] where that cannot be done.
    pub fn new(site: SiteId, folder: &Path) -> Result<Self, InboxError> {
        for name in ["in", "archive", "error"] {
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder).map_err(|error| InboxError { folder, error })?;
        }
        Ok(Self { site, folder: folder.to_owned(), seen: BTreeMap::new() })
    }

    /// Imports each file that has not changed since the last look, in the order of their names within the order in
    /// which kinds need each other.
    ///
    /// # Errors
    /// [`InboxError`] where the folder cannot be read or a file cannot be moved; what was imported stays so.
    pub async fn look(&mut self, storage: &Storage, now: Timestamp) -> Result<Vec<Pickup>, InboxError> {
        let mut pickups = Vec::new();
        for (name, kind) in self.ready()? {
            if let Some(pickup) = self.take(storage, &name, kind, now).await? {
                pickups.push(pickup);
            }
        }
        Ok(pickups)
    }

    /// Files that lie still, by kind and name.
    fn ready(&mut self) -> Result<Vec<(OsString, Option<FileKind>)>, InboxError> {
        let folder = self.folder.join("in");
        let fail = |error| InboxError { folder: folder.clone(), error };
        let mut seen = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            // Gone again, or no file: somebody else's.
            let Ok(facts) = entry.metadata() else { continue };
            if facts.is_file() && !is_unfinished(&entry.file_name()) {
                seen.insert(entry.file_name(), (facts.len(), facts.modified().ok()));
            }
        }
        let still = |(name, facts): &(&OsString, &_)| self.seen.get(*name) == Some(facts);
        let mut ready: Vec<_> = seen
            .iter()
            .filter(still)
            .map(|(name, _)| (name.clone(), FileKind::of_file_name(&name.to_string_lossy())))
            .collect();
        ready.sort_by(|(a, kind_a), (b, kind_b)| (kind_a, a).cmp(&(kind_b, b)));
        self.seen = seen;
        Ok(ready)
    }

    /// `None` where another process was first to take it.
    async fn take(
        &mut self,
        storage: &Storage,
        name: &OsString,
        kind: Option<FileKind>,
        now: Timestamp,
    ) -> Result<Option<Pickup>, InboxError> {
        let shown = name.to_string_lossy().into_owned();
        // Its name tells that it is taken; a file left so by a crash is taken by hand, for it may be saved.
        let taken = self.folder.join("in").join(format!("{shown}.taken"));
        if std::fs::rename(self.folder.join("in").join(name), &taken).is_err() {
            return Ok(None);
        }
        self.seen.remove(name);
        let imported = match kind {
            Some(kind) => self.import(storage, &taken, kind, now).await,
            None => Err("the name must begin with what the file lists, as in items-2026-11-23.csv: items, \
                locations, suppliers, customers, inbound, outbound or stock"
                .to_owned()),
        };
        let saved = imported.as_ref().is_ok_and(|imported| imported.saved);
        let stamp = now.utc().format("%Y%m%dT%H%M%S%3fZ");
        let target =
            self.folder.join(if saved { "archive" } else { "error" }).join(format!("{stamp}-{shown}"));
        let fail = |error| InboxError { folder: target.clone(), error };
        let response = match &imported {
            Ok(imported) => serde_json::to_string_pretty(imported),
            Err(message) => serde_json::to_string_pretty(&response_of(message)),
        };
        std::fs::write(with(&target, ".response.json"), response.unwrap_or_default() + "\n").map_err(fail)?;
        std::fs::rename(&taken, &target).map_err(fail)?;
        Ok(Some(Pickup { name: shown, file: target, saved }))
    }

    async fn import(
        &self,
        storage: &Storage,
        path: &Path,
        kind: FileKind,
        now: Timestamp,
    ) -> Result<Imported, String> {
        let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        if size > FILE_BYTES_MAX as u64 {
            return Err(format!("{size} bytes, at most {FILE_BYTES_MAX} are read"));
        }
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let (site, by) = (self.site, UserId::NOBODY);
        import(storage, &File { site, kind, bytes: bytes.into(), dry_run: false, by, now })
            .await
            .map_err(|error: ImportError| error.to_string())
    }
}

#[derive(serde::Serialize)]
struct Failure {
    saved: bool,
    problems: Vec<Problem>,
}

fn response_of(message: &str) -> Failure {
    Failure { saved: false, problems: vec![Problem::whole(message)] }
}

/// Names of files that are being written or already taken.
fn is_unfinished(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || [".part", ".tmp", ".filepart", ".taken"].iter().any(|end| name.ends_with(end))
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
