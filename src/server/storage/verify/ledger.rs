//! One pass over a site's ledger: its chain, its tree, what is written beside the bytes, and the fold.

use super::{Check, LISTED_MAX, Ledger};
use crate::domain::{Body, Event, EventId};
use crate::ledger::{Setting, Stock};
use crate::server::ingest::is_control;
use crate::server::storage::StorageError;
use crate::server::storage::merkle::Entry;
use crate::server::storage::stream::head_and_tree;
use crate::server::storage::tx::{Row, Value, values};
use crate::sync::wire::{Hash, Head, Status, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// What the entries say.
pub(super) struct Read {
    /// The fold from zero.
    pub(super) stock: Stock,
    /// Which entries belong into the control stream.
    pub(super) control: Vec<u64>,
    /// What was taken back, by which event.
    pub(super) undone: BTreeMap<EventId, EventId>,
    head: Head,
    tree: Tree,
    ledger: Ledger,
    wrong: Vec<(u64, &'static str)>,
}

impl Check<'_> {
    /// Reads the ledger once, from its first entry to its last.
    pub(super) async fn ledger(&mut self, sizes: &BTreeSet<u64>) -> Result<Read, StorageError> {
        let mut read = Read {
            stock: Stock::new(Setting::default()),
            control: Vec::new(),
            undone: BTreeMap::new(),
            head: Head::default(),
            tree: Tree::default(),
            ledger: Ledger::default(),
            wrong: Vec::new(),
        };
        read.note(sizes);
        let sql = include_str!("../sql/verify_site.sql");
        self.tx
            .visit(sql, &values![self.site.0], &mut |mut row| {
                read.entry(&mut row)?;
                read.note(sizes);
                Ok(true)
            })
            .await?;
        self.findings.entries += read.tree.size();
        for (seq, what) in std::mem::take(&mut read.wrong) {
            self.add("stream site", Some(seq), format!("{what} {seq}"));
        }
        self.compare_head(&mut read).await?;
        self.findings.ledgers.insert(self.site, std::mem::take(&mut read.ledger));
        Ok(read)
    }

    /// The counter's row, which also has the end of the chain and the tree.
    async fn compare_head(&mut self, read: &mut Read) -> Result<(), StorageError> {
        let (stored, tree) = head_and_tree(self.tx, self.site, false).await?;
        read.ledger.head = read.head;
        read.ledger.root = read.tree.root();
        read.ledger.counted = stored.seq;
        if stored != read.head {
            let entry = stored.seq.min(read.head.seq) + 1;
            self.add(
                "stream site",
                Some(entry),
                "stream site does not end where its counter says".to_owned(),
            );
        }
        // One that stayed behind is compared when it has caught up.
        let whole = tree.as_ref().is_some_and(|tree| tree.size() < stored.seq || *tree == read.tree);
        if !whole {
            self.add("tree", None, "the stored tree is not that of the entries".to_owned());
        }
        Ok(())
    }
}

impl Read {
    fn note(&mut self, sizes: &BTreeSet<u64>) {
        if sizes.contains(&self.tree.size()) {
            self.ledger.at.insert(self.tree.size(), (self.tree.root(), self.head.hash));
        }
    }

    fn wrong(&mut self, seq: u64, what: &'static str) {
        if self.wrong.len() < LISTED_MAX {
            self.wrong.push((seq, what));
        }
    }

    fn entry(&mut self, row: &mut Row) -> Result<(), StorageError> {
        let entry = Entry::read(row)?;
        let (kind, id) = (row.text()?, row.value());
        let seq = entry.stream_seq;
        let hash = Hash::chain_stream(self.head.hash, seq, entry.status, entry.bytes.as_bytes());
        if seq != self.head.seq + 1 || hash != entry.stream_hash {
            // Where one is missing, it is the one that is wrong.
            let at = seq.min(self.head.seq + 1);
            self.ledger.broken.get_or_insert(at);
            self.wrong(at, "stream site is broken at entry");
        }
        self.head = Head { seq, hash: entry.stream_hash };
        self.tree.push(entry.leaf());
        let decoded = Event::decode(entry.bytes.as_bytes()).ok();
        if !is_labelled(decoded.as_ref(), entry.status, &kind, &id) {
            self.wrong(seq, "kind or id are not those of entry");
        }
        match decoded {
            _ if entry.status == Status::Quarantined => {}
            Some(event) => self.count(&event, seq, entry.status),
            None => self.wrong(seq, "what counts and cannot be read is entry"),
        }
        Ok(())
    }

    fn count(&mut self, event: &Event, seq: u64, status: Status) {
        drop(self.stock.apply(event, status.has_effect()));
        if !status.has_effect() {
            return;
        }
        if is_control(&event.body) {
            self.control.push(seq);
        }
        if let Body::Undo(undo) = &event.body {
            self.undone.entry(undo.event).or_insert(event.id);
        }
    }
}

/// True where the columns for look-ups say what the bytes say. What is in quarantine may have neither.
fn is_labelled(event: Option<&Event>, status: Status, kind: &str, id: &Value) -> bool {
    let quarantined = status == Status::Quarantined;
    let same_kind = event.is_some_and(|event| event.body.kind() == kind);
    let same_id = event.is_some_and(|event| *id == Value::from(event.id));
    (same_kind || (quarantined && kind.is_empty())) && (same_id || (quarantined && *id == Value::Null))
}
