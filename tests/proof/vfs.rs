//! A VFS under SQLite that shows every call to a watcher before the file system does it.
//!
//! It stands in front of the system's own VFS as the default of the process. A file in a watched folder goes through the
//! shim; every other file is opened by the system's VFS directly and costs nothing. What a watcher sees is what SQLite
//! asks of the operating system, in that order; it may let the call through, refuse it with an error code, do a part of
//! it or end the process.
//!
//! This and `memory` are the only files of the proofs with unsafe code. What they rely on:
//! - SQLite gives `xOpen` a block of `szOsFile` bytes, aligned to 8: [`Shim`] first, the system's file behind it.
//! - SQLite calls no method of a file after `xClose`, and `xClose` once for a file whose `xOpen` left `pMethods` set.
//! - The system's VFS is a static of SQLite and lives as long as the process; ours is leaked on purpose.
//! - The methods copied from the system's VFS take our pointer: they read `pAppData` at most, which is copied too.
#![expect(unsafe_code, reason = "SQLite's VFS is an interface of C")]

use super::memory;
use rusqlite::ffi::{
    self, SQLITE_OK, sqlite3_file, sqlite3_filename, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::size_of;
use std::ptr;
use std::sync::{Arc, OnceLock, RwLock};

/// What SQLite asks of the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call<'a> {
    /// `journal`: SQLite syncs the folder with the first sync of this file.
    Open {
        journal: bool,
    },
    Read {
        bytes: usize,
    },
    Write {
        at: u64,
        data: &'a [u8],
    },
    Truncate {
        size: u64,
    },
    Sync,
    Delete {
        sync_folder: bool,
    },
    Size,
    Lock,
    Access,
    ShmMap,
    ShmLock,
}

/// Stands between SQLite and the files of one folder.
pub trait Watch: Send + Sync {
    /// Answers with SQLite's code. `go` makes the system do the call.
    fn call(&self, file: &str, call: Call<'_>, go: &mut dyn FnMut() -> c_int) -> c_int;
}

type Watched = RwLock<Vec<(String, Arc<dyn Watch>)>>;

static WATCHED: Watched = RwLock::new(Vec::new());
static SYSTEM: OnceLock<usize> = OnceLock::new();

/// Shows the calls on files whose path begins with `folder` until the guard goes.
#[must_use]
pub fn watch(folder: &str, watch: Arc<dyn Watch>) -> Guard {
    WATCHED.write().unwrap().push((folder.to_owned(), watch));
    Guard(folder.to_owned())
}

/// Ends the watching of files that are opened from now on.
pub struct Guard(String);

impl Drop for Guard {
    fn drop(&mut self) {
        WATCHED.write().unwrap().retain(|(folder, _)| *folder != self.0);
    }
}

fn watcher(path: &str) -> Option<Arc<dyn Watch>> {
    let watched = WATCHED.read().unwrap();
    watched.iter().find(|(folder, _)| path.starts_with(folder)).map(|(_, watch)| Arc::clone(watch))
}

/// The last part of a path: what the watcher is told.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Makes the shim the default VFS of this process, once.
pub fn install() {
    SYSTEM.get_or_init(|| {
        // SAFETY: nothing has used SQLite yet, and this option takes an `int`. SQLite is initialised by `find`; the VFS it answers is a static. Ours is leaked, so the pointer given
        // to `register` stays valid.
        unsafe {
            // All threads would wait for one lock at each allocation, to count what nobody asks for.
            assert_eq!(ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int), SQLITE_OK);
            let system = ffi::sqlite3_vfs_find(ptr::null());
            assert!(!system.is_null());
            let mut shim = *system;
            shim.szOsFile += size_of::<Shim>() as c_int;
            shim.pNext = ptr::null_mut();
            shim.zName = c"proof".as_ptr();
            shim.xOpen = Some(open);
            shim.xDelete = Some(delete);
            shim.xAccess = Some(access);
            shim.xFullPathname = Some(full_path);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(shim)), 1), SQLITE_OK);
            system as usize
        }
    });
}

