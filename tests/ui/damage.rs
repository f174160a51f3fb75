//! A damaged file under the running worker: told, repaired beside the work, and nothing confirmed is lost.

use firstout::app::upkeep::Plan;
use firstout::app::worker::{Request, Update, Worker};
use firstout::domain::{Day, Timestamp};
use firstout::flow::fill_demo;
use firstout::screens::{Input, SessionConfig, Tone};
use firstout::store::Store;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(60);

struct Floor {
    folder: PathBuf,
    worker: Option<Worker>,
    updates: Receiver<Update>,
    asked: u64,
}

impl Floor {
    /// The demo warehouse's file, then damage, then the worker.
    fn new(name: &str, plan: Plan, damage: impl FnOnce(&Path)) -> Self {
        let folder = std::env::temp_dir().join(format!("firstout-ui-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("store.db");
        let now = Timestamp(1_795_000_000_000);
        let (mut store, _) = Store::open(&file, now).unwrap();
        let today: Day = "2026-11-23".parse().unwrap();
        fill_demo(&mut store, 1, today, now).unwrap();
        drop(store);
        damage(&file);
        let (store, report) = Store::open(&file, now).unwrap();
        assert_eq!(report.salvage, None, "the start does not look so far");
        let (sender, updates) = mpsc::channel();
        let show = move |update| drop(sender.send(update));
        let worker =
            Worker::start_with(store, SessionConfig::default(), Box::new(|_| None), plan, show).unwrap();
        Self { folder, worker: Some(worker), updates, asked: 0 }
    }

    fn input(&mut self, input: Input) -> Update {
        self.asked += 1;
        let generation = self.asked;
        self.worker.as_ref().unwrap().requests().send(Request::Input { generation, input }).unwrap();
        self.until(|update| update.generation == generation)
    }

    fn scan(&mut self, text: &str) -> Update {
        self.input(Input::Scan { bytes: text.as_bytes().to_vec() })
    }

    fn until(&self, wanted: impl Fn(&Update) -> bool) -> Update {
        loop {
            let update = self.updates.recv_timeout(WAIT).expect("the worker answers");
            if wanted(&update) {
                return update;
            }
        }
    }

    /// The notice that says what became of the waiting events.
    fn salvaged(&self) -> String {
        let says =
            |update: &Update| update.notice.as_ref().is_some_and(|notice| notice.text.contains("sent"));
        self.until(says).notice.unwrap().text
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        drop(self.worker.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn damage_root(file: &Path, name: &str) {
    let db = rusqlite::Connection::open(file).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page = db.query_row(sql, [name], |row| row.get::<_, u32>(0)).unwrap() as usize;
    drop(db);
    let mut bytes = std::fs::read(file).unwrap();
    bytes[(page - 1) * 4096..][..4096].fill(0xA5);
    std::fs::write(file, &bytes).unwrap();
}

#[test]
fn the_check_beside_the_work_finds_damage_that_no_scan_has_met() {
    let plan = Plan { check_after_ms: 0, purge_piece_ms: 0, purge_round_ms: 0 };
    let mut floor = Floor::new("check", plan, |file| damage_root(file, "destination_order"));
    assert!(floor.salvaged().starts_with("Nothing was waiting to be sent."));
    assert_eq!(floor.scan("BADGE-1002").view.flash.tone, Tone::Accepted, "work goes on");
}

#[test]
fn a_scan_that_meets_damage_is_refused_and_the_next_one_counts() {
    let plan = Plan { check_after_ms: i64::MAX / 4, ..Plan::default() };
    let mut floor = Floor::new("scan", plan, |file| damage_root(file, "pack"));
    assert_eq!(floor.scan("BADGE-1002").view.flash.tone, Tone::Accepted);
    let refused = floor.scan("]d201295201010000131727062110L2301");
    assert_eq!(refused.view.flash.tone, Tone::Refused);
    let strip = refused.view.strip.unwrap();
    assert_eq!(strip.text, "Storage is damaged. Nothing was saved. It is being repaired.");
    floor.salvaged();
    let after = floor.scan("PO-7731");
    assert_eq!(after.view.flash.tone, Tone::Accepted, "{:?}", after.view.strip);
}
