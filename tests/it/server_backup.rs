//! Backups: what a handheld may forget is what can be had again from a file that was read back.

use crate::server_database::{Db, execute, on_every_database};
use crate::server_support::{Handheld, TestServer, folder, receipt};
use firstout::server::storage::{Findings, Place, Storage, StorageError, restore};
use firstout::sync::wire::Stream;
use std::path::Path;

fn backed_up(handheld: &Handheld) -> u64 {
    handheld.pull(Stream::Site, 100).last().unwrap().backed_up_through
}

fn received(handheld: &mut Handheld, events: usize) {
    let from = handheld.made.len();
    for _ in 0..events {
        handheld.confirm(receipt(1));
    }
    handheld.push(from, from + events);
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn restored(file: &Path, place: &Place, data: &Path) -> Result<Findings, StorageError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(restore(file, place, data))
}

fn what_is_in_a_backup_is_told_to_its_device_and_comes_back_from_it(db: Db) {
    let server = TestServer::start(db, "backup");
    let mut handheld = server.enrol("HH-01");
    received(&mut handheld, 3);
    assert_eq!(backed_up(&handheld), 0, "there is no backup");
    let shelf = folder("shelf");
    std::fs::create_dir_all(&shelf).unwrap();
    let file = shelf.join("firstout.bak");
    let findings = server.background.run(|storage| async move { storage.backup(&file).await }).unwrap();
    assert_eq!((findings.entries, findings.problems), (3, vec![]));
    assert_eq!(names(&shelf), ["firstout.bak"], "one file, nothing beside it");
    assert_eq!(backed_up(&handheld), 3);
    received(&mut handheld, 2);
    assert_eq!(backed_up(&handheld), 3, "the newer ones are not in it");
    let other = server.enrol("HH-02");
    assert_eq!(backed_up(&other), 0, "it has none of its own");

    let before = handheld.hello();
    let data = folder("restored");
    let place = db.place(&data);
    restored(&shelf.join("firstout.bak"), &place, &data).unwrap();
    drop(server);
    let again =
        TestServer::start_with(Db::Sqlite, data.clone(), |config| config.database = Some(place.clone()));
    handheld.addr = again.addr;
    let after = handheld.hello();
    assert_eq!(after.server_id, before.server_id);
    assert_ne!(after.server_epoch, before.server_epoch, "another incarnation");
    assert_eq!(after.device_last_seq, 3);
    assert!(
        again.background.run(|storage| async move { storage.verify().await }).unwrap().problems.is_empty()
    );
    let error = restored(&shelf.join("firstout.bak"), &place, &data).unwrap_err().to_string();
    assert!(error.contains("holds a database already") || error.contains("not empty"), "{error}");
    std::fs::remove_dir_all(shelf).unwrap();
}

fn a_database_that_is_not_sound_is_no_backup_and_the_older_one_stays(db: Db) {
    let server = TestServer::start(db, "unsound");
    let mut handheld = server.enrol("HH-01");
    received(&mut handheld, 2);
    let shelf = folder("older");
    std::fs::create_dir_all(&shelf).unwrap();
    let file = shelf.join("firstout.bak");
    let backup = |server: &TestServer| {
        let file = file.clone();
        server.background.run(|storage: Storage| async move { storage.backup(&file).await })
    };
    backup(&server).unwrap();
    let older = std::fs::read(&file).unwrap();
    received(&mut handheld, 1);
    let database = server.data.join("firstout.sqlite");
    execute(&server.database, "UPDATE event SET status = 1 WHERE stream_seq = 3");
    let findings = backup(&server).unwrap();
    assert!(findings.problems.iter().any(|problem| problem.contains("broken at entry 3")), "{findings:?}");
    assert_eq!(std::fs::read(&file).unwrap(), older);
    assert_eq!(names(&shelf), ["firstout.bak"]);
    assert_eq!(backed_up(&handheld), 2, "nothing more counts as safe");
    if db == Db::Sqlite {
        let own = server.background.run(|storage| async move { storage.backup(&database).await });
        assert!(own.unwrap_err().to_string().contains("own place"));
    }
    std::fs::remove_dir_all(shelf).unwrap();
}

on_every_database!(
    what_is_in_a_backup_is_told_to_its_device_and_comes_back_from_it,
    a_database_that_is_not_sound_is_no_backup_and_the_older_one_stays,
);
