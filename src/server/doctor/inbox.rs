//! A folder for imports: is it whole, and does anything lie in it that waits for a person.

use super::{Finding, Level, span};
use crate::domain::Timestamp;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

const CODE: &str = "inbox";
/// A file that has waited so long is not being picked up.
const WAIT_MS_MAX: i64 = 10 * 60_000;
/// Refused files that are older were looked at, or nobody will.
const REFUSED_MS: i64 = 7 * 86_400_000;

pub(super) fn inbox(folder: &Path, now: Timestamp, found: &mut Vec<Finding>) {
    let shown = folder.display();
    for name in ["in", "archive", "error"] {
        let part = folder.join(name);
        let probe = part.join(format!(".doctor-{}", std::process::id()));
        let tried = fs::write(&probe, b"?");
        let _ = fs::remove_file(&probe);
        if let Err(error) = tried {
            return found.push(Finding::new(
                CODE,
                Level::Problem,
                format!("{} cannot be written: {error}", part.display()),
                "Files that other systems drop there are not imported.",
                "Start the server with --inbox for this folder, which makes what is missing, and give the folder to the server's user.",
            ));
        }
    }
    let before = found.len();
    left_by_a_crash(folder, found);
    waiting(folder, now, found);
    refused(folder, now, found);
    if found.len() == before {
        found.push(Finding::fine(CODE, format!("{shown} is empty and can be used")));
    }
}

/// Names and ages of the files of a folder.
fn files(folder: &Path, now: Timestamp) -> Vec<(String, i64)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| {
        let facts = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        let at = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_millis();
        let age = now.0.saturating_sub(i64::try_from(at).unwrap_or(i64::MAX));
        Some((entry.file_name().to_string_lossy().into_owned(), age))
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

fn left_by_a_crash(folder: &Path, found: &mut Vec<Finding>) {
    for (name, _) in files(&folder.join("in"), Timestamp(0)) {
        let Some(original) = name.strip_suffix(".taken") else { continue };
        found.push(Finding::new(
            CODE,
            Level::Problem,
            format!("{} was begun and not ended", folder.join("in").join(&name).display()),
            "The server stopped while it imported this file, so it may be saved or not.",
            format!(
                "Look at `firstout-server audit` for it. If it is not there, rename it to {original}; otherwise move it to archive/."
            ),
        ));
    }
}

fn waiting(folder: &Path, now: Timestamp, found: &mut Vec<Finding>) {
    let oldest = files(&folder.join("in"), now)
        .into_iter()
        .filter(|(name, age)| !name.ends_with(".taken") && !name.starts_with('.') && *age > WAIT_MS_MAX)
        .max_by_key(|(_, age)| *age);
    if let Some((name, age)) = oldest {
        found.push(Finding::new(
            CODE,
            Level::Warning,
            format!("{} waits since {}", folder.join("in").join(name).display(), span(age)),
            "What other systems deliver does not reach the floor.",
            "See that the server runs and was started with --inbox for this folder; names that end in .part or .tmp count as unfinished.",
        ));
    }
}

fn refused(folder: &Path, now: Timestamp, found: &mut Vec<Finding>) {
    let newest = files(&folder.join("error"), now);
    let newest = newest.iter().filter(|(name, age)| !name.ends_with(".response.json") && *age < REFUSED_MS);
    let count = newest.count();
    if count > 0 {
        found.push(Finding::new(
            CODE,
            Level::Warning,
            format!("{count} files in {} could not be imported in the last 7 days", folder.join("error").display()),
            "Nothing of a file is saved where one of its lines is wrong.",
            "Read the .response.json beside each, correct the file and put it into in/ again; then delete it from error/.",
        ));
    }
}
