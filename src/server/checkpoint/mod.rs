//! The server's word on its ledgers, for others to keep: a key of its own, a file every hour, and a sheet to print.
//!
//! What stands in a database can be rewritten as a whole by who may write to it, chains and trees included. What was
//! signed and taken elsewhere cannot: that is why checkpoints leave the database.

mod check;

pub use check::check;

use super::secret::SecretError;
use super::storage::{Storage, StorageError};
use crate::domain::{DeviceKey, PublicKey, SiteId, Timestamp};
use crate::sync::wire::Checkpoint;
use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The secret half's file in the data folder.
const KEY: &str = "checkpoint.key";
/// The public half's, for whoever checks.
const PUBLIC: &str = "checkpoint.pub";
/// Where checkpoints are put when nothing else is said, in the data folder.
const FOLDER: &str = "checkpoints";
/// Time between two checkpoints of a ledger that grows, in milliseconds.
const EVERY_MS: i64 = 60 * 60 * 1_000;
/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(60);
/// The same, as long as there is nothing to sign.
const LOOK_EMPTY: Duration = Duration::from_secs(5);

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointFault {
    /// A file.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The key's file holds something else.
    #[error("{0} holds no key")]
    NoKey(String),
    /// A new key.
    #[error(transparent)]
    Random(#[from] SecretError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is nothing to sign.
    #[error("site {0} has no ledger")]
    NoSite(SiteId),
}

/// The key of this data folder, made where it is missing. Of two servers that start together one wins, and both use its.
///
/// # Errors
/// [`CheckpointFault`] where it cannot be read or made.
pub fn key(data: &Path) -> Result<DeviceKey, CheckpointFault> {
    let path = data.join(KEY);
    if !path.exists() {
        make_key(data, &path)?;
    }
    let key = read_key(&path)?;
    let public = data.join(PUBLIC);
    let known = fs::read_to_string(&public).is_ok_and(|text| text.trim() == key.public().to_string());
    if !known {
        fs::write(&public, format!("{}\n", key.public())).map_err(|error| file(&public, error))?;
    }
    Ok(key)
}

/// The public half of this data folder's key; none is made.
///
/// # Errors
/// [`CheckpointFault`] where there is none, or it cannot be read.
pub fn public_key(data: &Path) -> Result<PublicKey, CheckpointFault> {
    read_key(&data.join(KEY)).map(|key| key.public())
}

fn read_key(path: &Path) -> Result<DeviceKey, CheckpointFault> {
    let text = fs::read_to_string(path).map_err(|error| file(path, error))?;
    // 64 hexadecimal digits, as public keys are written.
    let seed =
        PublicKey::parse(text.trim()).ok_or_else(|| CheckpointFault::NoKey(path.display().to_string()))?;
    Ok(DeviceKey::from_seed(&seed.0))
}

fn make_key(data: &Path, path: &Path) -> Result<(), CheckpointFault> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(SecretError::from)?;
    let draft = data.join(format!("{KEY}.{}", std::process::id()));
    let text = format!("{}\n", PublicKey(seed));
    let made = fs::create_dir_all(data)
        .and_then(|()| put(&draft, &text, 0o600))
        // Fails where somebody else was faster.
        .and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(file(path, error)),
        _ => Ok(()),
    }
}

fn put(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
}

fn file(path: &Path, error: std::io::Error) -> CheckpointFault {
    CheckpointFault::File { file: path.display().to_string(), error }
}

/// A checkpoint with its text, signed.
#[derive(Debug, Clone)]
pub struct Signed {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The whole file.
    pub text: String,
}

impl Signed {
    /// The name of its file: what it is of, how large, and when, so that names sort by size.
    #[must_use]
    pub fn file_name(&self) -> String {
        let Checkpoint { site, size, time, .. } = self.checkpoint;
        format!("site-{site}-{size:012}-{}.checkpoint", time.utc().format("%Y%m%dT%H%M%SZ"))
    }
}

