//! The wire format of protocol v1: one module that client and server share.
//!
//! JSON over HTTP; an event's canonical bytes travel as a JSON string, so that no JSON library on the way can alter
//! them. docs/protocol.md describes the exchange.

mod checkpoint;
mod enrol;
mod merkle;
mod signed;

pub use crate::domain::{Destination, HoldState, Origin, Progress};
pub use checkpoint::{CHECKPOINT_BYTES_MAX, Checkpoint, CheckpointError, SignedCheckpoint, Verdict};
pub use enrol::{EnrolReply, EnrolRequest, Invitation};
pub use merkle::{Leaf, Tree};
pub use signed::{Claim, SIGNED_MS_MAX, head_message};

use crate::domain::{DeviceId, EventId, LotFacts, OrderId, PublicKey, Signature, StockKey, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// The protocol version that this program speaks.
pub const PROTOCOL: u16 = 1;
/// Most events in one push and one page of a pull.
pub const REQUEST_EVENTS_MAX: usize = 500;
/// Most bytes of event bodies in one push, before compression; a single larger event travels alone.
pub const REQUEST_BYTES_MAX: usize = 256 * 1024;
/// Most entries in one page of a pull.
pub const PULL_ENTRIES_MAX: usize = 5_000;
/// Most events that the head of a snapshot names as taken back: 400 KB of its line, of which a handheld reads 1 MiB.
pub const SNAPSHOT_UNDONE_MAX: usize = 5_000;

/// SHA-256 of a chain, as 64 hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// `SHA-256(tag ‖ prev ‖ bytes)`: the next link of a device's chain.
    #[must_use]
    pub fn chain(prev: Self, bytes: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"firstout/event/1\0");
        digest.update(prev.0);
        digest.update(bytes);
        Self(digest.finalize().into())
    }

    /// The next link of a stream's chain: what was there, the sequence, the verdict and the entry's bytes.
    #[must_use]
    pub fn chain_stream(prev: Self, stream_seq: u64, status: Status, bytes: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"firstout/stream/1\0");
        digest.update(prev.0);
        digest.update(stream_seq.to_be_bytes());
        digest.update([status as u8]);
        digest.update(bytes);
        Self(digest.finalize().into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0_u8; 32];
        for (slot, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a hash has 64 hexadecimal digits"))
    }
}

/// A server's incarnation: changes when its database was restored from a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerEpoch(pub Uuid);

/// Which stream of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Holds and releases: fetched before anything else.
    Control,
    /// Items, places, parties, orders, users.
    Master,
    /// The ledger.
    Site,
}

impl Stream {
    /// In the order in which they are fetched.
    pub const ALL: [Self; 3] = [Self::Control, Self::Master, Self::Site];

    /// The name in addresses and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Master => "master",
            Self::Site => "site",
        }
    }
}

/// The newest entry of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// Its sequence; 0 for an empty stream.
    pub seq: u64,
    /// The stream's chain up to and including it.
    pub hash: Hash,
}

/// `GET /v1/hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Always "firstout": a captive portal's page has no such field.
    pub service: String,
    /// Which server this is.
    pub server_id: Uuid,
    /// Its incarnation.
    pub server_epoch: ServerEpoch,
    /// Oldest and newest protocol it speaks.
    pub protocol: [u16; 2],
    /// Its clock.
    pub now: Timestamp,
    /// Last sequence of this device that it holds, in the device's current epoch there.
    pub device_epoch: u32,
    /// See `device_epoch`.
    pub device_last_seq: u64,
    /// The device's chain there: after a restore something else may stand under its numbers, where it was copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_last_hash: Option<Hash>,
    /// Heads of the site's streams.
    pub heads: Heads,
    /// True where the device is locked out: what it recorded is still taken, into quarantine, and nothing is given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// What it signs [`Checkpoint`]s with, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_key: Option<PublicKey>,
}

/// Heads of the three streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heads {
    /// Of `control`.
    pub control: Head,
    /// Of `master`.
    pub master: Head,
    /// Of `site`.
    pub site: Head,
}

/// One event on its way: the canonical bytes in their envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The device's sequence, dense within its epoch, from 1.
    pub seq: u64,
    /// The canonical bytes as text.
    pub bytes: String,
    /// [`Hash::chain`] of the previous hash and the bytes.
    pub hash: Hash,
}

/// `POST /v1/push`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    /// Who sends.
    pub device: DeviceId,
    /// The device's epoch.
    pub epoch: u32,
    /// The server incarnation that the device knows.
    pub server_epoch: ServerEpoch,
    /// The device's clock at sending.
    pub device_now: Timestamp,
    /// The chain before the first event.
    pub prev_hash: Hash,
    /// In sequence, without gaps.
    pub events: Vec<Envelope>,
    /// The device's, over [`head_message`] of [`PushRequest::head`].
    pub signature: Signature,
}

