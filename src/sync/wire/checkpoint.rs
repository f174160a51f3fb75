//! Checkpoints: what the server signs so that others can hold it to it.
//!
//! The form is that of a signed note with a checkpoint in it, as transparency logs use it (C2SP `signed-note` and
//! `tlog-checkpoint`), so that their tools read it: origin, size, root, lines of our own, a blank line, signatures.
//!
//! ```text
//! firstout/0199c4ad-…/site/1
//! 12345
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! epoch 0199c4ad-…
//! chain 5dc9da79a70659a9…
//! time 2026-11-23T14:00:00.000Z
//!
//! — firstout/0199c4ad-…/site/1 dqW+IQ…
//! ```

use super::{Hash, ServerEpoch};
use crate::domain::{DeviceKey, PublicKey, Signature, SiteId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// Most bytes of a file that are looked at.
pub const CHECKPOINT_BYTES_MAX: usize = 16 * 1024;
/// What a line with a signature begins with.
const SIGNED: &str = "\u{2014} ";
/// Ed25519, in the terms of signed notes.
const ALGORITHM: u8 = 1;

/// What was true of a site's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Of which server.
    pub server: Uuid,
    /// Of which site.
    pub site: SiteId,
    /// In which incarnation.
    pub epoch: ServerEpoch,
    /// Entries in the ledger.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// The stream's chain up to the last of them.
    pub chain: Hash,
    /// When, by the server's clock.
    pub time: Timestamp,
}

/// A checkpoint with its signatures, which are not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// Each key's mark and what it signed.
    signatures: Vec<([u8; 4], Signature)>,
}

/// What holding a ledger, or a device's copy of it, against checkpoints shows. Its number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// Nothing is wrong.
    Intact = 0,
    /// Something stands there that was not written so.
    Altered = 2,
    /// Something is missing at the end.
    Truncated = 3,
    /// There are two histories.
    Fork = 4,
    /// There is nothing to compare, or it cannot be read.
    Unreadable = 5,
}

/// Why a text is no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is larger than any checkpoint.
    #[error("it is too large for a checkpoint")]
    TooLarge,
    /// A line is missing or says something else.
    #[error("line {0} is not what a checkpoint has there")]
    Line(usize),
    /// The server of its name signed nothing.
    #[error("it is not signed")]
    NotSigned,
}

impl Checkpoint {
    /// The name of the log and of the key that signs for it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("firstout/{}/site/{}", self.server, self.site)
    }

    /// Signs it: the whole text of the file.
    #[must_use]
    pub fn sign(&self, key: &DeviceKey) -> String {
        let (body, origin) = (self.to_string(), self.origin());
        let mut signed = mark(&origin, &key.public()).to_vec();
        signed.extend(key.sign(body.as_bytes()).0);
        format!("{body}\n{SIGNED}{origin} {}\n", STANDARD.encode(signed))
    }

    fn parse(body: &str) -> Result<Self, CheckpointError> {
        let mut lines = body.split('\n').zip(1..);
        let mut line = |prefix: &str| match lines.next() {
            Some((text, n)) => {
                text.strip_prefix(prefix).map(|rest| (rest, n)).ok_or(CheckpointError::Line(n))
            }
            None => Err(CheckpointError::Line(0)),
        };
        let (origin, n) = line("firstout/")?;
        let named = origin
            .split_once("/site/")
            .and_then(|(server, site)| Some((Uuid::try_parse(server).ok()?, SiteId(site.parse().ok()?))));
        let (server, site) = named.ok_or(CheckpointError::Line(n))?;
        let (text, n) = line("")?;
        let size = text.parse().map_err(|_| CheckpointError::Line(n))?;
        let (text, n) = line("")?;
        let root = STANDARD.decode(text).ok().and_then(|root| root.try_into().ok()).map(Hash);
        let root = root.ok_or(CheckpointError::Line(n))?;
        let (text, n) = line("epoch ")?;
        let epoch = ServerEpoch(Uuid::try_parse(text).map_err(|_| CheckpointError::Line(n))?);
        let (text, n) = line("chain ")?;
        let chain = Hash::parse(text).ok_or(CheckpointError::Line(n))?;
        let (text, n) = line("time ")?;
        let time = Timestamp::parse(text).map_err(|_| CheckpointError::Line(n))?;
        let read = Self { server, site, epoch, size, root, chain, time };
        // Only the one form that this program writes: what is signed must not have two readings.
        if read.to_string() == body { Ok(read) } else { Err(CheckpointError::Line(n)) }
    }
}

/// The text that is signed, with its last line end.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, size, chain, time, .. } = self;
        let (origin, root) = (self.origin(), STANDARD.encode(self.root.0));
        writeln!(f, "{origin}\n{size}\n{root}\nepoch {}\nchain {chain}\ntime {time}", epoch.0)
    }
}