/// Signs what is true now, of one site or of all.
///
/// # Errors
/// [`CheckpointFault`] where the database cannot be read, or has no such site.
pub async fn sign(
    storage: &Storage,
    key: &DeviceKey,
    site: Option<SiteId>,
    now: Timestamp,
) -> Result<Vec<Signed>, CheckpointFault> {
    let all = storage.checkpoints(now).await?;
    let wanted = all.into_iter().filter(|one| site.is_none_or(|site| one.site == site));
    let signed: Vec<_> = wanted.map(|checkpoint| Signed { text: checkpoint.sign(key), checkpoint }).collect();
    match site {
        Some(site) if signed.is_empty() => Err(CheckpointFault::NoSite(site)),
        _ => Ok(signed),
    }
}

/// Puts a checkpoint into a folder, under its own name.
///
/// # Errors
/// [`CheckpointFault::File`] where it cannot be written.
pub fn export(signed: &Signed, folder: &Path) -> Result<PathBuf, CheckpointFault> {
    let path = folder.join(signed.file_name());
    write(signed, &path)?;
    Ok(path)
}

/// Writes a checkpoint into a file. The name comes last, so that a reader never sees half of one.
///
/// # Errors
/// [`CheckpointFault::File`] where it cannot be written.
pub fn write(signed: &Signed, path: &Path) -> Result<(), CheckpointFault> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| put(Path::new(&draft), &signed.text, 0o644))
        .and_then(|()| fs::rename(&draft, path))
        .map_err(|error| file(path, error))
}

/// Where checkpoints are put when nothing else is said.
#[must_use]
pub fn folder(data: &Path) -> PathBuf {
    data.join(FOLDER)
}

/// What was last signed of a ledger.
struct Last {
    checkpoint: Checkpoint,
    at: Timestamp,
}

/// Signs a ledger that has grown when nothing newer than an hour was signed of it: at the start, soon after its first
/// entry, then every hour, for as long as the server runs.
pub(super) async fn hourly(storage: Storage, key: DeviceKey, folder: PathBuf, clock: super::Clock) {
    let mut last: HashMap<SiteId, Last> = HashMap::new();
    loop {
        let now = clock();
        match sign(&storage, &key, None, now).await {
            Ok(all) => {
                for one in all {
                    let site = one.checkpoint.site;
                    if !is_due(&one.checkpoint, last.get(&site), now) {
                        continue;
                    }
                    match export(&one, &folder) {
                        Ok(_) => drop(last.insert(site, Last { checkpoint: one.checkpoint, at: now })),
                        Err(error) => tracing::error!(%error, "a checkpoint could not be written"),
                    }
                }
            }
            Err(error) => tracing::error!(%error, "no checkpoint could be signed"),
        }
        let has_begun = last.values().any(|last| last.checkpoint.size > 0);
        tokio::time::sleep(if has_begun { LOOK } else { LOOK_EMPTY }).await;
    }
}

/// True where the ledger moved and what was signed of it is an hour old, or was a ledger without entries.
fn is_due(now: &Checkpoint, last: Option<&Last>, at: Timestamp) -> bool {
    let Some(Last { checkpoint: last, at: signed }) = last else { return true };
    let has_moved = (now.epoch, now.root) != (last.epoch, last.root);
    let age_ms = at.ms_since(*signed);
    // A clock that was put back must not stop this for as long.
    has_moved && (last.size == 0 || last.epoch != now.epoch || !(0..EVERY_MS).contains(&age_ms))
}

