//! The real server without HTTP: two engines on one file, as two processes would have it, asked one at a time.

use super::lie::{LateCommits, Lie};
use super::old;
use crate::dice::Dice;
use crate::world;
use firstout::domain::{DeviceId, DeviceKey, Event, EventId, SiteId, StockKey, Timestamp};
use firstout::ledger::{Discrepancy, Mismatch, Stock, fold_entries};
use firstout::server::Secret;
use firstout::server::ingest::{Sender, check};
use firstout::server::storage::{
    Act, AuditEntry, Cursor, DeviceAuth, DeviceReport, NewDevice, Place, PushOutcome, Storage, StorageError,
    sqlite,
};
use firstout::store::Identity;
use firstout::sync::engine::{Failure, Reply, Snapshot};
use firstout::sync::transport::Request;
use firstout::sync::wire::{Conflict, Hash, Head, Hello, PROTOCOL, PullReply, PushReply, ServerEpoch};
use rusqlite::{Connection, OpenFlags};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::OnceLock;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Where devices work.
pub const SITES: [SiteId; 2] = [SiteId(1), SiteId(2)];
/// Server processes on one database.
const ENGINES: usize = 2;
/// A snapshot may be so far behind: small, so that several are made in a run.
const LAG_MAX: u64 = 10;
const ENTRIES: &str =
    "SELECT stream_seq, bytes, status, stream_hash FROM event WHERE site = ?1 AND stream_seq > ?2
                       ORDER BY stream_seq";

/// Whose request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub site: SiteId,
    pub device: DeviceId,
}

pub struct Servers {
    runtime: Runtime,
    engines: Vec<Storage>,
    books: Option<Books>,
    pub file: PathBuf,
    folder: PathBuf,
    lie: Lie,
    late: LateCommits,
}

