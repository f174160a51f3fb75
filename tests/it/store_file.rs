//! The file itself: kill -9, damage, other versions, two programs at once.

use super::store_kit::*;
use firstout::domain::*;
use firstout::store::{Store, StoreError};
use firstout::sync::wire::Hash;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CHILD_FILE: &str = "FIRSTOUT_TEST_CHILD_FILE";

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// The events in the outbox form one chain from the first on; their ids.
fn check_chain(store: &Store) -> Vec<EventId> {
    let sent = store.outbox(0, usize::MAX >> 1, usize::MAX).unwrap();
    let mut last = sent.first().map_or(Hash::default(), |first| store.chain_before(first.seq).unwrap());
    for envelope in &sent {
        last = Hash::chain(last, envelope.bytes.as_bytes());
        assert_eq!(envelope.hash, last, "event {}", envelope.seq);
    }
    sent.iter().map(|envelope| Event::decode(envelope.bytes.as_bytes()).unwrap().id).collect()
}

/// Not a test of its own: the child of `what_was_beeped_survives_kill_9`, which confirms until it is killed.
#[test]
fn child_that_beeps() {
    let Ok(file) = std::env::var(CHILD_FILE) else { return };
    let mut store = enrolled(Path::new(&file));
    for number in store.last_seq().unwrap() + 1.. {
        confirm(&mut store, number.into(), receipt("A", "2027-01-31", 1));
        println!("beep {number}");
    }
}

#[test]
fn what_was_beeped_survives_kill_9() {
    let folder = Folder::new("kill");
    let file = folder.file();
    let mut beeped = 0;
    for round in 1..=4_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store_file::child_that_beeps", "--nocapture"])
            .env(CHILD_FILE, &file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut beeps = lines.by_ref().map_while(Result::ok).filter_map(|line| {
            line.split_once("beep ").and_then(|(_, number)| number.trim().parse::<u64>().ok())
        });
        let enough = beeped + 7 * round;
        beeped = beeps.by_ref().find(|number| *number >= enough).unwrap();
        assert!(matches!(Store::open(&file, NOW), Err(StoreError::Locked)), "the child has the file");
        child.kill().unwrap();
        child.wait().unwrap();
        // What the child said between the last line read and its end counts too.
        beeped = beeps.last().unwrap_or(beeped).max(beeped);

        let (store, report) = Store::open(&file, NOW).unwrap();
        assert_eq!(report.salvage, None);
        let kept = check_chain(&store);
        assert!(kept.len() as u64 >= beeped, "{} of {beeped} events", kept.len());
        assert_eq!(store.pending(), kept.len() as u64);
        assert_eq!(store.balance(&stock_key("A", DOCK)).unwrap().units(), kept.len() as i64);
        store.reader().unwrap().check().unwrap();
        beeped = kept.len() as u64;
    }
}

#[test]
fn a_newer_schema_is_left_untouched() {
    let folder = Folder::new("newer");
    let file = folder.file();
    confirm(&mut enrolled(&file), 1, receipt("A", "2027-01-31", 10));
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&file).unwrap();
    for _ in 0..2 {
        let error = Store::open(&file, NOW).unwrap_err();
        assert!(matches!(error, StoreError::NewerSchema { found: 99, known } if known < 99), "{error}");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::metadata(beside(&file, "-wal")).map_or(0, |wal| wal.len()), 0);
}