/// Ends this process as `kill -9` does: nothing more of it runs.
pub fn die() -> ! {
    unsafe extern "C" {
        fn kill(process: c_int, signal: c_int) -> c_int;
    }
    // SAFETY: POSIX; the number is this process' own, the signal cannot be caught.
    unsafe { kill(std::process::id() as c_int, 9) };
    loop {
        std::thread::park();
    }
}

fn system() -> *mut sqlite3_vfs {
    *SYSTEM.get().expect("the shim is installed") as *mut sqlite3_vfs
}

#[repr(C)]
struct Shim {
    base: sqlite3_file,
    state: *mut State,
}

struct State {
    name: String,
    watch: Arc<dyn Watch>,
}

/// The system's file behind the shim.
unsafe fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: `szOsFile` leaves room for the system's file behind the shim, whose size is a multiple of 8.
    unsafe { file.byte_add(size_of::<Shim>()) }
}

unsafe fn state<'a>(file: *mut sqlite3_file) -> &'a State {
    // SAFETY: set by `open` before SQLite sees the methods, freed by `close` only.
    unsafe { &*(*file.cast::<Shim>()).state }
}

/// A method of the system's file; SQLite's own VFS of version 3 has all of them.
macro_rules! system_method {
    ($file:expr, $method:ident ( $($argument:expr),* )) => {{
        let real = real($file);
        ((*(*real).pMethods).$method.expect("the system's VFS has it"))(real $(, $argument)*)
    }};
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: the arguments are SQLite's own; see the head of this file.
    unsafe {
        let system = system();
        let open = (*system).xOpen.expect("every VFS opens");
        let path = if name.is_null() { "" } else { CStr::from_ptr(name).to_str().unwrap_or("") };
        if memory::holds(path) {
            return memory::open(path, file, flags, out);
        }
        let Some(watch) = watcher(path) else { return open(system, name, file, flags, out) };
        let journal = flags & ffi::SQLITE_OPEN_CREATE != 0
            && flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL) != 0;
        let real = real(file);
        (*real).pMethods = ptr::null();
        (*file).pMethods = ptr::null();
        let shown = file_name(path);
        let code = watch.call(shown, Call::Open { journal }, &mut || open(system, name, real, flags, out));
        if code != SQLITE_OK {
            if let Some(methods) = (*real).pMethods.as_ref() {
                (methods.xClose.expect("every file closes"))(real);
            }
            return code;
        }
        let state = Box::new(State { name: shown.to_owned(), watch: Arc::clone(&watch) });
        (*file.cast::<Shim>()).state = Box::into_raw(state);
        (*file).pMethods = &METHODS;
        SQLITE_OK
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: as in `open`.
    unsafe {
        let system = system();
        let delete = (*system).xDelete.expect("every VFS deletes");
        let path = CStr::from_ptr(name).to_str().unwrap_or("");
        if memory::holds(path) {
            let here = memory::delete(path);
            let code = delete(system, name, sync);
            return if here && code == ffi::SQLITE_IOERR_DELETE_NOENT { SQLITE_OK } else { code };
        }
        let Some(watch) = watcher(path) else { return delete(system, name, sync) };
        let call = Call::Delete { sync_folder: sync & 1 != 0 };
        watch.call(file_name(path), call, &mut || delete(system, name, sync))
    }
}

unsafe extern "C" fn access(_: *mut sqlite3_vfs, name: *const c_char, how: c_int, out: *mut c_int) -> c_int {
    // SAFETY: as in `open`.
    unsafe {
        let system = system();
        let access = (*system).xAccess.expect("every VFS looks");
        let path = CStr::from_ptr(name).to_str().unwrap_or("");
        if memory::holds(path) && memory::exists(path) {
            *out = 1;
            return SQLITE_OK;
        }
        let Some(watch) = watcher(path) else { return access(system, name, how, out) };
        watch.call(file_name(path), Call::Access, &mut || access(system, name, how, out))
    }
}