impl PushRequest {
    /// How far the device's chain goes with these events.
    #[must_use]
    pub fn head(&self) -> Head {
        self.events.last().map_or_else(Head::default, |last| Head { seq: last.seq, hash: last.hash })
    }
}

/// What the server made of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// In the ledger.
    Accepted = 0,
    /// In the ledger, and something does not add up; for a command: refused, without effect.
    Flagged = 1,
    /// In the ledger without effect: it cannot be read, or its chain is broken.
    Quarantined = 2,
    /// It was there already, with equal bytes.
    Duplicate = 3,
    /// A command that the rules refuse: kept, without effect.
    Refused = 4,
}

impl Status {
    /// True where the event's effects count.
    #[must_use]
    pub fn has_effect(self) -> bool {
        matches!(self, Self::Accepted | Self::Flagged)
    }
}

/// The verdict on one pushed event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResult {
    /// The device's sequence.
    pub seq: u64,
    /// Its id; absent where the bytes cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The verdict.
    pub status: Status,
    /// Its place in the site's stream.
    pub stream_seq: u64,
    /// Why it was refused or quarantined, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer to a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushReply {
    /// Everything up to this device sequence is durable on the server: the last one of the push.
    pub acked_through: u64,
    /// One for each event, in order.
    pub results: Vec<PushResult>,
    /// Wait so many seconds before the next push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

/// The body of a 409 answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The server misses events before these.
    Gap {
        /// The sequence that it expects next.
        expected: u64,
    },
    /// The same sequence is there with other bytes.
    Fork {
        /// The chain that it has.
        expected_hash: Hash,
    },
    /// The server is another incarnation than the device thinks.
    EpochChanged {
        /// The new one.
        server_epoch: ServerEpoch,
        /// Last sequence of this device that it still has.
        device_last_seq: u64,
    },
}

/// One entry of the `site` or `control` stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventEntry {
    /// Its place: dense from 1.
    pub stream_seq: u64,
    /// The verdict.
    pub status: Status,
    /// When the server received it.
    pub received: Timestamp,
    /// Whose it is.
    pub device: DeviceId,
    /// The device's epoch and sequence.
    pub epoch: u32,
    /// See `epoch`.
    pub seq: u64,
    /// The canonical bytes as text.
    pub bytes: String,
}

/// One entry of the `master` stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterEntry {
    /// Its place: dense from 1.
    pub stream_seq: u64,
    /// The record's canonical JSON as text.
    pub bytes: String,
}

/// The query of `GET /v1/pull?stream=…&epoch=…&after=…&hash=…&limit=…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Which stream.
    pub stream: Stream,
    /// The server incarnation that the device knows.
    pub epoch: ServerEpoch,
    /// The device's cursor: entries after this one are wanted.
    pub after: u64,
    /// The stream's chain at the cursor.
    pub hash: Hash,
    /// At most so many entries; the server may send fewer, but at least one where there is one.
    pub limit: usize,
}

/// The answer to a [`PullRequest`]. 409 with a [`Conflict::EpochChanged`] where the cursor is beyond
/// the head, or its hash is not the stream's hash at that sequence, or the epoch is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullReply {
    /// Which stream.
    pub stream: Stream,
    /// Entries of `site` and `control`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventEntry>,
    /// Entries of `master`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<MasterEntry>,
    /// The stream's chain after the last entry here.
    pub next: Head,
    /// The newest entry at the server.
    pub head: Head,
    /// Everything of this device up to here is backed up at the server.
    pub backed_up_through: u64,
    /// The device's epoch that `backed_up_through` counts in; 0 where the server does not say it, and then it says nothing.
    #[serde(default)]
    pub backed_up_epoch: u32,
}

impl PullReply {
    /// True where this page follows `cursor` without a gap and its chain ends in `next`.
    ///
    /// Entries of `master` have no verdict; they are chained as [`Status::Accepted`].
    #[must_use]
    pub fn continues(&self, cursor: Head) -> bool {
        let mut at = cursor;
        let events = self.events.iter().map(|entry| (entry.stream_seq, entry.status, &entry.bytes));
        let records = self.records.iter().map(|entry| (entry.stream_seq, Status::Accepted, &entry.bytes));
        for (seq, status, bytes) in events.chain(records) {
            if seq != at.seq + 1 {
                return false;
            }
            at = Head { seq, hash: Hash::chain_stream(at.hash, seq, status, bytes.as_bytes()) };
        }
        let streams_match = match self.stream {
            Stream::Master => self.events.is_empty(),
            Stream::Control | Stream::Site => self.records.is_empty(),
        };
        streams_match && at == self.next && at.seq <= self.head.seq
    }
}

