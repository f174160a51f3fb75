//! `firstout-server doctor`: each thing that can be wrong is made so, and found; what is fine is called so.

use crate::server_database::{Db, execute, on_every_database};
use crate::server_support::{SITE, TestServer, folder, receipt};
use firstout::domain::Timestamp;
use firstout::server::doctor::{Ask, Finding, Level, examine};
use firstout::server::storage::{Act, AuditEntry, Place, SERVER};
use firstout::server::tls::Tls;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

fn ask(data: &Path) -> Ask {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    Ask { data: data.to_owned(), place: Place::in_folder(data), listen, tls: None, inboxes: Vec::new() }
}

fn look(ask: &Ask, now: Timestamp) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(examine(ask, now))
}

/// Of all that was found, what has this code says this.
#[track_caller]
fn check(found: &[Finding], code: &str, level: Level, words: &str) {
    let fits =
        |finding: &&Finding| finding.code == code && finding.level == level && finding.what.contains(words);
    let finding = found.iter().find(fits).unwrap_or_else(|| panic!("{code} {words:?} is not in {found:#?}"));
    let explained = !finding.why.is_empty() && !finding.todo.is_empty();
    assert_eq!(explained, level > Level::Fine, "{finding:?}");
}

/// A server that has a device with one event, and what the doctor is asked about it.
fn server(db: Db, name: &str) -> (TestServer, Ask) {
    let server = TestServer::start(db, name);
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(3));
    handheld.push_all();
    let ask = Ask { place: server.database.clone(), listen: server.addr, ..ask(&server.data) };
    (server, ask)
}

fn now(server: &TestServer) -> Timestamp {
    Timestamp(server.clock.load(Ordering::Relaxed))
}

fn a_server_at_work_is_fine_but_for_its_backup(db: Db) {
    let (server, mut ask) = server(db, "doctor");
    fs::set_permissions(&server.data, fs::Permissions::from_mode(0o700)).unwrap();
    let inbox = folder("doctor-inbox");
    ["in", "archive", "error"].iter().for_each(|part| fs::create_dir_all(inbox.join(part)).unwrap());
    ask.inboxes.push(inbox.clone());
    Tls::own(&server.data, &["localhost".to_owned()]).unwrap();
    let found = look(&ask, now(&server));
    check(&found, "backup", Level::Warning, "there is no backup; 1 entries are only here");
    let copy = server.data.join("copy.bak");
    let taken = now(&server);
    server
        .background
        .run(async |storage| {
            let findings = storage.backup(&copy).await?;
            assert_eq!(findings.problems, Vec::<String>::new());
            storage.note(SERVER, AuditEntry::at_the_machine(taken, Act::BackedUp, "copy")).await
        })
        .unwrap();
    let found = look(&ask, now(&server));
    let rest: Vec<_> = found.iter().filter(|finding| finding.level > Level::Fine).collect();
    let free = rest.iter().all(|finding| finding.code == "disk_space");
    assert!(free, "{rest:#?}");
    for code in [
        "data_folder",
        "certificate",
        "database",
        "schema",
        "integrity",
        "backup",
        "clock",
        "devices",
        "port",
    ] {
        assert!(
            found.iter().any(|finding| finding.code == code && finding.why.is_empty()),
            "{code} in {found:#?}"
        );
    }
    check(&found, "key_permissions", Level::Fine, "authority.key is for its owner only");
    check(&found, "inbox", Level::Fine, "can be used");
    check(&found, "port", Level::Fine, "a Firstout server answers");
    fs::remove_dir_all(inbox).unwrap();
}

fn backups_clocks_and_devices_are_judged_by_what_is_stored(db: Db) {
    let (server, ask) = server(db, "doctor-stored");
    let first = now(&server);
    let noted = async move |storage: firstout::server::storage::Storage| {
        storage.note(SERVER, AuditEntry::at_the_machine(first, Act::BackedUp, "copy")).await
    };
    server.background.run(noted).unwrap();
    let at = |ms: i64| Timestamp(first.0 + ms);
    check(&look(&ask, at(0)), "backup", Level::Fine, "the last backup is 0 minutes old; 1 entries are newer");
    check(&look(&ask, at(2 * DAY_MS)), "backup", Level::Warning, "the last backup is 2 days old");
    check(&look(&ask, at(8 * DAY_MS)), "backup", Level::Problem, "the last backup is 8 days old");

    check(&look(&ask, at(0)), "clock", Level::Fine, "nothing speaks against it");
    check(&look(&ask, at(-6 * MINUTE_MS)), "clock", Level::Problem, "but there are records of");
    check(&look(&ask, Timestamp(0)), "clock", Level::Problem, "1970");
    for name in ["HH-02", "HH-03"] {
        server.enrol(name);
    }
    execute(&server.database, "UPDATE device SET skew_ms = 7200000");
    check(&look(&ask, at(0)), "clock", Level::Warning, "is 2 hours ahead of most handhelds'");
    execute(&server.database, "UPDATE device SET skew_ms = 0 WHERE name <> 'HH-02'");
    check(&look(&ask, at(0)), "clock", Level::Fine, "nothing speaks against it");

    check(&look(&ask, at(0)), "devices", Level::Fine, "all 3 were heard of within a day");
    check(&look(&ask, at(3 * DAY_MS)), "devices", Level::Note, "3 of 3 devices were not heard of for a day");
    execute(&server.database, "UPDATE device SET reported_seq = 8 WHERE name = 'HH-01'");
    let silent = look(&ask, at(3 * DAY_MS));
    check(&silent, "devices", Level::Warning, "for a day: HH-01 (3 days, holds 7 events), HH-02");
    execute(&server.database, "UPDATE device SET revoked = 1");
    check(&look(&ask, at(3 * DAY_MS)), "devices", Level::Fine, "all 0 were heard of");
}

