//! Where the handheld's file lies, how it is opened, and how a device becomes one of a site's.

use super::battery;
use super::clock::now;
use crate::domain::DeviceKey;
use crate::screens::words::{Common, Language, Words};
use crate::screens::{problem_words, store_words};
use crate::store::{Identity, OpenReport, Store, StoreError};
use crate::sync::engine::Failure;
use crate::sync::http::{self, Clock, Enrolled, HttpError, HttpTransport, Signer};
use crate::sync::wire::Invitation;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// What the code of `firstout-server enrol` says; where absent one line is read, from a scanner or a keyboard.
    pub invitation: Option<String>,
    /// The name on the device's back, where the server gives it none, for example HH-07.
    #[arg(long, default_value = "HH-01")]
    pub name: String,
    /// The handheld's file; the user's own where absent.
    #[arg(long)]
    pub db: Option<PathBuf>,
    /// More certificates of authorities to trust, PEM: for a server whose certificate comes from elsewhere.
    #[arg(long, value_name = "FILE")]
    pub roots: Option<PathBuf>,
    /// Enrols a device anew that is one already, for example after it was locked out. What waits on it is kept.
    #[arg(long)]
    pub again: bool,
}

/// Makes this device one of a site's, once.
///
/// # Errors
/// Where it is one already, where the server does not answer or does not agree, and where nothing can be written.
pub fn enrol(args: &EnrolArgs) -> anyhow::Result<Identity> {
    let file = args.db.clone().map_or_else(default_file, Ok)?;
    let (mut store, _) = open(&file).map_err(|error| in_words(&error))?;
    if let Some(identity) = store.identity()?.filter(|_| !args.again) {
        bail!("{} is enrolled already, as {}; --again enrols it anew", file.display(), identity.name);
    }
    let text = match &args.invitation {
        Some(text) => text.clone(),
        None => std::io::stdin().lines().next().context("nothing was scanned")??,
    };
    let invitation =
        Invitation::parse(&text).context("this is no invitation; firstout-server enrol prints one")?;
    let roots = match &args.roots {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
        }
        None => String::new(),
    };
    let identity = join(&invitation, &args.name, &roots).map_err(|refusal| match refusal {
        Refusal::Failed(_) => anyhow::anyhow!("{} ({refusal})", refusal.words(Words::new(Language::English))),
        other => other.into(),
    })?;
    store.enrol(identity)?;
    store.identity()?.context("the identity was not kept")
}

/// Why a device did not become one of a site's.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The token is no good.
    #[error("the code was used already or is older than ten minutes; make a new one")]
    Used,
    /// The server did not answer as it should.
    #[error("{}", .0.problem())]
    Failed(Failure),
    /// What was scanned names no server that can be asked.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The system's random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
}

impl Refusal {
    /// For the person who holds the device.
    #[must_use]
    pub fn words(&self, words: Words) -> String {
        match self {
            Self::Used => words.say(Common::EnrolUsed),
            Self::Failed(failure) => match failure.problem().code() {
                code if code.starts_with("tls") || matches!(code, "portal" | "protocol") => {
                    problem_words(code, words)
                }
                // Their words are of sync, which tries again by itself; an enrolment does not.
                _ => words.say(Common::EnrolNoAnswer),
            },
            Self::Http(HttpError::Address(_)) => words.say(Common::EnrolAddress),
            Self::Http(_) | Self::Random(_) => words.say(Common::EnrolBroken),
        }
    }
}

/// Asks the server of the invitation, with a key that is made for it; waits for the network.
///
/// # Errors
/// [`Refusal`]; the code may be used again unless it says otherwise.
pub fn join(invitation: &Invitation, name: &str, roots: &str) -> Result<Identity, Refusal> {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).map_err(Refusal::Random)?;
    let key = DeviceKey::from_seed(&seed);
    let clock: Clock = Arc::new(now);
    let answered = http::enrol(invitation, name, &key, roots, &clock)?;
    let Enrolled { reply, roots } = answered.map_err(|failure| match failure {
        Failure::Status { code: 403, .. } => Refusal::Used,
        failure => Refusal::Failed(failure),
    })?;
    Ok(Identity {
        device: reply.device,
        epoch: reply.epoch,
        key,
        site: reply.site,
        server_id: reply.server_id,
        server_epoch: reply.server_epoch,
        server_url: invitation.url.clone(),
        roots,
        name: reply.name,
    })
}

/// HTTP to a server at `url` in this device's name.
///
/// # Errors
/// Where the address or the certificates are none.
pub fn transport(identity: &Identity, url: &str, folder: &Path) -> Result<HttpTransport, HttpError> {
    let signer = Signer::new(identity.site, identity.device, identity.key.clone(), Arc::new(now));
    let transport = HttpTransport::new(url, signer, identity.roots.as_bytes(), folder)?;
    Ok(transport.with_battery(battery::level))
}

/// What is wrong with the file, as an operator reads it, with the cause behind it.
#[must_use]
pub fn in_words(error: &StoreError) -> anyhow::Error {
    anyhow::anyhow!("{} ({error})", store_words(error, Words::new(Language::English)))
}
