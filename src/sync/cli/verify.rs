//! `firstout verify --db FILE --checkpoint FILE`: what this device has seen against what the server has signed.

use crate::domain::PublicKey;
use crate::store::{Identity, Reader, StoreError};
use crate::sync::wire::{Checkpoint, SignedCheckpoint, Stream, Verdict};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Options of `firstout verify`.
#[derive(Debug, Clone, clap::Args)]
pub struct VerifyArgs {
    /// The handheld's file.
    #[arg(long)]
    pub db: PathBuf,
    /// A checkpoint of the server's; can be given more than once.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// The key that checkpoints are trusted by (64 digits), where it is not the one that the server has told this device.
    #[arg(long, value_name = "DIGITS", value_parser = key)]
    pub key: Option<PublicKey>,
}

fn key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse(text).ok_or_else(|| "a key has 64 hexadecimal digits".to_owned())
}

/// What was found, as it is printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The result as a whole; its number is the exit code.
    pub verdict: Verdict,
    /// Own events whose chain was read.
    pub events: u64,
    /// The first bad place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Each checkpoint.
    pub checkpoints: Vec<Compared>,
}

/// What became of one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The name of its file.
    pub name: String,
    /// What it shows.
    pub verdict: Verdict,
    /// In words.
    pub what: String,
}

/// Checks and prints one line of JSON.
///
/// # Errors
/// Where nothing can be printed.
pub fn run(args: &VerifyArgs, mut output: impl Write) -> std::io::Result<Verdict> {
    let given: Vec<_> = args
        .checkpoint
        .iter()
        .map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap_or_default()))
        .collect();
    let found = Reader::open(&args.db).and_then(|store| check(&store, &given, args.key));
    let found = found.unwrap_or_else(|error| Verified {
        verdict: Verdict::Unreadable,
        events: 0,
        first: Some(error.to_string()),
        checkpoints: Vec::new(),
    });
    writeln!(output, "{}", serde_json::to_string(&found)?)?;
    Ok(found.verdict)
}

/// Holds a device's file against checkpoints, each with the name of its file.
///
/// # Errors
/// [`StoreError`] where the file cannot be read.
pub fn check(
    store: &Reader,
    given: &[(String, String)],
    key: Option<PublicKey>,
) -> Result<Verified, StoreError> {
    let identity = store.identity()?.ok_or(StoreError::NotEnrolled)?;
    let key = key.map_or_else(|| store.checkpoint_key(), |key| Ok(Some(key)))?;
    let mut checkpoints = Vec::new();
    for (name, text) in given {
        let (verdict, what) = compare(store, &identity, text, key)?;
        checkpoints.push(Compared { name: name.clone(), verdict, what });
    }
    let (events, broken) = store.check_chain()?;
    if let Some((epoch, seq)) = broken {
        let first =
            Some(format!("the chain of this device's events is broken at epoch {epoch}, number {seq}"));
        return Ok(Verified { verdict: Verdict::Altered, events, first, checkpoints });
    }
    let worst = [Verdict::Fork, Verdict::Altered, Verdict::Truncated, Verdict::Unreadable]
        .into_iter()
        .find_map(|verdict| checkpoints.iter().find(|one| one.verdict == verdict));
    let (verdict, first) = worst.map_or((Verdict::Intact, None), |one| (one.verdict, Some(one.what.clone())));
    Ok(Verified { verdict, events, first, checkpoints })
}

fn compare(
    store: &Reader,
    identity: &Identity,
    text: &str,
    key: Option<PublicKey>,
) -> Result<(Verdict, String), StoreError> {
    let said = |verdict, what: &str| Ok((verdict, what.to_owned()));
    let signed = match SignedCheckpoint::parse(text) {
        Ok(signed) => signed,
        Err(error) => return said(Verdict::Unreadable, &error.to_string()),
    };
    let Checkpoint { server, site, epoch, size, chain, .. } = signed.checkpoint;
    if (server, site) != (identity.server_id, identity.site) {
        return said(Verdict::Unreadable, "it is of another server or site than this device's");
    }
    let Some(key) = key else {
        return said(Verdict::Unreadable, "the server has not told this device which key it signs with");
    };
    if !signed.is_by(&key) {
        return said(Verdict::Altered, "it was altered, or another key signed it than the one trusted here");
    }
    let cursor = store.cursor(Stream::Site)?;
    let now = epoch == identity.server_epoch;
    match store.heard(epoch, size)? {
        Some(heard) if heard == chain => said(Verdict::Intact, "this device was told the same"),
        Some(_) => {
            said(Verdict::Fork, "this device was told of other entries than the ones that were signed")
        }
        None if size == 0 => said(Verdict::Intact, "it is of an empty ledger"),
        None if now && size > cursor.seq => {
            let what =
                format!("this device has read {} entries, and {size} were signed: let it sync", cursor.seq);
            Ok((Verdict::Truncated, what))
        }
        None => {
            Ok((Verdict::Unreadable, format!("this device has not read entry {size} itself, or long ago")))
        }
    }
}