/// The first line of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotHeader {
    /// Which stream.
    pub stream: Stream,
    /// Of which incarnation.
    pub server_epoch: ServerEpoch,
    /// The state is the one after this entry.
    pub head: Head,
    /// Lines that follow.
    pub rows: u64,
    /// Events of this state that were taken back, each with what took it back: the newest [`SNAPSHOT_UNDONE_MAX`] by id.
    /// In this line because a reader of before, which would refuse rows of a new kind, passes over a field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<(EventId, EventId)>,
}

/// One line of a `site` snapshot: `GET /v1/snapshot/site`, JSON lines, zstd, resumable by `Range` with `If-Range` on its `ETag`.
/// The last line is a [`SnapshotRow::End`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotRow {
    /// What is known of a lot, and when it was first received.
    Lot {
        /// Its facts.
        facts: LotFacts,
        /// When.
        received: Timestamp,
    },
    /// A balance other than zero.
    Stock {
        /// What and where.
        key: StockKey,
        /// How much, any size.
        units: i64,
        /// Since when, corrected time of the last change.
        since: Timestamp,
    },
    /// Where a lot came from.
    Origin(Origin),
    /// Where a lot went.
    Destination(Destination),
    /// How far an order line is.
    Progress(Progress),
    /// A stop, and whether it has ended.
    Hold(HoldState),
    /// Nothing more comes or goes for this order.
    Closed(OrderId),
    /// The end.
    End {
        /// SHA-256 over all lines before this one, line ends included.
        digest: Hash,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_hexadecimal_digits() {
        let hash = Hash::chain(Hash::default(), b"{}");
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(Hash::parse(text), None, "{text:?}");
        }
    }

    /// docs/protocol.md gives the recipe; other implementations rely on these numbers.
    #[test]
    fn chains_are_what_the_page_says() {
        let digest = |parts: &[&[u8]]| Hash(Sha256::digest(parts.concat()).into());
        let prev = Hash([7; 32]);
        assert_eq!(Hash::chain(prev, b"x"), digest(&[b"firstout/event/1\0", &[7; 32], b"x"]));
        let expected = digest(&[b"firstout/stream/1\0", &[7; 32], &[0, 0, 0, 0, 0, 0, 1, 2], &[4], b"x"]);
        assert_eq!(Hash::chain_stream(prev, 258, Status::Refused, b"x"), expected);
    }

    #[test]
    fn conflicts_look_like_the_page_says() {
        let epoch = ServerEpoch(Uuid::nil());
        let hash = Hash::default();
        for (conflict, json) in [
            (Conflict::Gap { expected: 7 }, r#"{"gap":{"expected":7}}"#.to_owned()),
            (Conflict::Fork { expected_hash: hash }, format!(r#"{{"fork":{{"expected_hash":"{hash}"}}}}"#)),
            (
                Conflict::EpochChanged { server_epoch: epoch, device_last_seq: 3 },
                format!(r#"{{"epoch_changed":{{"server_epoch":"{}","device_last_seq":3}}}}"#, epoch.0),
            ),
        ] {
            assert_eq!(serde_json::to_string(&conflict).unwrap(), json);
            assert_eq!(serde_json::from_str::<Conflict>(&json).unwrap(), conflict);
        }
    }

    fn page(entries: u64) -> PullReply {
        let mut next = Head::default();
        let records = (1..=entries).map(|stream_seq| {
            let bytes = format!("{{\"n\":{stream_seq}}}");
            let hash = Hash::chain_stream(next.hash, stream_seq, Status::Accepted, bytes.as_bytes());
            next = Head { seq: stream_seq, hash };
            MasterEntry { stream_seq, bytes }
        });
        let records = records.collect();
        PullReply {
            stream: Stream::Master,
            events: vec![],
            records,
            next,
            head: next,
            backed_up_through: 0,
            backed_up_epoch: 0,
        }
    }

    #[test]
    fn only_an_unbroken_page_continues_a_cursor() {
        let whole = page(3);
        assert!(whole.continues(Head::default()));
        assert!(page(0).continues(Head::default()));
        assert!(!whole.continues(Head { seq: 1, ..Head::default() }));
        assert!(!whole.continues(Head { seq: 0, hash: Hash([1; 32]) }));
        type Change = fn(&mut PullReply);
        let changes: [Change; 7] = [
            |page| page.records.truncate(2),
            |page| drop(page.records.remove(1)),
            |page| page.records.swap(0, 1),
            |page| page.records[2].bytes.push(' '),
            |page| page.next.hash = Hash([1; 32]),
            |page| page.head.seq = 2,
            |page| page.stream = Stream::Site,
        ];
        for (change, number) in changes.iter().zip(0..) {
            let mut page = whole.clone();
            change(&mut page);
            assert!(!page.continues(Head::default()), "change {number}");
        }
    }
}