/// A database with both sites' warehouses, made once for all runs.
fn copy_of_template(to: &Path) {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    old::copy_of(&MADE, to, |file| {
        let home = file.parent().expect("it is in a folder");
        runtime().block_on(async {
            let storage = Storage::open(&Place::Sqlite(file.to_owned()), home).await.unwrap();
            for site in SITES {
                storage.append_master(site, world::records_at(site)).await.unwrap();
            }
            storage.close().await;
        });
    });
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

impl Servers {
    pub fn start(folder: &Path, lie: Lie, dice: &mut Dice) -> Self {
        let data = folder.join("server");
        std::fs::create_dir_all(&data).unwrap();
        let file = data.join(sqlite::FILE);
        copy_of_template(&file);
        name(&file, &["server_id", "server_epoch"], dice);
        let mut servers = Self {
            runtime: runtime(),
            engines: vec![],
            books: None,
            file,
            folder: data,
            lie,
            late: LateCommits::default(),
        };
        servers.open();
        servers
    }

    fn open(&mut self) {
        let (place, folder) = (Place::Sqlite(self.file.clone()), self.folder.clone());
        let open = async || Storage::open(&place, &folder).await.unwrap();
        self.engines = (0..ENGINES).map(|_| self.runtime.block_on(open())).collect();
    }

    fn close(&mut self) {
        // Who reads beside the server would keep the log from being taken away.
        if let Some(books) = &mut self.books {
            books.db = None;
        }
        for engine in std::mem::take(&mut self.engines) {
            self.runtime.block_on(engine.close());
        }
    }

    /// Every process ends and starts again.
    pub fn restart(&mut self) {
        self.close();
        self.open();
    }

    /// Every process ends; then those of an older program would start, and these again in their place. What has become
    /// another thing by that.
    pub fn upgrade(&mut self, dice: &mut Dice) -> Result<usize, String> {
        self.close();
        let fewer = 1 + dice.below(old::SERVER_UNDONE.len() as u64) as usize;
        let before = old::age(&self.file, fewer);
        self.open();
        match before.altered_in(&self.file)[..] {
            [] => {}
            ref tables => return Err(format!("{fewer} migrations have altered {}", tables.join(", "))),
        }
        // The first checkpoint after a start does it.
        if dice.percent(50) {
            self.runtime.block_on(self.engines[0].grow_trees()).unwrap();
        }
        Ok(fewer)
    }

    /// What is in the database now.
    pub fn books(&mut self) -> &Books {
        let books = self.books.get_or_insert_with(Books::default);
        books.read(&self.file);
        books
    }

    pub fn identity(&self) -> (Uuid, ServerEpoch) {
        let found = self.runtime.block_on(self.engines[0].identity()).unwrap();
        (found.server_id, found.epoch)
    }

    /// Takes a new device in, with a key and an id of its own.
    pub fn enrol(&self, site: SiteId, dice: &mut Dice, now: Timestamp) -> Identity {
        let digits: String = (0..4).map(|_| format!("{:016x}", dice.roll())).collect();
        let token = Secret::parse(&format!("{site}.{digits}")).expect("it is well-formed");
        let (device, key) = (DeviceId(dice.uuid()), key(dice));
        let entry = AuditEntry::at_the_machine(now, Act::DeviceInvited, "HH");
        let new = NewDevice { device, name: "HH".into(), key: key.public() };
        let storage = &self.engines[0];
        self.runtime.block_on(async {
            storage.add_token(&token, "HH", now.plus_ms(60_000), entry).await.unwrap();
            storage.enrol(&token, new, now).await.unwrap().expect("the token is good");
        });
        crate::device::identity(device, key, site, self.identity())
    }

    pub fn knows(&self, caller: Caller) -> bool {
        self.runtime.block_on(self.engines[0].device(caller.site, caller.device)).unwrap().is_some()
    }

    /// What a process answers.
    pub fn answer(
        &mut self,
        caller: Caller,
        engine: u64,
        request: &Request,
        now: Timestamp,
    ) -> Result<Reply, Failure> {
        let storage = &self.engines[engine as usize % ENGINES];
        self.runtime.block_on(async {
            let known = storage.device(caller.site, caller.device).await.map_err(failed)?;
            let refused = Failure::Status { code: 401, retry_after_s: None };
            let device = known.ok_or(refused)?;
            match request {
                Request::Hello(standing) => {
                    let (head, master) = (standing.head, standing.master);
                    let report = DeviceReport { head, master, ..DeviceReport::default() };
                    storage.note_report(device, report).await.map_err(failed)?;
                    hello(storage, device, now).await
                }
                Request::Push(push) => {
                    let DeviceAuth { site, device, key, revoked } = device;
                    let sender = Sender { site, device, key: Some(key), revoked };
                    let bad = |_| Failure::Status { code: 422, retry_after_s: None };
                    let batch = check(push.clone(), sender, now).map_err(bad)?;
                    Ok(match storage.push(batch).await.map_err(failed)? {
                        PushOutcome::Stored(reply) => Reply::Pushed(reply),
                        PushOutcome::Conflict(Conflict::Fork { .. })
                            if self.lie == Lie::SameNumberSameEvent =>
                        {
                            let (acked_through, results) = (push.head().seq, vec![]);
                            Reply::Pushed(PushReply { acked_through, results, retry_after_s: None })
                        }
                        PushOutcome::Conflict(conflict) => Reply::Conflict(conflict),
                    })
                }
                Request::Pull(pull) => {
                    let from = Head { seq: pull.after, hash: pull.hash };
                    let (stream, epoch, after) = (pull.stream, pull.epoch, self.late.really(from));
                    let cursor = Cursor { stream, epoch, after, limit: pull.limit.min(20) };
                    Ok(match storage.pull(device, cursor).await.map_err(failed)? {
                        Ok(page) => Reply::Pulled(match self.lie {
                            Lie::BackedUpAtOnce => PullReply { backed_up_through: 1 << 40, ..page },
                            Lie::LateCommit => self.late.told(page, from, engine.is_multiple_of(5)),
                            _ => page,
                        }),
                        Err(conflict) => Reply::Conflict(conflict),
                    })
                }
                Request::Snapshot => {
                    let file = storage.snapshot(caller.site, LAG_MAX).await.map_err(failed)?;
                    let packed = std::fs::read(&file.path).map_err(|_| Failure::Truncated)?;
                    Ok(Reply::Snapshot(Snapshot::Memory(zstd::decode_all(&*packed).unwrap())))
                }
            }
        })
    }

    pub fn back_up(&self, to: &Path) {
        let findings = self.runtime.block_on(self.engines[1].backup(to)).unwrap();
        assert_eq!(findings.problems, Vec::<String>::new(), "the backup is not sound");
    }

    /// A copy takes the database's place, as another incarnation.
    pub fn restore(&mut self, copy: &Path, dice: &mut Dice) {
        self.close();
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.file.display()));
        }
        let findings = sqlite::restore(copy, &self.file).unwrap();
        assert_eq!(findings.problems, Vec::<String>::new(), "the copy is not sound");
        self.books = None;
        name(&self.file, &["server_epoch"], dice);
        self.open();
    }

    /// What `firstout-server verify` finds wrong.
    pub fn problems(&self) -> Vec<String> {
        self.runtime.block_on(self.engines[0].verify()).unwrap().problems
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.close();
    }
}

