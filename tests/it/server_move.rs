//! A site that outgrows its file: it moves to PostgreSQL and back, and its devices go on where they were.

use crate::server_database::{Db, execute};
use crate::server_support::{Handheld, TestServer, folder, receipt};
use firstout::server::storage::{Place, Storage, StorageError, move_to, restore};
use firstout::sync::wire::{Head, PullReply, Stream};

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(work)
}

fn received(handheld: &mut Handheld, events: usize) {
    let from = handheld.made.len();
    for _ in 0..events {
        handheld.confirm(receipt(1));
    }
    handheld.push(from, from + events);
}

fn again(place: &Place) -> TestServer {
    TestServer::start_with(Db::Sqlite, folder("moved"), |config| config.database = Some(place.clone()))
}

fn problems(server: &TestServer) -> Vec<String> {
    server.background.run(|storage: Storage| async move { storage.verify().await }).unwrap().problems
}

#[test]
fn a_site_moves_and_its_devices_notice_nothing() {
    let server = TestServer::start(Db::Sqlite, "outgrown");
    let mut handheld = server.enrol("HH-01");
    received(&mut handheld, 400);
    received(&mut handheld, 300);
    let before = handheld.hello();
    let page: PullReply = handheld.page(Stream::Site, Head::default(), 300).json();
    let (file, data) = (server.database.clone(), server.data.clone());
    let to = Db::Postgres.place(&data);
    let refused = wait(move_to(&file, &to)).unwrap_err();
    assert!(refused.to_string().contains("a server is using this file"), "{refused}");
    let keep = folder("keep");
    std::fs::create_dir_all(&keep).unwrap();
    let kept_file = keep.join("firstout.sqlite");
    stop_and_take(server, &kept_file);

    let (findings, kept) = wait(move_to(&Place::Sqlite(kept_file.clone()), &to)).unwrap();
    assert_eq!((findings.entries, findings.problems), (700, vec![]));
    assert!(!kept_file.exists() && kept.is_file());
    let server = again(&to);
    handheld.addr = server.addr;
    assert_eq!(handheld.hello(), before, "ids, epochs, heads and hashes are the same");
    let rest: PullReply = handheld.page(Stream::Site, page.next, 500).json();
    assert_eq!((rest.events.len(), rest.next), (400, before.heads.site));
    received(&mut handheld, 3);
    assert_eq!(handheld.hello().device_last_seq, 703);
    assert_eq!(problems(&server), Vec::<String>::new());
    let full = wait(move_to(&Place::Sqlite(kept), &to)).unwrap_err();
    assert!(matches!(full, StorageError::NotEmpty), "{full}");

    // The way back: a backup is of no database.
    let backup = keep.join("firstout.bak");
    let file = backup.clone();
    let findings = server.background.run(|storage: Storage| async move { storage.backup(&file).await });
    assert_eq!(findings.unwrap().problems, Vec::<String>::new());
    let back = folder("back");
    let place = Place::in_folder(&back);
    wait(restore(&backup, &place, &back)).unwrap();
    let server = again(&place);
    handheld.addr = server.addr;
    let after = handheld.hello();
    assert_eq!((after.server_id, after.heads.site.seq), (before.server_id, 703));
    assert_ne!(after.server_epoch, before.server_epoch);
    assert_eq!(problems(&server), Vec::<String>::new());
    for folder in [keep, back] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// Stops a server and takes its file out of its folder.
fn stop_and_take(server: TestServer, to: &std::path::Path) {
    let Place::Sqlite(from) = server.database.clone() else { panic!("no file") };
    let data = server.data.clone();
    let aside = data.with_extension("aside");
    std::fs::rename(&data, &aside).unwrap();
    drop(server);
    std::fs::rename(aside.join(from.file_name().unwrap()), to).unwrap();
    let wal = aside.join("firstout.sqlite-wal");
    if wal.is_file() {
        std::fs::rename(wal, to.with_file_name("firstout.sqlite-wal")).unwrap();
    }
    std::fs::remove_dir_all(aside).unwrap();
}

#[test]
fn what_is_not_sound_is_not_moved() {
    let server = TestServer::start(Db::Sqlite, "unsound-move");
    let mut handheld = server.enrol("HH-01");
    received(&mut handheld, 2);
    execute(&server.database, "UPDATE event SET status = 1 WHERE stream_seq = 2");
    let keep = folder("unsound-keep");
    std::fs::create_dir_all(&keep).unwrap();
    let file = keep.join("firstout.sqlite");
    stop_and_take(server, &file);
    let to = Db::Postgres.place(&keep);
    let (findings, _) = wait(move_to(&Place::Sqlite(file.clone()), &to)).unwrap();
    assert!(findings.problems.iter().any(|problem| problem.contains("broken at entry 2")), "{findings:?}");
    assert!(file.is_file());
    let server = again(&to);
    assert_eq!(server.entries(), 0, "nothing is there");
    std::fs::remove_dir_all(keep).unwrap();
}
