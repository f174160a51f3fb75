//! What whoever runs the server relies on: whether it is ready, and that a stop is one.

use crate::server_database::{Db, execute, on_every_database};
use crate::server_support::{Handheld, SITE, TestServer, call, folder, receipt};
use firstout::server::storage::StorageError;
use firstout::server::{Config, start_background};

fn ready(server: &TestServer, expected: (u16, &str)) {
    let answer = call(server.addr, "GET", "/readyz", &[], b"");
    assert_eq!(answer.status, expected.0, "{}", answer.text());
    assert!(answer.text().contains(expected.1), "{}", answer.text());
}

fn it_is_not_ready_for_a_database_of_a_newer_program(db: Db) {
    let server = TestServer::start(db, "newer");
    ready(&server, (200, "ready: it can write, schema "));
    let newest = "(SELECT max(version) FROM refinery_schema_history)";
    let set = |to: i32| {
        execute(
            &server.database,
            &format!("UPDATE refinery_schema_history SET version = {to} WHERE version = {newest}"),
        )
    };
    assert_eq!(set(99), 1);
    ready(&server, (503, "\"code\":\"not_ready\""));
    ready(&server, (503, "the database has schema 99, this program knows up to "));
    assert_eq!(call(server.addr, "GET", "/healthz", &[], b"").status, 200, "it lives all the same");
}

fn it_is_not_ready_without_its_tables(db: Db) {
    let server = TestServer::start(db, "gone");
    execute(&server.database, "ALTER TABLE server RENAME TO elsewhere");
    ready(&server, (503, "not ready: "));
    execute(&server.database, "ALTER TABLE elsewhere RENAME TO server");
    ready(&server, (200, "ready: "));
}

on_every_database!(it_is_not_ready_for_a_database_of_a_newer_program, it_is_not_ready_without_its_tables,);

/// Also while somebody still holds the storage: a watcher of folders does, until the process ends.
#[test]
fn what_was_stopped_is_one_file_that_can_be_copied() {
    let (data, copy) = (folder("stopped"), folder("stopped-copy"));
    let server = start_background(Config::local(&data)).unwrap();
    let mut handheld = Handheld::enrol(server.addr, server.token(SITE, "").unwrap().reveal(), "HH-01");
    for _ in 0..200 {
        handheld.confirm(receipt(1));
    }
    handheld.push_all();
    let file = |end: &str| data.join(format!("firstout.sqlite{end}"));
    assert!(file("-wal").is_file(), "there is a log while it runs");

    let kept = server.run(async |storage| Ok::<_, StorageError>(storage)).unwrap();
    server.stop();
    for end in ["-wal", "-shm"] {
        assert!(!file(end).exists(), "{end} is still there");
    }
    std::fs::create_dir_all(&copy).unwrap();
    std::fs::copy(file(""), copy.join("firstout.sqlite")).unwrap();
    let server = start_background(Config::local(&copy)).unwrap();
    handheld.addr = server.addr;
    assert_eq!(handheld.hello().device_last_seq, 200);
    server.stop();
    drop(kept);
    for folder in [data, copy] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}