fn failed(error: StorageError) -> Failure {
    panic!("the database fails: {error}")
}

fn key(dice: &mut Dice) -> DeviceKey {
    let mut seed = [0; 32];
    seed.iter_mut().for_each(|byte| *byte = dice.roll() as u8);
    DeviceKey::from_seed(&seed)
}

/// The server's own random numbers come from the seed too.
fn name(file: &Path, columns: &[&str], dice: &mut Dice) {
    let db = Connection::open(file).unwrap();
    for column in columns {
        db.execute(&format!("UPDATE server SET {column} = ?1"), [dice.uuid().as_bytes()]).unwrap();
    }
}

async fn hello(storage: &Storage, device: DeviceAuth, now: Timestamp) -> Result<Reply, Failure> {
    let known = storage.device_heads(device.site, device.device).await.map_err(failed)?;
    Ok(Reply::Hello(Hello {
        service: "firstout".into(),
        server_id: known.identity.server_id,
        server_epoch: known.identity.epoch,
        protocol: [PROTOCOL, PROTOCOL],
        now,
        device_epoch: known.epoch,
        device_last_seq: known.last.seq,
        device_last_hash: (known.last.seq > 0).then_some(known.last.hash),
        heads: known.heads,
        revoked: device.revoked,
        checkpoint_key: None,
    }))
}

/// A database, read beside the server. What was read of it once is not read again, as no entry is ever altered; the end of
/// a run looks at all of them anew.
#[derive(Default)]
pub struct Books {
    db: Option<Connection>,
    sites: [Site; SITES.len()],
    bytes: HashSet<Rc<str>>,
}

/// A site's ledger.
#[derive(Default)]
pub struct Site {
    pub entries: Vec<Entry>,
    /// The first sequence of these bytes, and of this id.
    by_bytes: HashMap<Rc<str>, u64>,
    by_id: HashMap<EventId, u64>,
    /// Folds of the first so many entries.
    folds: RefCell<BTreeMap<u64, Stock>>,
}

pub struct Entry {
    pub bytes: Rc<str>,
    /// Set aside without effect.
    pub aside: bool,
    pub counts: bool,
    pub stream_hash: Hash,
    pub event: Option<Event>,
}

impl Books {
    pub fn open(file: &Path) -> Self {
        let mut books = Self::default();
        books.read(file);
        books
    }