fn schemas_of_other_programs_are_left_as_they_are(db: Db) {
    let (server, ask) = server(db, "doctor-schema");
    let set = |to: i32| {
        let newest = "(SELECT max(version) FROM refinery_schema_history)";
        let sql = format!("UPDATE refinery_schema_history SET version = {to} WHERE version = {newest}");
        assert_eq!(execute(&server.database, &sql), 1);
    };
    set(99);
    check(
        &look(&ask, now(&server)),
        "schema",
        Level::Problem,
        "the database has schema 99, this program knows",
    );
    execute(&server.database, "DELETE FROM refinery_schema_history WHERE version > 1");
    for _ in 0..2 {
        check(
            &look(&ask, now(&server)),
            "schema",
            Level::Warning,
            "the database has schema 1, this program knows",
        );
    }
}

on_every_database!(
    a_server_at_work_is_fine_but_for_its_backup,
    backups_clocks_and_devices_are_judged_by_what_is_stored,
    schemas_of_other_programs_are_left_as_they_are,
);

#[test]
fn folders_files_and_keys_are_looked_at() {
    let data = folder("doctor-files");
    let now = Timestamp(1_795_420_800_000);
    let mut ask = ask(&data);
    check(&look(&ask, now), "data_folder", Level::Warning, "there is no folder");
    check(&look(&ask, now), "disk_space", Level::Note, "the free space is not known");
    assert!(!data.exists(), "looking makes nothing");
    fs::write(&data, "a file").unwrap();
    check(&look(&ask, now), "data_folder", Level::Problem, "cannot be written");
    fs::remove_file(&data).unwrap();
    fs::create_dir_all(&data).unwrap();
    let found = look(&ask, now);
    check(&found, "data_folder", Level::Fine, "can be written");
    check(&found, "database", Level::Warning, "there is no database at sqlite:");
    check(&found, "certificate", Level::Note, "no authority of its own yet");

    let file = data.join("firstout.sqlite");
    fs::write(&file, "this is no database, whatever its name says".repeat(100)).unwrap();
    check(&look(&ask, now), "database", Level::Problem, "cannot be used");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    check(&look(&ask, now), "database_permissions", Level::Warning, "everybody on this machine can read");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    check(&look(&ask, now), "database_permissions", Level::Fine, "is not for everybody");

    Tls::own(&data, &["localhost".to_owned()]).unwrap();
    check(&look(&ask, now), "certificate", Level::Fine, "is good until 9999-12-31");
    let key = data.join("tls/authority.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    check(&look(&ask, now), "key_permissions", Level::Problem, "can be read by others (mode 640)");

    // Of another authority's key: it does not fit.
    let other = folder("doctor-other");
    fs::create_dir_all(&other).unwrap();
    Tls::own(&other, &["localhost".to_owned()]).unwrap();
    ask.tls = Some((data.join("tls/authority.pem"), other.join("tls/authority.key")));
    check(&look(&ask, now), "certificate", Level::Problem, "the certificate cannot be used");
    ask.tls = Some((key, data.join("tls/authority.key")));
    check(&look(&ask, now), "certificate", Level::Problem, "holds no certificate");
    for folder in [data, other] {
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn certificates_end() {
    let data = folder("doctor-ends");
    fs::create_dir_all(&data).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 11, 1);
    params.not_after = rcgen::date_time_ymd(2027, 2, 1);
    let (chain, secret) = (data.join("chain.pem"), data.join("key.pem"));
    fs::write(&chain, params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(&secret, key.serialize_pem()).unwrap();
    let ask = Ask { tls: Some((chain, secret)), ..ask(&data) };
    let at = |text: &str| Timestamp(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis());
    let cases = [
        ("2026-10-31T00:00:00Z", Level::Problem, "is good only from 2026-11-01"),
        ("2026-11-23T00:00:00Z", Level::Fine, "is good until 2027-02-01"),
        ("2027-01-22T00:00:00Z", Level::Warning, "is good for 10 days more"),
        ("2027-02-02T00:00:00Z", Level::Problem, "ended on 2027-02-01"),
    ];
    for (time, level, words) in cases {
        check(&look(&ask, at(time)), "certificate", level, words);
    }
    fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_damaged_file_is_found() {
    let (server, ask) = server(Db::Sqlite, "doctor-damaged");
    let now = now(&server);
    let TestServer { data, .. } = &server;
    let copy = data.join("damaged.sqlite");
    let findings = server.background.run(async |storage| storage.backup(&copy).await).unwrap();
    assert_eq!(findings.problems.len(), 0);
    let mut bytes = fs::read(&copy).unwrap();
    // The page of an index loses what it says of its cells.
    let page = 4096;
    let holds = |at: &usize| bytes[*at] == 0x0a && bytes[*at + 4] > 0;
    let hit = (1..bytes.len() / page).map(|n| n * page).rfind(holds).unwrap();
    bytes[hit + 8..hit + page].fill(0x55);
    fs::write(&copy, bytes).unwrap();
    let ask = Ask { place: Place::Sqlite(copy), ..ask };
    check(&look(&ask, now), "integrity", Level::Problem, "the database is damaged");
}

#[test]
fn the_address_is_tried() {
    let data = folder("doctor-port");
    fs::create_dir_all(&data).unwrap();
    let now = Timestamp(1_795_420_800_000);
    let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut ask = ask(&data);
    ask.listen = other.local_addr().unwrap();
    let found = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = other.accept().unwrap();
            let _ = stream.read(&mut [0; 512]);
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nok\n").unwrap();
        });
        look(&ask, now)
    });
    check(&found, "port", Level::Problem, "something else answers");
    drop(other);
    check(&look(&ask, now), "port", Level::Note, "nobody listens on");
    // An address for documentation (RFC 5737): it is no machine's.
    ask.listen = SocketAddr::from(([192, 0, 2, 1], 9));
    let found = look(&ask, now);
    let refused = found.iter().any(|finding| finding.code == "port" && finding.level == Level::Problem);
    assert!(refused, "{found:#?}");
    fs::remove_dir_all(data).unwrap();
}

