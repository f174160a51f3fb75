//! `firstout sync --db FILE`: one run until everything is equal or something is in the way.

pub mod verify;

use super::driver::{Report, sync_once};
use super::engine::Activity;
use super::http::{Clock, HttpError, HttpTransport, Signer};
use crate::domain::Timestamp;
use crate::store::{Store, StoreError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Options of `firstout sync`.
#[derive(Debug, Clone, clap::Args)]
pub struct SyncArgs {
    /// The handheld's file.
    #[arg(long)]
    pub db: PathBuf,
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The handheld's file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server's address or the certificates.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A file cannot be read, or the output not written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It ran, and something is in the way; what is on the device stays there.
    #[error("not in step with the server: {0}")]
    Waiting(super::engine::Problem),
}

/// Runs once and prints how it ended.
///
/// # Errors
/// See [`SyncError`].
pub fn run(args: &SyncArgs, clock: &Clock, mut output: impl Write) -> Result<Report, SyncError> {
    // Opening would make a file that is missing, and an empty device has nothing to sync.
    std::fs::metadata(&args.db)?;
    let (mut store, opened) = Store::open(&args.db, clock())?;
    if opened.salvage.is_some() {
        writeln!(output, "the file was damaged; what could be read was carried into a new one")?;
    }
    let identity = store.identity()?.ok_or(StoreError::NotEnrolled)?;
    let folder = args.db.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let signer = Signer::new(identity.site, identity.device, identity.key, Clock::clone(clock));
    let mut transport = HttpTransport::new(&identity.server_url, signer, identity.roots.as_bytes(), folder)?;
    let report = sync_once(&mut store, &mut transport, || clock());
    let status = store.sync_status()?;
    writeln!(output, "server     {}", identity.server_url)?;
    writeln!(output, "sent       {} events in {} requests", report.acked, report.requests)?;
    writeln!(output, "received   {} entries", report.taken)?;
    writeln!(output, "waiting    {} events", status.pending)?;
    writeln!(output, "refused    {} events", status.refused)?;
    let time = |at: Option<Timestamp>| at.map_or("never".to_owned(), |at| at.to_string());
    writeln!(output, "contact    {}", time(status.last_contact))?;
    writeln!(output, "holds of   {}", time(status.control_as_of))?;
    match report.activity {
        Activity::Waiting(problem, _) => Err(SyncError::Waiting(problem)),
        _ => Ok(report),
    }
}
