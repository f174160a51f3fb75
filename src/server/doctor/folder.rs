//! The data folder: can it be written, is there room, and who else can read what is secret.

use super::{Ask, Finding, Level};
use crate::server::storage::Place;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Less than this and commits will soon fail.
const FREE_BYTES_MIN: u64 = 512 << 20;
/// Less than this is worth a warning; so is less than the database, of which a backup needs room for a copy.
const FREE_BYTES_LOW: u64 = 2 << 30;

pub(super) fn writable(data: &Path) -> Finding {
    let (code, shown) = ("data_folder", data.display());
    if !data.exists() {
        return Finding::new(
            code,
            Level::Warning,
            format!("there is no folder {shown}"),
            "The server keeps its database, its certificates and its snapshots there.",
            "Name the right folder with --data, or start `firstout-server serve`, which makes it.",
        );
    }
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let tried = File::create(&probe).and_then(|mut file| file.write_all(b"?").and_then(|()| file.sync_all()));
    let _ = fs::remove_file(&probe);
    match tried {
        Ok(()) => Finding::fine(code, format!("{shown} can be written")),
        Err(error) => Finding::new(
            code,
            Level::Problem,
            format!("{shown} cannot be written: {error}"),
            "Nothing that handhelds send can be saved; they keep it and try again.",
            "Run this as the user that the server runs as; if it still fails, give that user the folder \
             (chown) and see that the disk is not mounted read-only.",
        ),
    }
}

pub(super) fn space(data: &Path, place: &Place) -> Finding {
    let size = match place {
        Place::Sqlite(file) => fs::metadata(file).map_or(0, |facts| facts.len()),
        Place::Postgres(_) => 0,
    };
    match rustix::fs::statvfs(data) {
        Ok(disk) => enough(disk.f_bavail.saturating_mul(disk.f_frsize), size),
        Err(error) => Finding::new(
            "disk_space",
            Level::Note,
            format!("the free space is not known: {error}"),
            "A full disk stops all saving.",
            "Look at it with `df`.",
        ),
    }
}

fn enough(free: u64, database: u64) -> Finding {
    let what = format!("{} MB are free, the database has {} MB", free / 1_000_000, database / 1_000_000);
    let level = match free {
        free if free < FREE_BYTES_MIN => Level::Problem,
        free if free < FREE_BYTES_LOW.max(database) => Level::Warning,
        _ => return Finding::fine("disk_space", what),
    };
    Finding::new(
        "disk_space",
        level,
        what,
        "With a full disk nothing can be saved: handhelds keep their events and wait. A backup onto this disk needs room for a copy.",
        "Delete what is not needed (`snapshots/` in the data folder can go at any time), or use a larger disk.",
    )
}

/// The keys of certificates, and the database.
pub(super) fn secrets(ask: &Ask) -> Vec<Finding> {
    let [own, checkpoints] = ["tls/authority.key", "checkpoint.key"].map(|key| ask.data.join(key));
    let keys =
        [Some(own), Some(checkpoints), ask.tls.as_ref().map(|(_, key)| key.clone())].into_iter().flatten();
    let mut found: Vec<_> = keys.filter_map(|key| secret_key(&key)).collect();
    if let Place::Sqlite(file) = &ask.place {
        found.extend(private_database(&ask.data, file));
    }
    found
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|facts| facts.permissions().mode())
}

fn secret_key(key: &Path) -> Option<Finding> {
    let mode = mode(key)?;
    let shown = key.display();
    Some(match mode & 0o077 {
        0 => Finding::fine("key_permissions", format!("{shown} is for its owner only")),
        _ => Finding::new(
            "key_permissions",
            Level::Problem,
            format!("{shown} can be read by others (mode {:o})", mode & 0o777),
            "Whoever has this key can pose as the server: towards handhelds, or towards who verifies checkpoints.",
            format!(
                "chmod 600 {shown}; if somebody may have read it, make new certificates and enrol the handhelds again."
            ),
        ),
    })
}

fn private_database(data: &Path, file: &Path) -> Option<Finding> {
    let (folder, database) = (mode(data)?, mode(file)?);
    if database & 0o004 == 0 || folder & 0o001 == 0 {
        return Some(Finding::fine(
            "database_permissions",
            "the database is not for everybody on this machine",
        ));
    }
    Some(Finding::new(
        "database_permissions",
        Level::Warning,
        format!("everybody on this machine can read {}", file.display()),
        "It holds the hashes of people's PINs, which are short enough to be found by trying.",
        format!("chmod 700 {}", data.display()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_judged_by_what_is_there_already() {
        let cases = [
            (100 << 20, 0, Level::Problem),
            (1 << 30, 0, Level::Warning),
            (3 << 30, 1 << 20, Level::Fine),
            (3 << 30, 4 << 30, Level::Warning),
            (5 << 30, 4 << 30, Level::Fine),
        ];
        for (free, database, expected) in cases {
            assert_eq!(enough(free, database).level, expected, "{free} {database}");
        }
    }
}
