//! The controls: what somebody might have built instead. The same search must go red on each.

use firstout::sync::wire::{Hash, Head, PullReply, Stream};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    None,
    /// The server takes what has a known number for known, whatever its bytes.
    SameNumberSameEvent,
    /// The server calls everything backed up.
    BackedUpAtOnce,
    /// The server's numbers are a database sequence's: a reader is given a page beyond an entry whose commit is seen later.
    LateCommit,
    /// The device gives events up that could not be sent three times in a row.
    GiveUp,
}

impl Lie {
    pub const ALL: [Self; 4] =
        [Self::SameNumberSameEvent, Self::BackedUpAtOnce, Self::LateCommit, Self::GiveUp];
}

/// Where readers really stand that were given a page with an entry missing. Rows are counted as they are seen, so that
/// the page is whole in itself: the device, which checks that, can know nothing of it.
#[derive(Default)]
pub struct LateCommits(BTreeMap<Hash, Head>);

impl LateCommits {
    /// Where a reader stands that says it has read up to `told`.
    pub fn really(&self, told: Head) -> Head {
        self.0.get(&told.hash).copied().unwrap_or(told)
    }

    /// The page, without an entry whose transaction took longer than the one after it where `late` says so.
    pub fn told(&mut self, page: PullReply, from: Head, late: bool) -> PullReply {
        if page.stream != Stream::Site {
            return page;
        }
        let mut told = page.clone();
        if late && told.events.len() > 1 {
            told.events.remove(told.events.len() - 2);
        }
        let mut at = from;
        for entry in &mut told.events {
            entry.stream_seq = at.seq + 1;
            let hash = Hash::chain_stream(at.hash, entry.stream_seq, entry.status, entry.bytes.as_bytes());
            at = Head { seq: entry.stream_seq, hash };
        }
        let unseen = page.next.seq - at.seq;
        if unseen > 0 {
            self.0.insert(at.hash, page.next);
        }
        let end = page.next == page.head;
        told.head = if end { at } else { Head { seq: page.head.seq - unseen, ..page.head } };
        told.next = at;
        told
    }
}
