//! Databases that are in memory while somebody has them open: the simulation opens and writes hundreds of them in a run.
//!
//! All connections to such a file are this process's, so its locks, its log and the memory that its readers share need not
//! be the system's. A database comes from the disk when it is first opened and is written there when the last one closes
//! it: whoever copies, renames or removes closed files finds them. The log and a journal are never written there; they
//! are gone with the last one, or wait for the next.
//!
//! Locks are those of SQLite's own VFS (`os_unix.c`): of the file from shared to exclusive, of the shared memory eight slots.
//! What the unsafe code relies on is said at the head of `vfs.rs`.
#![expect(unsafe_code, reason = "SQLite's VFS is an interface of C")]

use super::Scratch;
use rusqlite::Connection;
use rusqlite::ffi::{self, SQLITE_BUSY, SQLITE_OK, sqlite3_file, sqlite3_int64, sqlite3_io_methods};
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, RwLock};
use std::time::Duration;
use std::{ptr, slice};

const SLOTS: usize = ffi::SQLITE_SHM_NLOCK as usize;
/// SQLite's own size of a piece of shared memory: 32 KiB.
type Region = [u64; 4_096];

static FOLDERS: RwLock<Vec<String>> = RwLock::new(Vec::new());
static FILES: LazyLock<Mutex<HashMap<String, Arc<Content>>>> = LazyLock::new(Mutex::default);

/// Databases whose path begins with `folder` are in memory until the guard goes; all of them are closed by then.
#[must_use]
pub fn hold(folder: &str) -> Guard {
    FOLDERS.write().unwrap().push(folder.to_owned());
    Guard(folder.to_owned())
}

pub struct Guard(String);

impl Drop for Guard {
    fn drop(&mut self) {
        FOLDERS.write().unwrap().retain(|folder| *folder != self.0);
        FILES.lock().unwrap().retain(|path, _| !path.starts_with(&self.0));
    }
}

/// Whether a file is to be in memory.
pub fn holds(path: &str) -> bool {
    FOLDERS.read().unwrap().iter().any(|folder| path.starts_with(folder))
}

/// Whether there is such a file here, and something in it; the disk may have others.
pub fn exists(path: &str) -> bool {
    let files = FILES.lock().unwrap();
    files.get(path).is_some_and(|content| !content.data().bytes.is_empty())
}

/// Whether there was such a file here.
pub fn delete(path: &str) -> bool {
    FILES.lock().unwrap().remove(path).is_some()
}

/// Two connections to one file keep out of each other's way here as they do on the system's files, and what they leave is
/// on the disk.
pub fn keeps_order(scratch: &Scratch) -> Result<(), &'static str> {
    let _held = hold(scratch.text());
    let path = scratch.path().join("order.db");
    for journal in ["DELETE", "WAL"] {
        let (first, second) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        let count = |db: &Connection| db.query_row("SELECT count(*) FROM n", (), |row| row.get::<_, i64>(0));
        first.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(())).unwrap();
        first.busy_timeout(Duration::ZERO).unwrap();
        second.busy_timeout(Duration::ZERO).unwrap();
        first.execute_batch("CREATE TABLE IF NOT EXISTS n (n); DELETE FROM n").unwrap();
        first.execute_batch("BEGIN IMMEDIATE; INSERT INTO n VALUES (1)").unwrap();
        if second.execute_batch("BEGIN IMMEDIATE").is_ok() {
            return Err("two write at once");
        }
        second.execute_batch("BEGIN").unwrap();
        if count(&second) != Ok(0) {
            return Err("what is not committed is read");
        }
        // A reader keeps its state; without a log it keeps the writer waiting.
        if first.execute_batch("COMMIT").is_ok() != (journal == "WAL") || count(&second) != Ok(0) {
            return Err("a reader's state changes under it");
        }
        second.execute_batch("COMMIT").unwrap();
        if !first.is_autocommit() {
            first.execute_batch("COMMIT").unwrap();
        }
        if count(&second) != Ok(1) {
            return Err("what is committed is not read");
        }
        drop((first, second));
        if !std::fs::read(&path).unwrap().starts_with(b"SQLite format 3") {
            return Err("nothing is left on the disk");
        }
    }
    Ok(())
}