#[test]
fn a_file_of_another_program_is_left_untouched() {
    let folder = Folder::new("foreign");
    let file = folder.file();
    rusqlite::Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let before = fs::read(&file).unwrap();
    assert!(matches!(Store::open(&file, NOW), Err(StoreError::Foreign)));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn one_program_writes_others_read() {
    let folder = Folder::new("lock");
    let mut store = enrolled(&folder.file());
    assert!(matches!(Store::open(&folder.file(), NOW), Err(StoreError::Locked)));
    let reader = store.reader().unwrap();
    confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    assert_eq!(reader.balance(&stock_key("A", DOCK)).unwrap(), units(10));
    assert_eq!(reader.sync_status().unwrap().pending, 1);
    drop((store, reader));
    assert_eq!(open(&folder.file()).pending(), 1);
}

/// A store with master data, 200 waiting events and a stop.
fn busy(file: &Path) {
    let mut store = enrolled(file);
    master().send(&mut store).unwrap();
    confirm(&mut store, 1, hold("B"));
    for number in 2..=200 {
        confirm(&mut store, number, receipt(&format!("A{number}"), "2027-01-31", 1));
    }
}

#[test]
fn a_file_with_a_damaged_head_is_moved_aside_and_its_events_are_carved() {
    let folder = Folder::new("head");
    let file = folder.file();
    busy(&file);
    let mut bytes = fs::read(&file).unwrap();
    bytes[..4096].fill(0xA5);
    fs::write(&file, &bytes).unwrap();

    let (mut store, report) = Store::open(&file, NOW).unwrap();
    let salvage = report.salvage.expect("the damage is reported");
    assert_eq!(fs::read(&salvage.moved_to).unwrap(), bytes, "the damaged file is kept as it was");
    assert_eq!((salvage.identity, salvage.complete, report.created), (false, false, false));
    assert_eq!((salvage.events, salvage.pending), (200, 200));
    assert_eq!(store.sync_status().unwrap().last_problem.as_deref(), Some("salvaged"));
    // Enrolled again, the events go out under their old ids.
    store.enrol(firstout::store::Identity { epoch: 2, ..identity() }).unwrap();
    assert_eq!(check_chain(&store), (1..=200).map(id).collect::<Vec<_>>());
    assert_eq!(store.balance(&stock_key("A7", DOCK)).unwrap(), units(1));
    assert_eq!(confirm(&mut store, 300, receipt("Z", "2027-01-31", 1)).seq, 201);
    drop(store);
    assert_eq!(Store::open(&file, NOW).unwrap().1.salvage, None, "only once");
}

#[test]
fn a_damaged_page_costs_no_more_than_itself() {
    let folder = Folder::new("page");
    let file = folder.file();
    busy(&file);
    let mut bytes = fs::read(&file).unwrap();
    // A leaf page full of events.
    let page = (1..bytes.len() / 4096)
        .find(|page| {
            let page = &bytes[page * 4096..][..4096];
            let text = String::from_utf8_lossy(page);
            page[0] == 0x0D && text.contains(r#""receipt":"#) && text.contains(r#""lot":"A100""#)
        })
        .unwrap();
    bytes[page * 4096..][..4096].fill(0xA5);
    fs::write(&file, &bytes).unwrap();
    fs::write(beside(&file, "-wal"), b"as after a crash").unwrap();

    let (store, report) = Store::open(&file, NOW).unwrap();
    let salvage = report.salvage.expect("the damage is found after an unclean end");
    assert!(salvage.identity && !salvage.complete, "{salvage:?}");
    assert!((1..20).contains(&salvage.missing), "{salvage:?}");
    assert_eq!(salvage.events + salvage.missing, 200);
    assert_eq!(salvage.pending, salvage.events, "all of them are sent again");
    assert_eq!(store.epoch().unwrap(), 2, "sequences that may be lost are not given twice");
    assert_eq!(check_chain(&store).len() as u64, salvage.events);
    assert_eq!(store.item(MILK).unwrap().map(|item| item.code).as_deref(), Some("MILK"));
    assert_eq!(store.holds_on(&lot_key("B"), SHELF, None).unwrap().len(), 1, "a stop still stops");
    store.check().unwrap();
}

#[test]
fn a_salvage_that_was_interrupted_is_finished() {
    let folder = Folder::new("interrupted");
    let file = folder.file();
    let salvaged = beside(&file, ".salvaged");
    busy(&file);
    fs::rename(&file, &salvaged).unwrap();
    // The damaged file is still in its place, with its log.
    fs::write(&file, b"damaged").unwrap();
    fs::write(beside(&file, "-wal"), b"its log").unwrap();
    let (store, report) = Store::open(&file, NOW).unwrap();
    assert_eq!((report.created, store.pending()), (false, 200));
    let aside = beside(&file, &format!(".damaged-{}", NOW.0));
    assert_eq!(fs::read(&aside).unwrap(), b"damaged");
    assert_eq!(fs::read(beside(&aside, "-wal")).unwrap(), b"its log");
    assert!(!salvaged.exists());
}

#[test]
fn damage_met_in_use_is_salvaged_at_the_next_start() {
    let folder = Folder::new("use");
    let file = folder.file();
    busy(&file);
    // The tree of the labels that this device has read, which no check at the start looks at.
    let db = rusqlite::Connection::open(&file).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'lot_said_lot'";
    let page = db.query_row(sql, (), |row| row.get::<_, u32>(0)).unwrap() as usize;
    drop(db);
    let mut bytes = fs::read(&file).unwrap();
    bytes[(page - 1) * 4096..][..4096].fill(0xA5);
    fs::write(&file, &bytes).unwrap();
    let mut store = open(&file);
    let refused = store.confirm(draft(201, receipt("Z", "2027-01-31", 1)));
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
    drop(store);
    let (mut store, report) = Store::open(&file, NOW).unwrap();
    assert_eq!(report.salvage.map(|salvage| (salvage.events, salvage.missing)), Some((200, 0)));
    confirm(&mut store, 201, receipt("Z", "2027-01-31", 1));
    store.check().unwrap();
}

#[test]
fn an_altered_event_is_found_after_a_crash() {
    let folder = Folder::new("altered");
    let file = folder.file();
    busy(&file);
    let mut bytes = fs::read(&file).unwrap();
    let text = br#""lot":"A150""#;
    for at in 0..bytes.len() - text.len() {
        if &bytes[at..at + text.len()] == text {
            bytes[at + 9] = b'3';
        }
    }
    fs::write(&file, &bytes).unwrap();
    fs::write(beside(&file, "-wal"), b"as after a crash").unwrap();
    let (store, report) = Store::open(&file, NOW).unwrap();
    let salvage = report.salvage.expect("the damage is found after an unclean end");
    assert_eq!((salvage.events, salvage.missing), (199, 1));
    assert!(!check_chain(&store).contains(&id(150)));
}

/// Never changed once shipped.
const SHIPPED: [&str; 5] = [
    include_str!("../fixtures/store_v1.sql"),
    include_str!("../fixtures/store_v2.sql"),
    include_str!("../fixtures/store_v3.sql"),
    include_str!("../fixtures/store_v4.sql"),
    include_str!("../fixtures/store_v5.sql"),
];

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/store_v{version}.sql"))
}

fn schema(db: &rusqlite::Connection) -> Vec<String> {
    let mut query = db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
    query.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Every schema that was ever shipped opens with what was in it, and becomes the newest.
#[test]
fn every_shipped_schema_opens() {
    if std::env::var_os("FIRSTOUT_WRITE_FIXTURE").is_some() {
        write_fixture();
    }
    let newest = Folder::new("newest");
    drop(open(&newest.file()));
    let db = rusqlite::Connection::open(newest.file()).unwrap();
    let version: usize =
        db.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap() as usize;
    assert_eq!(SHIPPED.len(), version, "each schema has its fixture");
    let expected = schema(&db);
    for (sql, version) in SHIPPED.iter().zip(1..) {
        let folder = Folder::new("old");
        rusqlite::Connection::open(folder.file()).unwrap().execute_batch(sql).unwrap();
        let mut store = open(&folder.file());
        check_identity(&store, version);
        assert_eq!(check_chain(&store), (1..=4).map(id).collect::<Vec<_>>());
        assert_eq!(store.balance(&stock_key("A", SHELF)).unwrap(), units(4));
        assert_eq!(store.candidates(MILK, 9).unwrap().len(), 3);
        assert_eq!(store.holds_on(&lot_key("A"), DOCK, None).unwrap().len(), 1);
        assert_eq!(confirm(&mut store, 9, receipt("B", "2027-01-31", 1)).seq, 5);
        drop(store);
        assert_eq!(schema(&rusqlite::Connection::open(folder.file()).unwrap()), expected);
    }
}

/// What was there stays; before schema 4 there were no keys and no certificates.
fn check_identity(store: &Store, version: u32) {
    let found = store.identity().unwrap().unwrap();
    let expected = match version {
        1..=3 => firstout::store::Identity { key: found.key.clone(), roots: String::new(), ..identity() },
        _ => identity(),
    };
    assert_eq!(found, expected, "version {version}");
    assert_ne!(found.key.seed(), [0; 32], "version {version}");
}

/// `FIRSTOUT_WRITE_FIXTURE=1 cargo test --test it shipped_schema`, once when a schema is shipped.
fn write_fixture() {
    let folder = Folder::new("fixture");
    let mut store = enrolled(&folder.file());
    master().send(&mut store).unwrap();
    confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    confirm(&mut store, 2, put_away("A", 4));
    confirm(&mut store, 3, hold("A"));
    confirm(&mut store, 4, receipt("C", "2027-02-28", 3));
    drop(store);
    let db = rusqlite::Connection::open(folder.file()).unwrap();
    let version: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(fs::read_to_string(fixture(version)).unwrap(), "", "a shipped fixture is never changed");
    let mut out = String::from("BEGIN;\n");
    let mut query = db
        .prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, rowid")
        .unwrap();
    let mut rows = query.query(()).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (kind, name): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        out += &format!("{};\n", row.get::<_, String>(2).unwrap());
        if kind == "table" {
            dump_rows(&db, &name, &mut out);
        }
    }
    out += "PRAGMA application_id = 1179612532;\n";
    out += &format!("PRAGMA user_version = {version};\nCOMMIT;\n");
    fs::write(fixture(version), out).unwrap();
}

fn dump_rows(db: &rusqlite::Connection, table: &str, out: &mut String) {
    let mut columns = db.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
    let names: Vec<String> =
        columns.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let quoted: Vec<String> = names.iter().map(|name| format!("quote({name})")).collect();
    let mut query = db.prepare(&format!("SELECT {} FROM {table}", quoted.join(" || ', ' || "))).unwrap();
    let mut rows = query.query(()).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values: String = row.get(0).unwrap();
        *out += &format!("INSERT INTO {table} ({}) VALUES ({values});\n", names.join(", "));
    }
}
