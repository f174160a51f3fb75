//! Commands of `firstout-server` that are more than one call.

pub mod api_keys;
pub mod checkpoint;
pub mod devices;
pub mod doctor;
pub mod import;
pub mod inbox;
pub mod people;
pub mod serve;
pub mod site;
pub mod webhooks;

use anyhow::Context as _;
use firstout::server::storage::{Place, Storage};
use std::io::Write as _;
use std::path::PathBuf;

/// Prints a line to standard output.
///
/// # Errors
/// Where nobody reads it any more.
pub fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Where everything is.
pub struct Home {
    /// The data folder.
    pub data: PathBuf,
    /// The database.
    pub place: Place,
}

impl Home {
    /// Opens the database, or makes it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub async fn open(&self) -> anyhow::Result<Storage> {
        Ok(Storage::open(&self.place, &self.data).await?)
    }

    /// Opens the database that is there.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn existing(&self) -> anyhow::Result<Storage> {
        anyhow::ensure!(self.place.exists(), "there is no database in {}", self.data.display());
        self.open().await
    }
}
