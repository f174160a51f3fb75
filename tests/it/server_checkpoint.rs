//! The tree over the ledger and what is signed of it: it is that of the entries, whoever wrote them and when, and what is
//! edited in the database is noticed.

use crate::server_database::{Db, execute, on_every_database};
use crate::server_support::{Handheld, MORNING, TestServer, folder, movement, receipt};
use firstout::domain::{
    Body, DeviceKey, Hold, HoldKind, HoldTarget, LocationId, Move, MoveKind, Reason, Release, SiteId,
    Timestamp, Undo,
};
use firstout::server::checkpoint;
use firstout::server::storage::{Report, Storage, restore};
use firstout::sync::wire::{Checkpoint, Verdict};

fn moved(units: i64, from: i64, to: i64) -> Body {
    let lines = vec![movement("L1", units, from, to)];
    Body::Move(Move { kind: MoveKind::Move, lines })
}

fn pushed(handheld: &mut Handheld, bodies: Vec<Body>) {
    let from = handheld.made.len();
    for body in bodies {
        handheld.confirm(body);
    }
    handheld.push(from, handheld.made.len());
}

fn checkpoint(server: &TestServer) -> Checkpoint {
    let read = |storage: Storage| async move { storage.checkpoints(Timestamp(MORNING)).await };
    server.background.run(read).unwrap().into_iter().find(|one| one.site == SiteId(1)).unwrap()
}

fn verify(server: &TestServer, checkpoints: &[Checkpoint]) -> Report {
    let checkpoints = checkpoints.to_vec();
    server
        .background
        .run(|storage: Storage| async move { storage.verify_against(checkpoints).await })
        .unwrap()
}

fn problems(server: &TestServer) -> Vec<String> {
    server.background.run(|storage: Storage| async move { storage.verify().await }).unwrap().problems
}

fn what_was_signed_stays_true_while_the_ledger_grows(db: Db) {
    let server = TestServer::start(db, "checkpoint");
    let mut handheld = server.enrol("HH-01");
    let mut all = Vec::new();
    for n in 1..=9 {
        pushed(&mut handheld, vec![receipt(1); n]);
        all.push(checkpoint(&server));
    }
    assert_eq!(all.last().unwrap().size, 45);
    let report = verify(&server, &all);
    assert_eq!((report.verdict, report.problems.len()), (Verdict::Intact, 0), "{report:?}");
    // Not even the time of an entry can be another one.
    execute(&server.database, "UPDATE event SET received = received + 1 WHERE stream_seq = 8");
    execute(&server.database, "UPDATE stream SET tree = NULL");
    assert_eq!(problems(&server), [""; 0], "without what was signed nobody sees it");
    let report = verify(&server, &all);
    let first = report.first.unwrap();
    assert_eq!((report.verdict, first.entry, first.through), (Verdict::Fork, Some(7), Some(10)));
}

/// A program that knew no trees wrote the first entries.
fn a_tree_that_stayed_behind_catches_up(db: Db) {
    let server = TestServer::start(db, "behind");
    let mut handheld = server.enrol("HH-01");
    pushed(&mut handheld, vec![receipt(1); 5]);
    let before = checkpoint(&server);
    execute(&server.database, "UPDATE stream SET tree = NULL");
    pushed(&mut handheld, vec![receipt(1); 2]);
    assert_eq!(problems(&server), [""; 0], "one that is behind is not wrong");
    let after = checkpoint(&server);
    assert_eq!(after.size, 7);
    assert_eq!(verify(&server, &[before, after]).verdict, Verdict::Intact);
    pushed(&mut handheld, vec![receipt(1)]);
    assert_eq!(problems(&server), [""; 0]);
    assert_eq!(verify(&server, &[checkpoint(&server)]).verdict, Verdict::Intact);
}

/// Stock that was moved before any label named its lot is there all the same.
fn what_came_before_its_lot_was_named_counts(db: Db) {
    let server = TestServer::start(db, "unnamed");
    let mut handheld = server.enrol("HH-01");
    pushed(&mut handheld, vec![moved(3, -3, 10)]);
    pushed(&mut handheld, vec![receipt(5)]);
    pushed(&mut handheld, vec![moved(1, 10, 20), receipt(2)]);
    assert_eq!(problems(&server), [""; 0]);
}

