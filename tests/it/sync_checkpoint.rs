//! A device holds its server to what it was told, with a real server and over HTTP.

use crate::server_database::Db;
use crate::server_support::{MORNING, SITE, TestServer, folder};
use crate::sync_real::{Handheld, handheld, now, receipt};
use crate::sync_sim::world::{SUPERVISOR, records};
use firstout::domain::{DeviceKey, Timestamp};
use firstout::server::Checkpoints;
use firstout::server::storage::Storage;
use firstout::store::Reader;
use firstout::sync::cli::verify::{VerifyArgs, check, run};
use firstout::sync::wire::{Checkpoint, Hash, Verdict};
use std::path::PathBuf;

fn key() -> DeviceKey {
    DeviceKey::from_seed(&[7; 32])
}

fn signing(name: &str, key: DeviceKey, shelf: PathBuf) -> TestServer {
    let server = TestServer::start_with(Db::Sqlite, folder(name), |config| {
        config.checkpoints = Some(Checkpoints { key, folder: shelf });
    });
    server.background.run(async |storage| storage.append_master(SITE, records()).await).unwrap();
    server
}

fn checkpoint(server: &TestServer) -> Checkpoint {
    let read = |storage: Storage| async move { storage.checkpoints(Timestamp(MORNING)).await };
    server.background.run(read).unwrap().remove(0)
}

fn receives(handheld: &mut Handheld, server: &TestServer, events: usize) {
    for _ in 0..events {
        handheld.does(SUPERVISOR, receipt(), now(server));
    }
    handheld.in_step(server);
}

fn verify(handheld: &Handheld, text: String) -> (Verdict, String) {
    let found = check(&handheld.store, &[("file".to_owned(), text)], None).unwrap();
    (found.verdict, found.checkpoints[0].what.clone())
}

#[test]
fn a_device_holds_the_server_to_what_it_was_told() {
    let shelf = folder("told-shelf");
    let server = signing("told", key(), shelf.clone());
    let (mut handheld, mut other) = (handheld(&server, "told"), handheld(&server, "told-other"));
    receives(&mut handheld, &server, 3);
    let first = checkpoint(&server);
    receives(&mut other, &server, 2);
    let between = checkpoint(&server);
    receives(&mut handheld, &server, 4);
    let last = checkpoint(&server);
    assert_eq!((first.size, between.size, last.size), (3, 5, 9));
    assert_eq!(handheld.store.checkpoint_key().unwrap(), Some(key().public()));
    let all = [first, between, last].map(|one| ("file".to_owned(), one.sign(&key())));
    let found = check(&handheld.store, &all, None).unwrap();
    assert_eq!((found.verdict, found.events), (Verdict::Intact, 7), "{found:?}");

    // The server tells somebody else another story, signed like the true one.
    let story = Checkpoint { chain: Hash([9; 32]), ..between };
    assert_eq!(verify(&handheld, story.sign(&key())).0, Verdict::Fork);
    assert_eq!(verify(&handheld, between.sign(&DeviceKey::from_seed(&[8; 32]))).0, Verdict::Altered);
    let (verdict, what) = verify(&handheld, Checkpoint { size: 12, ..last }.sign(&key()));
    assert_eq!((verdict, what.contains("has read 9 entries")), (Verdict::Truncated, true), "{what}");
    assert_eq!(verify(&handheld, "firstout/".to_owned()).0, Verdict::Unreadable);
    let elsewhere = Checkpoint { server: uuid::Uuid::nil(), ..first };
    assert_eq!(verify(&handheld, elsewhere.sign(&key())).0, Verdict::Unreadable);

    // Beside the app that has the file open; then the device's own events are altered.
    let (db, file) = (handheld.folder.join("device.db"), handheld.folder.join("checkpoint"));
    std::fs::write(&file, first.sign(&key())).unwrap();
    let args = VerifyArgs { db: db.clone(), checkpoint: vec![file], key: None };
    let mut said = Vec::new();
    assert_eq!(run(&args, &mut said).unwrap(), Verdict::Intact);
    assert!(String::from_utf8(said).unwrap().starts_with("{\"verdict\":\"intact\""));
    let raw = rusqlite::Connection::open(&db).unwrap();
    raw.execute("UPDATE event SET bytes = replace(bytes, 'L1', 'L2') WHERE seq = 5", ()).unwrap();
    assert_eq!(Reader::open(&db).unwrap().check_chain().unwrap(), (4, Some((1, 5))));
    assert_eq!(run(&args, &mut Vec::new()).unwrap(), Verdict::Altered);
    let missing = VerifyArgs { db: handheld.folder.join("none.db"), ..args };
    assert_eq!(run(&missing, &mut Vec::new()).unwrap(), Verdict::Unreadable);
    std::fs::remove_dir_all(shelf).ok();
}

/// The first word counts: a server whose key was replaced is not believed.
#[test]
fn a_device_believes_the_first_key_that_it_was_told() {
    let shelf = folder("key-shelf");
    let server = signing("key", key(), shelf.clone());
    let mut handheld = handheld(&server, "key");
    receives(&mut handheld, &server, 1);
    handheld.store.trust_checkpoints(DeviceKey::from_seed(&[8; 32]).public()).unwrap();
    assert_eq!(handheld.store.checkpoint_key().unwrap(), Some(key().public()));
    std::fs::remove_dir_all(shelf).ok();
}