unsafe extern "C" fn full_path(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: as in `open`.
    unsafe {
        let system = system();
        ((*system).xFullPathname.expect("every VFS names"))(system, name, room, out)
    }
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 3,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
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
    xFetch: Some(fetch),
    xUnfetch: Some(unfetch),
};

/// Shows a call and hands it on to the system's file.
macro_rules! shown {
    ($file:expr, $call:expr, $method:ident ( $($argument:expr),* )) => {{
        // SAFETY: SQLite calls this with a file that `open` has set up, and with its own buffers.
        unsafe {
            let state = state($file);
            state.watch.call(&state.name, $call, &mut || system_method!($file, $method($($argument),*)))
        }
    }};
}

/// Hands a call on unseen.
macro_rules! passed {
    ($file:expr, $method:ident ( $($argument:expr),* )) => {
        // SAFETY: as in `shown`.
        unsafe { system_method!($file, $method($($argument),*)) }
    };
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the last call on this file; the state was leaked by `open`.
    unsafe {
        let code = system_method!(file, xClose());
        drop(Box::from_raw((*file.cast::<Shim>()).state));
        (*file).pMethods = ptr::null();
        code
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    to: *mut c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    let code = shown!(file, Call::Read { bytes: bytes as usize }, xRead(to, bytes, at));
    if code == ffi::SQLITE_IOERR_SHORT_READ {
        // SAFETY: a short read answers zeros; `to` has room for `bytes`. A system read that was short has filled them
        // already, in which case nothing is written here.
        unsafe { zero_where_refused(file, to, bytes, at) };
    }
    code
}

/// A watcher that answers "short read" in the system's place owes SQLite the zeros.
unsafe fn zero_where_refused(file: *mut sqlite3_file, to: *mut c_void, bytes: c_int, at: sqlite3_int64) {
    let mut size = 0;
    // SAFETY: as in `shown`.
    unsafe {
        system_method!(file, xFileSize(&mut size));
        if size >= at + sqlite3_int64::from(bytes) {
            to.cast::<u8>().write_bytes(0, bytes as usize);
        }
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite owns `bytes` bytes at `from` during the call.
    let data = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), bytes as usize) };
    shown!(file, Call::Write { at: at as u64, data }, xWrite(from, bytes, at))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    shown!(file, Call::Truncate { size: size as u64 }, xTruncate(size))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    shown!(file, Call::Sync, xSync(flags))
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    shown!(file, Call::Size, xFileSize(size))
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    shown!(file, Call::Lock, xLock(level))
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    passed!(file, xUnlock(level))
}

unsafe extern "C" fn check_reserved(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    passed!(file, xCheckReservedLock(out))
}

unsafe extern "C" fn control(file: *mut sqlite3_file, what: c_int, argument: *mut c_void) -> c_int {
    passed!(file, xFileControl(what, argument))
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    passed!(file, xSectorSize())
}

unsafe extern "C" fn device(file: *mut sqlite3_file) -> c_int {
    passed!(file, xDeviceCharacteristics())
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    shown!(file, Call::ShmMap, xShmMap(region, size, extend, out))
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    // Giving up a lock cannot fail.
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        return passed!(file, xShmLock(offset, n, flags));
    }
    shown!(file, Call::ShmLock, xShmLock(offset, n, flags))
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    passed!(file, xShmBarrier())
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    passed!(file, xShmUnmap(delete))
}

/// No memory-mapped reads: what SQLite reads, the watcher sees.
unsafe extern "C" fn fetch(_: *mut sqlite3_file, _: sqlite3_int64, _: c_int, out: *mut *mut c_void) -> c_int {
    // SAFETY: `out` is SQLite's; null means "read it instead".
    unsafe { *out = ptr::null_mut() };
    SQLITE_OK
}

unsafe extern "C" fn unfetch(_: *mut sqlite3_file, _: sqlite3_int64, _: *mut c_void) -> c_int {
    SQLITE_OK
}
