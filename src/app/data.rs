//! Where the handheld's file lies, how it is opened, and how a device becomes one of a site's.

use super::clock::now;
use crate::screens::store_words;
use crate::screens::words::{Language, Words};
use crate::store::{Identity, OpenReport, Store, StoreError};
use crate::sync::http;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// The handheld's file in the user's data folder.
///
/// # Errors
/// Where the system names no such folder.
pub fn default_file() -> anyhow::Result<PathBuf> {
    let dirs =
        directories::ProjectDirs::from("", "", "firstout").context("there is no home folder; use --db")?;
    Ok(dirs.data_dir().join("handheld.db"))
}

/// Opens the file, and its folder where it is missing.
///
/// # Errors
/// See [`Store::open`].
pub fn open(file: &Path) -> Result<(Store, OpenReport), StoreError> {
    if let Some(folder) = file.parent()
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        tracing::warn!(%error, folder = %folder.display(), "the folder cannot be made");
    }
    Store::open(file, now())
}

/// `firstout enrol`.
#[derive(Debug, clap::Args)]
pub struct EnrolArgs {
    /// The server's address, for example http://10.0.0.5:7788.
    #[arg(long)]
    pub server: String,
    /// The one-time token that `firstout-server enrol` printed.
    #[arg(long)]
    pub token: String,
    /// The name on the device's back, for example HH-07.
    #[arg(long, default_value = "HH-01")]
    pub name: String,
    /// The handheld's file; the user's own where absent.
    #[arg(long)]
    pub db: Option<PathBuf>,
}

/// Makes this device one of a site's, once.
///
/// # Errors
/// Where it is one already, where the server does not answer or does not agree, and where nothing can be written.
pub fn enrol(args: &EnrolArgs) -> anyhow::Result<Identity> {
    let file = args.db.clone().map_or_else(default_file, Ok)?;
    let (mut store, _) = open(&file).map_err(|error| in_words(&error))?;
    if let Some(identity) = store.identity()? {
        bail!("{} is enrolled already, as {}", file.display(), identity.name);
    }
    let reply = http::enrol(&args.server, &args.token, &args.name, &[])?
        .map_err(|failure| anyhow::anyhow!("the server did not enrol this device: {}", failure.problem()))?;
    let identity = Identity {
        device: reply.device,
        epoch: reply.epoch,
        secret: reply.secret,
        site: reply.site,
        server_id: reply.server_id,
        server_epoch: reply.server_epoch,
        server_url: args.server.clone(),
        name: args.name.clone(),
    };
    store.enrol(identity.clone())?;
    Ok(identity)
}

/// What is wrong with the file, as an operator reads it, with the cause behind it.
#[must_use]
pub fn in_words(error: &StoreError) -> anyhow::Error {
    anyhow::anyhow!("{} ({error})", store_words(error, Words::new(Language::English)))
}