fn what_is_edited_is_noticed(db: Db) {
    let server = TestServer::start(db, "edited");
    let mut handheld = server.enrol("HH-01");
    let stop = |location| {
        let target = HoldTarget::Location(LocationId(location));
        Body::Hold(Hold { target, kind: HoldKind::Hold, reason: Reason::Other, note: "wet".into() })
    };
    let hold = handheld.confirm(stop(10));
    handheld.confirm(stop(20));
    let event = handheld.confirm(receipt(4));
    handheld.confirm(Body::Undo(Undo { event, body: Box::new(receipt(4)) }));
    handheld.confirm(Body::Release(Release {
        hold,
        target: HoldTarget::Location(LocationId(10)),
        reason: Reason::Other,
    }));
    handheld.confirm(receipt(6));
    handheld.push_all();
    assert_eq!(problems(&server), [""; 0]);
    // Each with the statement that puts it right again.
    let edits = [
        ("UPDATE lot SET units = units + 1", "UPDATE lot SET units = units - 1"),
        ("UPDATE lot SET good_to = good_to + 1", "UPDATE lot SET good_to = good_to - 1"),
        ("UPDATE stock SET units = units + 1", "UPDATE stock SET units = units - 1"),
        ("UPDATE stock SET since = since + 1", "UPDATE stock SET since = since - 1"),
        (
            "UPDATE change SET delta = delta + 1 WHERE stream_seq = 6",
            "UPDATE change SET delta = delta - 1 WHERE stream_seq = 6",
        ),
        ("UPDATE hold SET ended = 1 - ended", "UPDATE hold SET ended = 1 - ended"),
        (
            "UPDATE hold SET target = replace(target, '20', '21')",
            "UPDATE hold SET target = replace(target, '21', '20')",
        ),
        (
            "UPDATE control SET site_seq = 3 WHERE stream_seq = 2",
            "UPDATE control SET site_seq = 2 WHERE stream_seq = 2",
        ),
        ("UPDATE undone SET site = 2", "UPDATE undone SET site = 1"),
        (
            "UPDATE event SET kind = 'move' WHERE stream_seq = 6",
            "UPDATE event SET kind = 'receipt' WHERE stream_seq = 6",
        ),
        ("UPDATE event SET event_id = NULL WHERE stream_seq = 6", ""),
        (
            "UPDATE event SET reason = 'x' WHERE stream_seq = 6",
            "UPDATE event SET reason = '' WHERE stream_seq = 6",
        ),
        ("UPDATE event SET received = received + 1", "UPDATE event SET received = received - 1"),
        ("UPDATE event SET skew_ms = skew_ms + 1", "UPDATE event SET skew_ms = skew_ms - 1"),
        (
            "UPDATE event SET status = 1 WHERE stream_seq = 6",
            "UPDATE event SET status = 0 WHERE stream_seq = 6",
        ),
        ("UPDATE stream SET next_seq = next_seq + 1", "UPDATE stream SET next_seq = next_seq - 1"),
    ];
    for (edit, undo) in edits {
        execute(&server.database, edit);
        assert_ne!(problems(&server), [""; 0], "{edit}");
        if undo.is_empty() {
            break;
        }
        execute(&server.database, undo);
        assert_eq!(problems(&server), [""; 0], "{undo}");
    }
}

