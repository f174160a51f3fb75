//! Files into a site: a plan against what the site has, then all of it in one transaction, or nothing.
//!
//! Two imports at once cannot mix: records follow the master stream's head that the plan was made on, and opening
//! stock takes an epoch of its own, so that the second one to arrive plans again or is told so.

mod opening;
mod watch;

pub use watch::{Inbox, InboxError, Pickup};

use super::own::{self, OwnError};
use super::storage::{Storage, StorageError};
use crate::domain::{SiteId, Timestamp, UserId};
use crate::exchange::import::{
    Counts, Directory, FileKind, PROBLEMS_MAX, Plan, Problem, Problems, columns, plan,
};
use crate::sync::wire::Status;
use axum::body::Bytes;
use serde::Serialize;
use tokio::task::spawn_blocking;

/// How often a plan is made again where somebody else was first; of several at once one always gets through.
const PLANS_MAX: usize = 20;

/// Most characters of a heading that a message repeats.
const HEADING_CHARS_MAX: usize = 60;

/// A file to import.
#[derive(Debug, Clone)]
pub struct File {
    /// The site it is for.
    pub site: SiteId,
    /// What it lists.
    pub kind: FileKind,
    /// Its content.
    pub bytes: Bytes,
    /// True where only the plan is wanted.
    pub dry_run: bool,
    /// Who imports it; [`UserId::NOBODY`] for the command line and folders.
    pub by: UserId,
    /// When.
    pub now: Timestamp,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// What it lists.
    pub kind: FileKind,
    /// True once it is saved; false for a dry run and for a file with problems.
    pub saved: bool,
    /// What it brought.
    #[serde(flatten)]
    pub counts: Counts,
    /// Headings that were left out.
    pub ignored: Vec<String>,
    /// The first problems; the file is saved only without any.
    pub problems: Vec<Problem>,
    /// All problems.
    pub problems_total: usize,
}

/// Why a file could not be imported although nothing is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Others changed the site all the while.
    #[error("others are changing this site's records; nothing was saved, try again")]
    Busy,
    /// The receipts of opening stock.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// The server stops, or the plan could not be made.
    #[error("the work was cut off; nothing was saved, try again")]
    Cut,
    /// An event that the ledger would not take as it is.
    #[error("the opening stock does not add up: {0}; nothing of it counts")]
    Refused(String),
}

/// Imports a file: every line of it or none.
///
/// # Errors
/// [`ImportError`] where nothing was saved for another reason than the file itself; the problems of the file are in
/// [`Imported`].
pub async fn import(storage: &Storage, file: &File) -> Result<Imported, ImportError> {
    attempt(storage, file, false).await
}

/// The same, where a column that is not known is a problem too: nobody reads what a program is told of its file.
///
/// # Errors
/// See [`import`].
pub async fn import_strictly(storage: &Storage, file: &File) -> Result<Imported, ImportError> {
    attempt(storage, file, true).await
}

async fn attempt(storage: &Storage, file: &File, strictly: bool) -> Result<Imported, ImportError> {
    for _ in 0..PLANS_MAX {
        // Before anything is looked at: stock that is opened meanwhile must be seen, or the turn be lost.
        let turn = own::turn(storage, file.site).await?;
        let (head, records) = storage.records(file.site).await?;
        let stocked = match file.kind {
            FileKind::Stock => storage.stocked(file.site).await?,
            _ => Vec::new(),
        };
        let (kind, bytes) = (file.kind, file.bytes.clone());
        // Half a million lines take seconds: other requests go on meanwhile.
        let planned = spawn_blocking(move || plan(kind, &bytes, Directory::new(records).with_stock(stocked)));
        let found = match planned.await.map_err(|_| ImportError::Cut)? {
            Ok(found) => found,
            Err(problems) => return Ok(not_saved(file.kind, problems)),
        };
        if strictly && !found.ignored.is_empty() {
            return Ok(not_saved(file.kind, unknown(file.kind, &found.ignored)));
        }
        if file.dry_run {
            return Ok(done(file.kind, &found, false));
        }
        let saved = match file.kind {
            FileKind::Stock => open_stock(storage, file, &found, turn).await?,
            _ => match storage.append_master_after(file.site, head, found.records.clone()).await {
                Ok(_) => true,
                Err(StorageError::Raced) => false,
                Err(error) => return Err(error.into()),
            },
        };
        if saved {
            tracing::info!(site = %file.site, kind = %file.kind, lines = found.counts.lines, "imported");
            return Ok(done(file.kind, &found, true));
        }
    }
    Err(ImportError::Busy)
}

fn unknown(kind: FileKind, headings: &[String]) -> Problems {
    let known: Vec<&str> = columns(kind).iter().map(|column| column.name).collect();
    let message = format!("{kind} have no such column; the columns are {}", known.join(", "));
    let problem = |heading: &String| {
        let heading = heading.chars().take(HEADING_CHARS_MAX).collect();
        Problem { line: 1, column: heading, value: String::new(), message: message.clone() }
    };
    Problems { listed: headings.iter().take(PROBLEMS_MAX).map(problem).collect(), total: headings.len() }
}

fn done(kind: FileKind, plan: &Plan, saved: bool) -> Imported {
    let (counts, ignored) = (plan.counts, plan.ignored.clone());
    Imported { kind, saved, counts, ignored, problems: Vec::new(), problems_total: 0 }
}

fn not_saved(kind: FileKind, problems: Problems) -> Imported {
    Imported {
        kind,
        saved: false,
        counts: Counts::default(),
        ignored: Vec::new(),
        problems: problems.listed,
        problems_total: problems.total,
    }
}

/// False where another recording was first: the stock may be another now.
async fn open_stock(
    storage: &Storage,
    file: &File,
    plan: &Plan,
    turn: own::Turn,
) -> Result<bool, ImportError> {
    let events = opening::events(file, plan)?;
    let Some(reply) = own::push(storage, file.site, &events, turn, file.now).await? else { return Ok(false) };
    match reply.results.iter().find(|result| result.status == Status::Quarantined) {
        Some(result) => Err(ImportError::Refused(result.reason.clone().unwrap_or_default())),
        None => Ok(true),
    }
}