/// What all who have a file open share.
#[derive(Default)]
struct Content {
    data: Mutex<Data>,
    locks: Mutex<Locks>,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Data {
    bytes: Vec<u8>,
    is_written: bool,
    handles: usize,
}

#[derive(Default)]
struct Locks {
    shared: usize,
    reserved: bool,
    pending: bool,
}

#[derive(Default)]
struct Shared {
    // Boxed: SQLite keeps pointers into them while others are added.
    regions: Vec<Box<Region>>,
    readers: [usize; SLOTS],
    writer: [bool; SLOTS],
    handles: usize,
}

impl Content {
    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap()
    }
}

/// One opening of a file.
struct Handle {
    path: String,
    content: Arc<Content>,
    is_database: bool,
    level: c_int,
    reserved: bool,
    reads: [bool; SLOTS],
    writes: [bool; SLOTS],
    mapped: bool,
}

#[repr(C)]
pub struct File {
    base: sqlite3_file,
    handle: *mut Handle,
}

fn handle<'a>(file: *mut sqlite3_file) -> &'a mut Handle {
    // SAFETY: set by `open`, freed by `close`; SQLite calls the methods of one file one at a time.
    unsafe { &mut *(*file.cast::<File>()).handle }
}

/// Opens a file that is held here, or makes it.
///
/// # Safety
/// `file` is SQLite's block for it.
pub unsafe fn open(path: &str, file: *mut sqlite3_file, flags: c_int, out: *mut c_int) -> c_int {
    let is_database = flags & ffi::SQLITE_OPEN_MAIN_DB != 0;
    let mut files = FILES.lock().unwrap();
    let content = match files.get(path) {
        Some(content) => Arc::clone(content),
        None => {
            let bytes = match std::fs::read(path) {
                Ok(bytes) => bytes,
                Err(_) if flags & ffi::SQLITE_OPEN_CREATE != 0 => {
                    // Others see by the name that there is a database.
                    if is_database && std::fs::write(path, b"").is_err() {
                        return ffi::SQLITE_CANTOPEN;
                    }
                    Vec::new()
                }
                Err(_) => return ffi::SQLITE_CANTOPEN,
            };
            let content = Arc::new(Content::default());
            content.data().bytes = bytes;
            files.insert(path.to_owned(), Arc::clone(&content));
            content
        }
    };
    content.data().handles += 1;
    let handle = Handle {
        path: path.to_owned(),
        content,
        is_database,
        level: ffi::SQLITE_LOCK_NONE,
        reserved: false,
        reads: [false; SLOTS],
        writes: [false; SLOTS],
        mapped: false,
    };
    // SAFETY: the block is SQLite's, of the size that the VFS asks for; `out` is null or SQLite's.
    unsafe {
        (*file.cast::<File>()).handle = Box::into_raw(Box::new(handle));
        (*file).pMethods = &METHODS;
        if !out.is_null() {
            *out = flags;
        }
    }
    SQLITE_OK
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the last call on this file; `open` leaked the handle.
    let mut handle = unsafe { Box::from_raw((*file.cast::<File>()).handle) };
    handle.unlock(ffi::SQLITE_LOCK_NONE);
    // Nobody opens it meanwhile.
    let mut files = FILES.lock().unwrap();
    let mut data = handle.content.data();
    data.handles -= 1;
    let is_here = files.get(&handle.path).is_some_and(|content| Arc::ptr_eq(content, &handle.content));
    let mut code = SQLITE_OK;
    if data.handles == 0 && is_here && handle.is_database {
        if data.is_written && std::fs::write(&handle.path, &data.bytes).is_err() {
            code = ffi::SQLITE_IOERR_WRITE;
        }
        files.remove(&handle.path);
    }
    code
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    to: *mut c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite has room for so many bytes at `to`.
    let to = unsafe { slice::from_raw_parts_mut(to.cast::<u8>(), bytes as usize) };
    let data = handle(file).content.data();
    let from = data.bytes.get(at as usize..).unwrap_or_default();
    let there = from.len().min(to.len());
    to[..there].copy_from_slice(&from[..there]);
    to[there..].fill(0);
    if there == to.len() { SQLITE_OK } else { ffi::SQLITE_IOERR_SHORT_READ }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite owns `bytes` bytes at `from` during the call.
    let from = unsafe { slice::from_raw_parts(from.cast::<u8>(), bytes as usize) };
    let mut data = handle(file).content.data();
    let (at, end) = (at as usize, at as usize + from.len());
    if data.bytes.len() < end {
        data.bytes.resize(end, 0);
    }
    data.bytes[at..end].copy_from_slice(from);
    data.is_written = true;
    SQLITE_OK
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let mut data = handle(file).content.data();
    data.bytes.resize(size as usize, 0);
    data.is_written = true;
    SQLITE_OK
}

