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
    Link {
        name: String,
        inode: usize,
    },
    Unlink {
        name: String,
    },
    Write {
        inode: usize,
        at: u64,
        data: Vec<u8>,
    },
    Truncate {
        inode: usize,
        size: u64,
    },
    Sync {
        inode: usize,
    },
    /// It answered an error: what was written before may be on the disk or never will be, whatever later syncs say.
    SyncFailed {
        inode: usize,
    },
    SyncFolder,
}

/// A folder's files.
pub type Files = Vec<(String, Vec<u8>)>;

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

    /// Of files that are there already, and sure.
    pub fn over(files: &Files) -> Self {
        let recorder = Self::default();
        let mut all = recorder.0.lock().unwrap();
        all.names = files.iter().zip(0..).map(|((name, _), inode)| (name.clone(), inode)).collect();
        all.inodes = files.len();
        drop(all);
        recorder
    }

    /// A sync was refused in the system's place.
    pub fn note_failed_sync(&self, file: &str) {
        let mut all = self.0.lock().unwrap();
        if let Some(inode) = all.names.get(file).copied() {
            all.ops.push(Op::SyncFailed { inode });
        }
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
    pending: Vec<(usize, Fate)>,
}

/// What is known of a write that is not in the durable bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Not synced yet.
    Open,
    /// A sync of it failed.
    Doubtful,
    /// Synced, behind a doubtful one.
    Sure,
}

impl Inode {
    fn sync(&mut self, ops: &[Op], at: usize) {
        for (_, fate) in self.pending.iter_mut().filter(|(_, fate)| *fate == Fate::Open) {
            *fate = Fate::Sure;
        }
        let doubtful = self.pending.iter().position(|(_, fate)| *fate == Fate::Doubtful);
        for (op, _) in self.pending.drain(..doubtful.unwrap_or(self.pending.len())) {
            change(&mut self.durable, &ops[op], |_| true);
        }
        self.version = at + 1;
    }
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
    pub files: Files,
    pub mark: u64,
}

impl<'a> Disk<'a> {
    pub fn new(ops: &'a [Op], lie: Option<Lie>) -> Self {
        let (inodes, durable) = (Vec::new(), BTreeMap::new());
        Self { ops, at: 0, lie, inodes, log: BTreeSet::new(), durable, pending: Vec::new() }
    }

    /// A disk that holds files already.
    pub fn over(ops: &'a [Op], files: &Files) -> Self {
        let mut disk = Self::new(ops, None);
        for ((name, bytes), inode) in files.iter().zip(0..) {
            disk.inodes.push(Inode { durable: bytes.clone(), ..Inode::default() });
            disk.durable.insert(name.clone(), inode);
        }
        disk
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
            Op::Write { inode, .. } | Op::Truncate { inode, .. } => {
                self.inodes[*inode].pending.push((at, Fate::Open));
            }
            Op::SyncFailed { inode } => {
                for (_, fate) in
                    self.inodes[*inode].pending.iter_mut().filter(|(_, fate)| *fate == Fate::Open)
                {
                    *fate = Fate::Doubtful;
                }
            }
            Op::Sync { inode } => {
                let lie = if self.log.contains(inode) { Lie::Log } else { Lie::Database };
                if self.lie != Some(lie) {
                    self.inodes[*inode].sync(self.ops, at);
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
        let sure = |fate: Fate| fate == Fate::Sure;
        match loss {
            Loss::Everything => kept.retain(|(_, fate)| sure(*fate)),
            Loss::Some => kept.retain(|(_, fate)| sure(*fate) || dice.percent(probability)),
            Loss::Reordered => {
                kept.retain(|(_, fate)| sure(*fate) || dice.percent(probability));
                for at in (1..kept.len()).rev() {
                    kept.swap(at, dice.below(at as u64 + 1) as usize);
                }
            }
            Loss::Nothing | Loss::Torn | Loss::LastTorn => {}
        }
        let last = kept.last().map(|(op, _)| *op);
        for (op, fate) in kept {
            let torn = !sure(fate) && (loss == Loss::Torn || (loss == Loss::LastTorn && Some(op) == last));
            op.hash(mark);
            let length = match &self.ops[op] {
                Op::Write { data, .. } => data.len() as u64,
                _ => 0,
            };
            let end = dice.below(length / SECTOR + 2);
            change(&mut bytes, &self.ops[op], |sector| {
                let arrives = match loss {
                    Loss::Torn if torn => dice.percent(probability),
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
    write_files(&image.files, folder);
}

pub fn write_files(files: &Files, folder: &Path) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// The files of a folder, without those of folders in it.
pub fn read_files(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}