/// A sheet to print and to keep where nobody can write to it: the text, and the same as a code.
#[must_use]
pub fn sheet(signed: &Signed) -> String {
    let Checkpoint { site, size, time, .. } = signed.checkpoint;
    let code = super::console::code(&signed.text, "The checkpoint as a code");
    // Nothing in a checkpoint needs escaping: digits, letters of base64, and ids.
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <title>Checkpoint of site {site}, {size} entries</title>\n\
         <style>body{{font-family:sans-serif;margin:2cm}}pre{{font-size:9pt;white-space:pre-wrap;\
         overflow-wrap:anywhere}}svg{{width:9cm;height:9cm}}</style></head><body>\n\
         <h1>Site {site}: {size} entries</h1>\n<p>Signed {time}. Save what the code says as a file, then \
         <code>firstout-server verify --checkpoint FILE</code> tells whether the ledger still holds these entries.</p>\n\
         {code}\n<pre>{}</pre>\n</body></html>\n",
        signed.text
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::wire::{Hash, ServerEpoch, SignedCheckpoint};
    use std::os::unix::fs::PermissionsExt as _;
    use uuid::Uuid;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("firstout-checkpoint-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        let data = scratch("key");
        let made = key(&data).unwrap();
        assert_eq!(key(&data).unwrap(), made);
        let mode = fs::metadata(data.join(KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_to_string(data.join(PUBLIC)).unwrap().trim(), made.public().to_string());
        assert_eq!(fs::read_dir(&data).unwrap().count(), 2, "no draft is left");
        fs::write(data.join(KEY), "no key").unwrap();
        assert!(matches!(key(&data), Err(CheckpointFault::NoKey(_))));
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn of_servers_that_start_together_one_makes_the_key() {
        let data = scratch("race");
        fs::create_dir_all(&data).unwrap();
        let (first, second) = (data.join(KEY), data.join("other"));
        make_key(&data, &first).unwrap();
        let known = key(&data).unwrap();
        make_key(&data, &first).unwrap();
        assert_eq!(key(&data).unwrap(), known, "the second one takes the first one's");
        assert!(!second.exists());
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn a_checkpoint_is_written_read_and_printed() {
        let checkpoint = Checkpoint {
            server: Uuid::from_u128(1),
            site: SiteId(3),
            epoch: ServerEpoch(Uuid::from_u128(2)),
            size: 41,
            root: Hash([1; 32]),
            chain: Hash([2; 32]),
            time: Timestamp(1_795_442_400_000),
        };
        let key = DeviceKey::from_seed(&[5; 32]);
        let signed = Signed { text: checkpoint.sign(&key), checkpoint };
        let folder = scratch("export");
        let path = export(&signed, &folder).unwrap();
        assert_eq!(path.file_name().unwrap(), "site-3-000000000041-20261123T140000Z.checkpoint");
        let read = SignedCheckpoint::parse(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(read.checkpoint, checkpoint);
        let sheet = sheet(&signed);
        assert!(sheet.contains("<svg") && sheet.contains(&signed.text), "{sheet}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_ledger_is_signed_when_it_moved_and_its_last_checkpoint_is_an_hour_old() {
        let of = |epoch: u128, size: u64| Checkpoint {
            server: Uuid::nil(),
            site: SiteId(1),
            epoch: ServerEpoch(Uuid::from_u128(epoch)),
            size,
            root: Hash([u8::try_from(size).unwrap(); 32]),
            chain: Hash::default(),
            time: Timestamp(0),
        };
        let check = |now: Checkpoint, last: Checkpoint, age_ms: i64, due: bool| {
            let last = Last { checkpoint: last, at: Timestamp(EVERY_MS) };
            assert_eq!(is_due(&now, Some(&last), Timestamp(EVERY_MS + age_ms)), due, "{now:?} {age_ms}");
        };
        assert!(is_due(&of(1, 0), None, Timestamp(0)), "nothing is known of it");
        check(of(1, 3), of(1, 0), 1, true);
        check(of(1, 3), of(1, 2), 1, false);
        check(of(1, 3), of(1, 2), EVERY_MS - 1, false);
        check(of(1, 3), of(1, 2), EVERY_MS, true);
        check(of(1, 3), of(1, 3), 2 * EVERY_MS, false);
        check(of(2, 2), of(1, 3), 1, true);
        check(of(1, 3), of(1, 2), -1, true);
    }
}
