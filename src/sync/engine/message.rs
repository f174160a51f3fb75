//! What goes into the engine and what comes out of it.

use super::problem::{Failure, Problem};
use crate::domain::{DeviceId, PublicKey, SiteId};
use crate::sync::wire::{
    Conflict, Hash, Head, Hello, PullReply, PullRequest, PushReply, ServerEpoch, Stream,
};
use std::path::PathBuf;
use uuid::Uuid;

/// What the engine must know of the store, as data. Read again after every [`Action`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// This device.
    pub device: DeviceId,
    /// Its epoch.
    pub epoch: u32,
    /// Where it works.
    pub site: SiteId,
    /// The only server it talks to.
    pub server_id: Uuid,
    /// The incarnation of that server that it knows.
    pub server_epoch: ServerEpoch,
    /// Its newest sequence in its epoch; 0 before the first event.
    pub last_seq: u64,
    /// Events that the server has not acknowledged. They are the newest ones.
    pub pending: u64,
    /// How far it has read the control stream.
    pub control: Head,
    /// How far it has read the master stream.
    pub master: Head,
    /// How far it has read the site's stream.
    pub site_cursor: Head,
}

impl Facts {
    /// The newest sequence that the server has acknowledged.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.last_seq.saturating_sub(self.pending)
    }

    /// How far a stream was read.
    #[must_use]
    pub fn cursor(&self, stream: Stream) -> Head {
        match stream {
            Stream::Control => self.control,
            Stream::Master => self.master,
            Stream::Site => self.site_cursor,
        }
    }
}

/// What happened, always together with the time at which it did.
#[derive(Debug)]
pub enum Input {
    /// The app started, or the device was enrolled. `None` before enrolment: the engine sleeps.
    Started(Option<Facts>),
    /// The time of the last [`Output::WakeAt`] came.
    Woke,
    /// A scan was confirmed; so many events now wait.
    EventConfirmed {
        /// Outbox size.
        pending: u64,
        /// Newest sequence.
        last_seq: u64,
    },
    /// The operator wants it now.
    TryNow,
    /// The network came, went or changed.
    NetworkChanged,
    /// The request of this number was answered.
    Replied(u64, Reply),
    /// The request of this number failed.
    Failed(u64, Failure),
    /// The last [`Action`] is durable; this is what the store says now.
    Stored(Option<Facts>),
    /// The last [`Action`] could not be done; the store is as it was before.
    StoreFailed(Problem),
}

/// What to do next.
#[derive(Debug)]
pub enum Output {
    /// Send this; answer with [`Input::Replied`] or [`Input::Failed`] and the same number. Never two at a time.
    Send(u64, Ask),
    /// Do this in the store in one transaction; answer with [`Input::Stored`] or [`Input::StoreFailed`].
    Store(Action),
    /// Nothing more to do before then; answer with [`Input::Woke`]. Replaces every earlier time.
    WakeAt(crate::domain::Timestamp),
}

/// How far a device is, each part only where the server was not told of it yet: a supervisor sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// The newest sequence on the device.
    pub head: Option<u64>,
    /// The newest master entry that it has.
    pub master: Option<u64>,
    /// The newest control entry that it has: which stops it knows.
    pub control: Option<u64>,
}

/// A request as the engine states it; a push is filled from the outbox by the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `GET /v1/hello`.
    Hello(Standing),
    /// `POST /v1/push` with the events after this sequence.
    Push {
        /// The events after this one.
        after: u64,
        /// At most so many.
        events_max: usize,
        /// At most so many bytes, but always one event.
        bytes_max: usize,
    },
    /// `GET /v1/pull`.
    Pull(PullRequest),
    /// `GET /v1/snapshot/site`.
    Snapshot,
}

/// An answer, already typed.
#[derive(Debug)]
pub enum Reply {
    /// To [`Ask::Hello`].
    Hello(Hello),
    /// To [`Ask::Push`].
    Pushed(PushReply),
    /// To [`Ask::Pull`].
    Pulled(PullReply),
    /// To [`Ask::Snapshot`].
    Snapshot(Snapshot),
    /// 409, to a push or pull.
    Conflict(Conflict),
}

/// A snapshot that has arrived completely: JSON lines, not compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snapshot {
    /// In memory, for tests.
    Memory(Vec<u8>),
    /// In a file that the receiver deletes.
    File(PathBuf),
}

/// A change of the store.
#[derive(Debug)]
pub enum Action {
    /// The server answered, and no problem stands: how far this device's clock is off, and what is up to date.
    NoteContact {
        /// Milliseconds to add to the device's clock for the server's; `None` where it could not be measured.
        skew_ms: Option<i64>,
        /// Streams that have been read to their end.
        current: Vec<Stream>,
        /// What the server signs checkpoints with, where it does.
        checkpoint_key: Option<PublicKey>,
    },
    /// This keeps the device from being in step, until the next [`Action::NoteContact`].
    NoteProblem(Problem),
    /// Mark what the server acknowledged.
    ApplyPush(PushReply),
    /// Apply a page of a stream and move its cursor.
    ApplyPull(PullReply),
    /// Replace the site's state by the server's and keep the outbox on top.
    ApplySnapshot(Snapshot),
    /// The server was restored: what it no longer has is unsent again, the cursors begin anew.
    Rewind {
        /// Its incarnation now.
        server_epoch: ServerEpoch,
        /// Newest sequence of this device's epoch that it still has.
        device_last_seq: u64,
        /// The device's chain there, as the server has it; where this device's is another one, nothing there is its own.
        device_last_hash: Option<Hash>,
    },
    /// Somebody else used this device's sequence: begin a new epoch and re-sequence the outbox.
    NewEpoch(u32),
}