/// What an earlier incarnation signed: met up to the backup, missing behind it.
fn a_restore_is_no_fork(db: Db) {
    let server = TestServer::start(db, "restore");
    let mut handheld = server.enrol("HH-01");
    pushed(&mut handheld, vec![receipt(1); 3]);
    let kept = checkpoint(&server);
    let shelf = folder("restore-shelf");
    std::fs::create_dir_all(&shelf).unwrap();
    let file = shelf.join("firstout.bak");
    let copy = file.clone();
    server.background.run(|storage: Storage| async move { storage.backup(&copy).await }).unwrap();
    pushed(&mut handheld, vec![receipt(2); 2]);
    let lost = checkpoint(&server);
    drop(server);
    let data = folder("restore-again");
    let place = db.place(&data);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(restore(&file, &place, &data)).unwrap();
    let again =
        TestServer::start_with(Db::Sqlite, data.clone(), |config| config.database = Some(place.clone()));
    let report = verify(&again, &[kept, lost]);
    assert_eq!(report.verdict, Verdict::Truncated);
    assert_eq!(report.checkpoints[0].verdict, Verdict::Intact);
    // The device brings back what is missing, and more: the same number of entries, and others than the signed ones.
    handheld.addr = again.addr;
    handheld.server_epoch = handheld.hello().server_epoch;
    again.later(60_000);
    handheld.push(3, 5);
    let now = checkpoint(&again);
    assert_eq!((now.size, now.root == lost.root), (5, false), "they were received later");
    assert_eq!(verify(&again, &[kept, now]).verdict, Verdict::Intact);
    let report = verify(&again, &[kept, lost, now]);
    let first = report.first.unwrap();
    assert_eq!((report.verdict, first.entry, first.through), (Verdict::Truncated, Some(4), Some(5)));
    std::fs::remove_dir_all(shelf).unwrap();
}

/// At the start of the server, without being asked.
fn a_checkpoint_leaves_the_database_by_itself(db: Db) {
    let server = TestServer::start(db, "hourly");
    let mut handheld = server.enrol("HH-01");
    pushed(&mut handheld, vec![receipt(1); 3]);
    let shelf = folder("hourly-shelf");
    let key = DeviceKey::from_seed(&[7; 32]);
    let beside = TestServer::start_with(Db::Sqlite, folder("hourly-beside"), |config| {
        config.database = Some(server.database.clone());
        config.checkpoints = Some(firstout::server::Checkpoints { key: key.clone(), folder: shelf.clone() });
    });
    let found = loop {
        let mut names = std::fs::read_dir(&shelf).into_iter().flatten().flatten().map(|entry| entry.path());
        if let Some(path) = names.find(|path| path.extension().is_some_and(|kind| kind == "checkpoint")) {
            break path;
        }
        std::thread::yield_now();
    };
    let text = std::fs::read_to_string(found).unwrap();
    let given = [("file".to_owned(), text)];
    let report = beside
        .background
        .run(|storage: Storage| async move { checkpoint::check(&storage, &given, &[key.public()]).await })
        .unwrap();
    assert_eq!((report.verdict, report.checkpoints.len()), (Verdict::Intact, 1), "{report:?}");
    drop(beside);
    std::fs::remove_dir_all(shelf).unwrap();
}

/// A server that began with nothing signs its first entries when they come, not an hour later.
fn first_entries_are_signed_soon(db: Db) {
    let shelf = folder("soon-shelf");
    let server = TestServer::start_with(db, folder("soon"), |config| {
        let key = DeviceKey::from_seed(&[7; 32]);
        config.checkpoints = Some(firstout::server::Checkpoints { key, folder: shelf.clone() });
    });
    // An empty ledger is signed first, so that what comes is too late for the start.
    let sizes = || {
        let names = std::fs::read_dir(&shelf).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let sizes = names.filter(|name| name.ends_with(".checkpoint"));
        sizes.filter_map(|name| name.split('-').nth(2)?.parse().ok()).collect::<Vec<u64>>()
    };
    let mut handheld = server.enrol("HH-01");
    pushed(&mut handheld, vec![receipt(1); 3]);
    let begun = std::time::Instant::now();
    while !sizes().contains(&3) {
        assert!(begun.elapsed().as_secs() < 120, "nothing was signed: {:?}", sizes());
        std::thread::yield_now();
    }
    drop(server);
    std::fs::remove_dir_all(shelf).unwrap();
}

on_every_database!(
    first_entries_are_signed_soon,
    what_was_signed_stays_true_while_the_ledger_grows,
    a_tree_that_stayed_behind_catches_up,
    what_came_before_its_lot_was_named_counts,
    what_is_edited_is_noticed,
    a_restore_is_no_fork,
    a_checkpoint_leaves_the_database_by_itself,
);
