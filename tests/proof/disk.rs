//! What a disk may hold after the power fails: a journal of what SQLite wrote, and the images it allows.
//!
//! Assumed of the disk and its file system: what was written before a file's sync that returned is there; of everything
//! after it any part may be, in any order, torn at sectors of 512 bytes; a write alters no byte outside its range
//! (SQLite's "powersafe overwrite"); no order holds between two files. Names appear and vanish in the order of the
//! calls, as in a file system with a journal, but none of it is sure before the folder was synced.

use super::dice::Dice;
use super::vfs::{Call, Watch};
use rusqlite::ffi::SQLITE_OK;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_int;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Mutex;

const SECTOR: u64 = 512;

/// One change that the file system was asked for and did.
pub enum Op {
    Link { name: String, inode: usize },
    Unlink { name: String },
    Write { inode: usize, at: u64, data: Vec<u8> },
    Truncate { inode: usize, size: u64 },
    Sync { inode: usize },
    SyncFolder,
}

#[derive(Default)]
struct Recorded {
    ops: Vec<Op>,
    names: BTreeMap<String, usize>,
    inodes: usize,
    /// Files whose next sync syncs the folder too.
    folder_due: BTreeSet<usize>,
}

/// Writes the journal while SQLite works.
#[derive(Default)]
pub struct Recorder(Mutex<Recorded>);

impl Recorder {
    /// How many changes there have been.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap().ops.len()
    }

    pub fn take(&self) -> Vec<Op> {
        std::mem::take(&mut *self.0.lock().unwrap()).ops
    }
}

impl Watch for Recorder {
    fn call(&self, file: &str, call: Call<'_>, go: &mut dyn FnMut() -> c_int) -> c_int {
        let code = go();
        if code != SQLITE_OK {
            return code;
        }
        let mut all = self.0.lock().unwrap();
        let Recorded { ops, names, inodes, folder_due } = &mut *all;
        let inode = names.get(file).copied();
        match (call, inode) {
            (Call::Open { journal }, known) => {
                let inode = known.unwrap_or_else(|| {
                    *inodes += 1;
                    names.insert(file.to_owned(), *inodes - 1);
                    ops.push(Op::Link { name: file.to_owned(), inode: *inodes - 1 });
                    *inodes - 1
                });
                if journal {
                    folder_due.insert(inode);
                }
            }
            (Call::Write { at, data }, Some(inode)) => {
                ops.push(Op::Write { inode, at, data: data.to_vec() });
            }
            (Call::Truncate { size }, Some(inode)) => ops.push(Op::Truncate { inode, size }),
            (Call::Sync, Some(inode)) => {
                ops.push(Op::Sync { inode });
                if folder_due.remove(&inode) {
                    ops.push(Op::SyncFolder);
                }
            }
            (Call::Delete { sync_folder }, Some(_)) => {
                names.remove(file);
                ops.push(Op::Unlink { name: file.to_owned() });
                if sync_folder {
                    ops.push(Op::SyncFolder);
                }
            }
            _ => {}
        }
        code
    }
}

/// How a disk may treat what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Everything arrived: the end of a process, not of the power.
    Nothing,
    /// Nothing that was not synced arrived.
    Everything,
    /// A part of the calls arrived, in order.
    Some,
    /// Of each write any of its sectors arrived.
    Torn,
    /// All but the end of the last write arrived.
    LastTorn,
    /// A part arrived, and later calls may have been done before earlier ones.
    Reordered,
}

impl Loss {
    pub const ALL: [Self; 6] =
        [Self::Nothing, Self::Some, Self::Torn, Self::Everything, Self::Reordered, Self::LastTorn];
}

/// Syncs that a disk only claims to have done: the negative controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// The log's: what `synchronous=NORMAL` would be.
    Log,
    /// The database's own: a checkpoint that does not sync before it begins the log anew.
    Database,
}

#[derive(Default)]
struct Inode {
    durable: Vec<u8>,
    /// The operation that made it durable.
    version: usize,
    pending: Vec<usize>,
}

/// Files as they are sure to be, and what has been asked for since.
pub struct Disk<'a> {
    ops: &'a [Op],
    at: usize,
    lie: Option<Lie>,
    inodes: Vec<Inode>,
    log: BTreeSet<usize>,
    durable: BTreeMap<String, usize>,
    pending: Vec<usize>,
}

/// The files after a power cut, and a number that is equal for equal choices.
pub struct Image {
    pub files: Vec<(String, Vec<u8>)>,
    pub mark: u64,
}

impl<'a> Disk<'a> {
    pub fn new(ops: &'a [Op], lie: Option<Lie>) -> Self {
        let (inodes, durable) = (Vec::new(), BTreeMap::new());
        Self { ops, at: 0, lie, inodes, log: BTreeSet::new(), durable, pending: Vec::new() }
    }