unsafe extern "C" fn sync(_: *mut sqlite3_file, _: c_int) -> c_int {
    SQLITE_OK
}

unsafe extern "C" fn size(file: *mut sqlite3_file, out: *mut sqlite3_int64) -> c_int {
    // SAFETY: `out` is SQLite's.
    unsafe { *out = handle(file).content.data().bytes.len() as sqlite3_int64 };
    SQLITE_OK
}

impl Handle {
    fn lock(&mut self, level: c_int) -> c_int {
        if self.level >= level {
            return SQLITE_OK;
        }
        let mut locks = self.content.locks.lock().unwrap();
        match level {
            ffi::SQLITE_LOCK_SHARED => {
                if locks.pending {
                    return SQLITE_BUSY;
                }
                locks.shared += 1;
            }
            ffi::SQLITE_LOCK_RESERVED => {
                if locks.reserved || locks.pending {
                    return SQLITE_BUSY;
                }
                (locks.reserved, self.reserved) = (true, true);
            }
            _ => {
                if self.level < ffi::SQLITE_LOCK_PENDING {
                    if locks.pending || locks.reserved && !self.reserved {
                        return SQLITE_BUSY;
                    }
                    locks.pending = true;
                    self.level = ffi::SQLITE_LOCK_PENDING;
                }
                if level == ffi::SQLITE_LOCK_EXCLUSIVE && locks.shared > 1 {
                    return SQLITE_BUSY;
                }
            }
        }
        self.level = level;
        SQLITE_OK
    }

    fn unlock(&mut self, level: c_int) {
        if self.level <= level {
            return;
        }
        let mut locks = self.content.locks.lock().unwrap();
        if self.level >= ffi::SQLITE_LOCK_PENDING {
            locks.pending = false;
        }
        if self.reserved {
            (locks.reserved, self.reserved) = (false, false);
        }
        if level == ffi::SQLITE_LOCK_NONE {
            locks.shared -= 1;
        }
        self.level = level;
    }

    /// Gives up slots of the shared memory.
    fn release(&mut self, slots: impl Iterator<Item = usize>) {
        let mut shared = self.content.shared.lock().unwrap();
        for slot in slots {
            if std::mem::take(&mut self.reads[slot]) {
                shared.readers[slot] -= 1;
            }
            if std::mem::take(&mut self.writes[slot]) {
                shared.writer[slot] = false;
            }
        }
    }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    handle(file).lock(level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    handle(file).unlock(level);
    SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    let locks = handle(file).content.locks.lock().unwrap();
    // SAFETY: `out` is SQLite's.
    unsafe { *out = c_int::from(locks.reserved || locks.pending) };
    SQLITE_OK
}

unsafe extern "C" fn control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    4_096
}

unsafe extern "C" fn device(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    assert_eq!(size as usize, size_of::<Region>());
    let handle = handle(file);
    let mut shared = handle.content.shared.lock().unwrap();
    if !std::mem::replace(&mut handle.mapped, true) {
        shared.handles += 1;
    }
    while extend != 0 && shared.regions.len() <= region as usize {
        shared.regions.push(Box::new([0; 4_096]));
    }
    let found = shared.regions.get_mut(region as usize);
    let place = found.map_or(ptr::null_mut(), |region| region.as_mut_ptr().cast());
    // SAFETY: `out` is SQLite's. The memory stays where it is until the last one has unmapped it.
    unsafe { *out = place };
    SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    let handle = handle(file);
    let slots = offset as usize..(offset + n) as usize;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        handle.release(slots);
        return SQLITE_OK;
    }
    let mut shared = handle.content.shared.lock().unwrap();
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    let taken = |slot: usize| {
        let others = shared.readers[slot] - usize::from(handle.reads[slot]);
        shared.writer[slot] && !handle.writes[slot] || exclusive && others > 0
    };
    if slots.clone().any(taken) {
        return SQLITE_BUSY;
    }
    for slot in slots {
        if exclusive {
            (shared.writer[slot], handle.writes[slot]) = (true, true);
        } else if !std::mem::replace(&mut handle.reads[slot], true) {
            shared.readers[slot] += 1;
        }
    }
    SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    let handle = handle(file);
    handle.release(0..SLOTS);
    let mut shared = handle.content.shared.lock().unwrap();
    if std::mem::take(&mut handle.mapped) {
        shared.handles -= 1;
        if shared.handles == 0 {
            shared.regions.clear();
        }
    }
    SQLITE_OK
}