#[test]
fn folders_for_imports_are_looked_into() {
    let (data, inbox) = (folder("doctor-data"), folder("doctor-in"));
    fs::create_dir_all(&data).unwrap();
    let now = firstout::server::system_clock()();
    let ask = Ask { inboxes: vec![inbox.clone()], ..ask(&data) };
    check(&look(&ask, now), "inbox", Level::Problem, "cannot be written");
    ["in", "archive", "error"].iter().for_each(|part| fs::create_dir_all(inbox.join(part)).unwrap());
    check(&look(&ask, now), "inbox", Level::Fine, "is empty and can be used");
    fs::write(inbox.join("in/items.csv"), "x").unwrap();
    check(&look(&ask, now), "inbox", Level::Fine, "is empty and can be used");
    let later = Timestamp(now.0 + 12 * MINUTE_MS + MINUTE_MS / 2);
    check(&look(&ask, later), "inbox", Level::Warning, "items.csv waits since 12 minutes");
    fs::rename(inbox.join("in/items.csv"), inbox.join("in/items.csv.taken")).unwrap();
    check(&look(&ask, now), "inbox", Level::Problem, "items.csv.taken was begun and not ended");
    fs::rename(inbox.join("in/items.csv.taken"), inbox.join("error/items.csv")).unwrap();
    fs::write(inbox.join("error/items.csv.response.json"), "{}").unwrap();
    check(&look(&ask, now), "inbox", Level::Warning, "1 files in");
    check(&look(&ask, Timestamp(now.0 + 8 * DAY_MS)), "inbox", Level::Fine, "can be used");
    for folder in [data, inbox] {
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn the_program_tells_people_and_programs() {
    let (server, _) = server(Db::Sqlite, "doctor-told");
    server.background.token(SITE, "").unwrap();
    fs::set_permissions(&server.data, fs::Permissions::from_mode(0o700)).unwrap();
    let run = |arguments: &[&str]| {
        let program = Command::new(env!("CARGO_BIN_EXE_firstout-server"))
            .arg("--data")
            .arg(&server.data)
            .args(["doctor", "--listen", &server.addr.to_string()])
            .args(arguments)
            .output()
            .unwrap();
        (program.status.code(), String::from_utf8(program.stdout).unwrap())
    };
    let (code, text) = run(&[]);
    assert_eq!(code, Some(1), "{text}");
    for words in
        ["WARNING  backup", "Why: If this disk is lost", "Do:  Run `firstout-server backup", "need you"]
    {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    let (code, text) = run(&["--json"]);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &told["healthy"]), (Some(1), &serde_json::json!(false)));
    let backup = told["findings"].as_array().unwrap().iter().find(|one| one["code"] == "backup").unwrap();
    assert_eq!(backup["level"], "warning");
    let missing: PathBuf = server.data.join("nowhere");
    let program = Command::new(env!("CARGO_BIN_EXE_firstout-server"))
        .args(["--data", missing.to_str().unwrap(), "doctor"])
        .output()
        .unwrap();
    assert_eq!(program.status.code(), Some(1));
    assert!(!missing.exists(), "looking makes nothing");
}
