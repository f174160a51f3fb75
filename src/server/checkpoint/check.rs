//! Files of checkpoints against the database.

use crate::domain::PublicKey;
use crate::server::storage::{Compared, Report, Storage, StorageError};
use crate::sync::wire::{Checkpoint, SignedCheckpoint, Verdict};

/// What a file says, where it can be trusted.
fn read(text: &str, keys: &[PublicKey]) -> Result<Checkpoint, (Verdict, String)> {
    let read = SignedCheckpoint::parse(text).map_err(|error| (Verdict::Unreadable, error.to_string()))?;
    if keys.iter().any(|key| read.is_by(key)) {
        return Ok(read.checkpoint);
    }
    let what = "it was altered, or another key signed it than the ones that are trusted here";
    Err((Verdict::Altered, what.to_owned()))
}

/// Checks the whole database and holds it against these texts, each with the name of its file. Only what one of the keys
/// has signed is compared; what none of them signed is told, and is no proof of anything.
///
/// # Errors
/// [`StorageError`] where the database cannot be read.
pub async fn check(
    storage: &Storage,
    given: &[(String, String)],
    keys: &[PublicKey],
) -> Result<Report, StorageError> {
    let read: Vec<_> = given.iter().map(|(_, text)| read(text, keys)).collect();
    let trusted = read.iter().filter_map(|read| read.as_ref().ok()).copied().collect();
    let mut report = storage.verify_against(trusted).await?;
    let mut compared = std::mem::take(&mut report.checkpoints).into_iter();
    for ((name, _), read) in given.iter().zip(read) {
        match read {
            Ok(_) => {
                report.checkpoints.extend(compared.next().map(|one| Compared { name: name.clone(), ..one }))
            }
            Err((verdict, what)) => {
                let weaker = [Verdict::Intact, Verdict::Unreadable].contains(&report.verdict);
                if weaker && verdict > Verdict::Intact && report.verdict != verdict {
                    report.verdict = if verdict == Verdict::Altered { verdict } else { Verdict::Unreadable };
                }
                report.checkpoints.push(Compared { name: name.clone(), verdict, what, of: None });
            }
        }
    }
    Ok(report)
}