    /// Does everything before operation `to`.
    pub fn advance(&mut self, to: usize) {
        for at in self.at..to.min(self.ops.len()) {
            self.step(at);
        }
        self.at = to;
    }

    fn step(&mut self, at: usize) {
        match &self.ops[at] {
            Op::Link { name, inode } => {
                self.inodes.resize_with(self.inodes.len().max(inode + 1), Inode::default);
                if name.ends_with("-wal") {
                    self.log.insert(*inode);
                }
                self.pending.push(at);
            }
            Op::Unlink { .. } => self.pending.push(at),
            Op::Write { inode, .. } | Op::Truncate { inode, .. } => self.inodes[*inode].pending.push(at),
            Op::Sync { inode } => {
                let lie = if self.log.contains(inode) { Lie::Log } else { Lie::Database };
                if self.lie != Some(lie) {
                    let inode = &mut self.inodes[*inode];
                    for op in std::mem::take(&mut inode.pending) {
                        change(&mut inode.durable, &self.ops[op], |_| true);
                    }
                    inode.version = at + 1;
                }
            }
            Op::SyncFolder => {
                for op in std::mem::take(&mut self.pending) {
                    rename(&mut self.durable, &self.ops[op]);
                }
            }
        }
    }

    /// What may be found when the power comes back.
    pub fn image(&self, loss: Loss, dice: &mut Dice) -> Image {
        let mut mark = DefaultHasher::new();
        let kept = match loss {
            Loss::Nothing => self.pending.len(),
            Loss::Everything => 0,
            _ => dice.below(self.pending.len() as u64 + 1) as usize,
        };
        let mut names = self.durable.clone();
        for op in &self.pending[..kept] {
            rename(&mut names, &self.ops[*op]);
        }
        let files = names.into_iter().map(|(name, inode)| {
            (&name, inode).hash(&mut mark);
            let bytes = self.content(&self.inodes[inode], loss, dice, &mut mark);
            (name, bytes)
        });
        Image { files: files.collect(), mark: mark.finish() }
    }

    fn content(&self, inode: &Inode, loss: Loss, dice: &mut Dice, mark: &mut DefaultHasher) -> Vec<u8> {
        let mut bytes = inode.durable.clone();
        inode.version.hash(mark);
        let mut kept = inode.pending.clone();
        let probability = [10, 50, 90][dice.below(3) as usize];
        match loss {
            Loss::Everything => kept.clear(),
            Loss::Some => kept.retain(|_| dice.percent(probability)),
            Loss::Reordered => {
                kept.retain(|_| dice.percent(probability));
                for at in (1..kept.len()).rev() {
                    kept.swap(at, dice.below(at as u64 + 1) as usize);
                }
            }
            Loss::Nothing | Loss::Torn | Loss::LastTorn => {}
        }
        let last = kept.last().copied();
        for op in kept {
            let torn = loss == Loss::Torn || (loss == Loss::LastTorn && Some(op) == last);
            op.hash(mark);
            let length = match &self.ops[op] {
                Op::Write { data, .. } => data.len() as u64,
                _ => 0,
            };
            let end = dice.below(length / SECTOR + 2);
            change(&mut bytes, &self.ops[op], |sector| {
                let arrives = match loss {
                    Loss::Torn => dice.percent(probability),
                    _ => !torn || sector < end,
                };
                if torn {
                    arrives.hash(mark);
                }
                arrives
            });
        }
        bytes
    }
}

fn rename(names: &mut BTreeMap<String, usize>, op: &Op) {
    match op {
        Op::Link { name, inode } => drop(names.insert(name.clone(), *inode)),
        Op::Unlink { name } => drop(names.remove(name)),
        _ => {}
    }
}

/// Does a change to a file's bytes, as far as its sectors arrive; they are counted from the write's first one.
fn change(bytes: &mut Vec<u8>, op: &Op, mut arrives: impl FnMut(u64) -> bool) {
    match op {
        Op::Truncate { size, .. } if arrives(0) => bytes.resize(*size as usize, 0),
        Op::Write { at, data, .. } => {
            let (first, end) = (at / SECTOR, at + data.len() as u64);
            let mut from = *at;
            while from < end {
                let to = ((from / SECTOR + 1) * SECTOR).min(end);
                if arrives(from / SECTOR - first) {
                    bytes.resize(bytes.len().max(to as usize), 0);
                    let part = &data[(from - at) as usize..(to - at) as usize];
                    bytes[from as usize..to as usize].copy_from_slice(part);
                }
                from = to;
            }
        }
        _ => {}
    }
}

/// Puts an image's files into a folder that holds nothing else of the database.
pub fn write(image: &Image, folder: &Path) {
    for (name, bytes) in &image.files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