    /// What was written since.
    fn read(&mut self, file: &Path) {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = self.db.get_or_insert_with(|| Connection::open_with_flags(file, flags).unwrap());
        for (site, at) in SITES.iter().zip(&mut self.sites) {
            let mut query = db.prepare_cached(ENTRIES).unwrap();
            let mut rows = query.query((site.0, at.entries.len() as i64)).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let next = at.entries.len() as i64 + 1;
                assert_eq!(row.get::<_, i64>(0).unwrap(), next, "the stream has a hole");
                let (bytes, status): (String, u8) = (row.get(1).unwrap(), row.get(2).unwrap());
                let bytes: Rc<str> = bytes.into();
                // What is set aside has no id in the ledger: another event may have it.
                let event = Event::decode(bytes.as_bytes()).ok().filter(|_| status != 2);
                if let Some(event) = &event {
                    at.by_id.entry(event.id).or_insert(next as u64);
                }
                at.by_bytes.entry(Rc::clone(&bytes)).or_insert(next as u64);
                self.bytes.insert(Rc::clone(&bytes));
                at.entries.push(Entry {
                    event,
                    bytes,
                    aside: status == 2,
                    counts: status <= 1,
                    stream_hash: Hash(row.get(3).unwrap()),
                });
            }
        }
    }

    pub fn site(&self, site: SiteId) -> &Site {
        let at = SITES.iter().position(|one| *one == site).expect("it is one of the two");
        &self.sites[at]
    }

    /// Whether these bytes are set aside at another site.
    pub fn is_aside_elsewhere(&self, site: SiteId, bytes: &str) -> bool {
        let others = SITES.iter().zip(&self.sites).filter(|(one, _)| **one != site);
        others
            .filter_map(|(_, at)| at.entries.get(*at.by_bytes.get(bytes)? as usize - 1))
            .any(|entry| entry.aside)
    }

    /// Every entry of every site.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.sites.iter().flat_map(|site| &site.entries)
    }

    /// The bytes of every entry.
    pub fn bytes(&self) -> &HashSet<Rc<str>> {
        &self.bytes
    }

    /// Identities of what a person is told at a site.
    pub fn discrepancies(&self, site: SiteId) -> BTreeSet<String> {
        let db = self.db.as_ref().expect("it was read");
        let mut query = db.prepare("SELECT identity FROM discrepancy WHERE site = ?1").unwrap();
        let rows = query.query_map([site.0], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

impl Site {
    pub fn head_at(&self, seq: u64) -> Option<Head> {
        let Some(before) = (seq as usize).checked_sub(1) else { return Some(Head::default()) };
        self.entries.get(before).map(|entry| Head { seq, hash: entry.stream_hash })
    }

    /// Whether the first so many entries have these bytes.
    pub fn has(&self, entries: u64, bytes: &str) -> bool {
        self.by_bytes.get(bytes).is_some_and(|seq| *seq <= entries)
    }

    /// Whether the first so many entries have an event of that id.
    pub fn has_id(&self, entries: u64, id: EventId) -> bool {
        self.by_id.get(&id).is_some_and(|seq| *seq <= entries)
    }

    /// All entries, folded from nothing, and what does not add up.
    pub fn fold(&self) -> (Stock, Vec<Discrepancy>) {
        let read = self.entries.iter().filter_map(|entry| Some((entry.event.as_ref()?, entry.counts)));
        fold_entries(world::setting(), read)
    }

    /// The first so many entries, then these events. What was folded before is not folded again.
    pub fn fold_with<'a>(&self, entries: u64, own: impl Iterator<Item = &'a Event>) -> Stock {
        let mut folds = self.folds.borrow_mut();
        let before = folds.range(..=entries).next_back();
        let (from, mut stock) =
            before.map_or_else(|| (0, Stock::new(world::setting())), |(from, stock)| (*from, stock.clone()));
        for entry in self.entries.iter().take(entries as usize).skip(from as usize) {
            if let Some(event) = &entry.event {
                stock.apply(event, entry.counts);
            }
        }
        if from < entries {
            folds.insert(entries, stock.clone());
        }
        for event in own {
            stock.apply(event, true);
        }
        stock
    }
}

/// Those that say that a balance is below zero.
pub fn negatives(found: &[Discrepancy]) -> impl Iterator<Item = (String, &StockKey)> {
    found.iter().filter_map(|one| match &one.what {
        Mismatch::NegativeBalance { key, .. } => Some((one.identity(), key)),
        _ => None,
    })
}