impl SignedCheckpoint {
    /// Reads a file. Line ends may have become those of Windows on the way.
    ///
    /// # Errors
    /// [`CheckpointError`] where it is no checkpoint.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        if text.len() > CHECKPOINT_BYTES_MAX {
            return Err(CheckpointError::TooLarge);
        }
        let text = text.replace("\r\n", "\n");
        let (body, signed) = text.split_once("\n\n").ok_or(CheckpointError::NotSigned)?;
        let checkpoint = Checkpoint::parse(&format!("{body}\n"))?;
        let named = format!("{SIGNED}{} ", checkpoint.origin());
        // Others may sign it too; lines of other names are theirs.
        let ours = signed.lines().filter_map(|line| line.strip_prefix(&named));
        let signatures: Vec<_> = ours.filter_map(signature).collect();
        if signatures.is_empty() {
            return Err(CheckpointError::NotSigned);
        }
        Ok(Self { checkpoint, signatures })
    }

    /// True where this key signed it.
    #[must_use]
    pub fn is_by(&self, key: &PublicKey) -> bool {
        let (body, mark) = (self.checkpoint.to_string(), mark(&self.checkpoint.origin(), key));
        let mut signed = self.signatures.iter().filter(|(of, _)| *of == mark);
        signed.any(|(_, signature)| key.verifies(body.as_bytes(), signature))
    }
}

fn signature(text: &str) -> Option<([u8; 4], Signature)> {
    let bytes = STANDARD.decode(text).ok()?;
    let (mark, signature) = bytes.split_first_chunk::<4>()?;
    Some((*mark, Signature(signature.try_into().ok()?)))
}

/// Which key of a name it is, in the terms of signed notes.
fn mark(name: &str, key: &PublicKey) -> [u8; 4] {
    let mut digest = Sha256::new();
    digest.update(name.as_bytes());
    digest.update([b'\n', ALGORITHM]);
    digest.update(key.0);
    let [a, b, c, d, ..]: [u8; 32] = digest.finalize().into();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            server: Uuid::from_u128(7),
            site: SiteId(1),
            epoch: ServerEpoch(Uuid::from_u128(8)),
            size: 12_345,
            root: Hash([3; 32]),
            chain: Hash([4; 32]),
            time: Timestamp(1_795_442_400_000),
        }
    }

    fn key() -> DeviceKey {
        DeviceKey::from_seed(&[9; 32])
    }

    /// Others rely on this text.
    #[test]
    fn it_looks_like_the_page_says() {
        let text = checkpoint().sign(&key());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..7],
            [
                "firstout/00000000-0000-0000-0000-000000000007/site/1",
                "12345",
                "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
                "epoch 00000000-0000-0000-0000-000000000008",
                "chain 0404040404040404040404040404040404040404040404040404040404040404",
                "time 2026-11-23T14:00:00.000Z",
                "",
            ]
        );
        assert!(lines[7].starts_with("— firstout/00000000-0000-0000-0000-000000000007/site/1 "));
        assert_eq!(lines.len(), 8);
    }

    #[test]
    fn what_was_signed_is_read_back() {
        let text = checkpoint().sign(&key());
        let windows = text.replace('\n', "\r\n");
        let witnessed = format!("{text}— somebody.example AAAAAAAA\n");
        for text in [&text, &windows, &witnessed] {
            let read = SignedCheckpoint::parse(text).unwrap();
            assert_eq!(read.checkpoint, checkpoint());
            assert!(read.is_by(&key().public()));
            assert!(!read.is_by(&DeviceKey::from_seed(&[1; 32]).public()));
        }
    }

    /// Whatever byte is another one: it cannot be read, or the key did not sign it.
    #[test]
    fn no_byte_can_be_altered() {
        let text = checkpoint().sign(&key());
        for at in 0..text.len() {
            for byte in [b'0', b'1', b' ', b'\n', b'z'] {
                let mut bytes = text.clone().into_bytes();
                if bytes[at] == byte || at + 1 == bytes.len() {
                    continue;
                }
                bytes[at] = byte;
                let Ok(altered) = String::from_utf8(bytes) else { continue };
                let taken = SignedCheckpoint::parse(&altered).is_ok_and(|read| read.is_by(&key().public()));
                assert!(!taken, "byte {at} is {byte}: {altered}");
            }
        }
    }

    #[test]
    fn other_texts_are_no_checkpoints() {
        let body = checkpoint().to_string();
        let cases = [
            (String::new(), CheckpointError::NotSigned),
            (body.clone(), CheckpointError::NotSigned),
            (format!("{body}\n— other AAAA\n"), CheckpointError::NotSigned),
            (format!("{body}more\n\n"), CheckpointError::Line(6)),
            ("x\n\n".to_owned(), CheckpointError::Line(1)),
            (body.replace("12345", "+12345") + "\n", CheckpointError::Line(6)),
            (body.replace("epoch", "Epoch") + "\n", CheckpointError::Line(4)),
            ("x".repeat(CHECKPOINT_BYTES_MAX + 1), CheckpointError::TooLarge),
        ];
        for (text, error) in cases {
            assert_eq!(SignedCheckpoint::parse(&text), Err(error), "{text}");
        }
    }
}
