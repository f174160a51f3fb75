//! A handheld out of its box becomes one of a site's by one scan in its window, against a real server.

use crate::console::demo_server;
use crate::server_database::Db;
use crate::server_support::{MORNING, SITE, TestServer, movement};
use firstout::app::clock::now;
use firstout::app::run::connect;
use firstout::app::worker::{Connect, Request, Update, Worker};
use firstout::domain::{Body, EventId, Move, MoveKind, Timestamp, UserId};
use firstout::screens::{Input, Page, SessionConfig, Tone, View};
use firstout::server::devices::revoke;
use firstout::server::storage::{Storage, StorageError};
use firstout::store::{Draft, Store};
use firstout::sync::wire::Invitation;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use uuid::Uuid;

/// The longest wait for an answer.
const WAIT: Duration = Duration::from_secs(60);

struct Unboxed {
    folder: PathBuf,
    worker: Option<Worker>,
    updates: Receiver<Update>,
    asked: u64,
}

impl Unboxed {
    fn unpacked(name: &str) -> Self {
        let folder = crate::server_support::folder(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut this = Self { folder, worker: None, updates: mpsc::channel().1, asked: 0 };
        this.start();
        this
    }

    fn start(&mut self) {
        self.start_with(connect(self.folder.clone()));
    }

    /// Nothing that it records is sent.
    fn start_offline(&mut self) {
        self.start_with(Box::new(|_| None));
    }

    fn start_with(&mut self, connect: Connect) {
        drop(self.worker.take());
        let (store, _) = Store::open(&self.folder.join("handheld.db"), now()).unwrap();
        let (sender, updates) = mpsc::channel();
        let show = move |update| drop(sender.send(update));
        self.worker = Some(Worker::start(store, SessionConfig::default(), connect, show).unwrap());
        self.updates = updates;
    }

    /// Waits until its file answers a question with yes.
    fn until_file(&self, question: &str) {
        let begun = std::time::Instant::now();
        let file = rusqlite::Connection::open(self.folder.join("handheld.db")).unwrap();
        file.busy_timeout(WAIT).unwrap();
        while !file.query_row(question, [], |row| row.get::<_, bool>(0)).unwrap() {
            assert!(begun.elapsed() < WAIT, "not so: {question}");
            std::thread::yield_now();
        }
    }

    fn scan(&mut self, bytes: &[u8]) -> View {
        self.asked += 1;
        let (generation, input) = (self.asked, Input::Scan { bytes: bytes.to_vec() });
        self.worker.as_ref().unwrap().requests().send(Request::Input { generation, input }).unwrap();
        self.until(|update| update.generation == generation)
    }

    fn until(&self, wanted: impl Fn(&Update) -> bool) -> View {
        loop {
            let update = self.updates.recv_timeout(WAIT).expect("the worker answers");
            if wanted(&update) {
                return update.view;
            }
        }
    }

    fn says(&self, text: &str) -> View {
        self.until(|update| update.view.strip.as_ref().is_some_and(|strip| strip.text.contains(text)))
    }

    fn asks_for(&self, prompt: &str) -> View {
        self.until(|update| matches!(&update.view.page, Page::SignIn(page) if page.prompt == prompt))
    }

    /// The file, once nobody works on it.
    fn store(&mut self) -> Store {
        drop(self.worker.take());
        Store::open(&self.folder.join("handheld.db"), now()).unwrap().0
    }
}

impl Drop for Unboxed {
    fn drop(&mut self) {
        drop(self.worker.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn tone(view: &View) -> Tone {
    view.strip.as_ref().map_or(Tone::Quiet, |strip| strip.tone)
}

/// What the office shows, for a device of that name.
fn invitation(server: &TestServer, name: &str) -> Invitation {
    server.clock.store(now().0, Ordering::Relaxed);
    let token = server.background.token(SITE, name).unwrap().reveal().to_owned();
    Invitation { url: format!("http://{}", server.addr), authority: None, token }
}

/// The device tells with its next greeting how far it is.
fn until_it_has_everything(server: &TestServer) {
    let begun = std::time::Instant::now();
    loop {
        let devices =
            server.background.run::<_, StorageError, _>(async |storage| storage.devices(SITE).await);
        let device = devices.unwrap().remove(0);
        if !device.app.is_empty() && device.records_behind == 0 {
            return;
        }
        assert!(begun.elapsed() < WAIT, "{device:?}");
        std::thread::yield_now();
    }
}

#[test]
fn one_scan_in_the_window_makes_a_handheld_one_of_the_sites() {
    let server = demo_server(Db::Sqlite, "enrol-window");
    let code = invitation(&server, "HH-31").to_string();
    let mut handheld = Unboxed::unpacked("enrol-window-device");
    handheld.asks_for("Scan the office's code");
    let refused = handheld.scan(b"]C0BADGE-1002");
    assert_eq!(tone(&refused), Tone::Refused);

    // As a scanner sends it: with the symbology before and a line end behind it.
    let asking = handheld.scan(format!("]Q1{code}\r").as_bytes());
    let host = server.addr.to_string();
    assert!(asking.strip.is_some_and(|strip| strip.text.contains(&host)));
    assert_eq!(tone(&handheld.says("This is HH-31 now.")), Tone::Accepted);
    handheld.asks_for("Scan your badge");
    until_it_has_everything(&server);
    let home = handheld.scan(b"]C0BADGE-1001");
    assert!(matches!(home.page, Page::Home(_)), "{home:?}");

    // A token that is scanned on the wrong device stays good, and is not kept for the office as an unknown code.
    let again = handheld.scan(invitation(&server, "HH-32").to_string().as_bytes());
    assert!(matches!(again.page, Page::Home(_)));
    assert_eq!(again.strip.unwrap().text, "This is HH-31 already. The code was not used.");
    let store = handheld.store();
    assert_eq!((store.identity().unwrap().unwrap().name.as_str(), store.last_seq().unwrap()), ("HH-31", 0));

    let mut second = Unboxed::unpacked("enrol-window-second");
    second.scan(code.as_bytes());
    assert_eq!(tone(&second.says("used up or too old")), Tone::Refused);
    assert!(second.store().identity().unwrap().is_none());
}

#[test]
fn a_server_that_is_not_there_is_said_and_the_code_may_be_scanned_again() {
    let server = demo_server(Db::Sqlite, "enrol-again");
    let good = invitation(&server, "");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dead = Invitation { url: format!("http://{nobody}"), ..good.clone() };
    let mut handheld = Unboxed::unpacked("enrol-again-device");
    handheld.scan(dead.to_string().as_bytes());
    let said =
        handheld.until(|update| update.view.strip.as_ref().is_some_and(|strip| strip.tone == Tone::Refused));
    assert_eq!(said.strip.unwrap().text, "The server does not answer. Check Wi-Fi, then scan again.");
    let odd = Invitation { url: "ftp://nowhere".to_owned(), ..good.clone() };
    handheld.scan(odd.to_string().as_bytes());
    handheld.says("This code's address is wrong. Ask the office for a new one.");
    handheld.scan(good.to_string().as_bytes());
    // The server gave it no name.
    handheld.says("This is HH-01 now.");
}

/// A move of some of the demo warehouse's stock, confirmed where nobody sends it.
fn confirm_a_move(folder: &Path, units: i64) {
    let (mut store, _) = Store::open(&folder.join("handheld.db"), now()).unwrap();
    let lines = vec![movement("L1", units, 10, 11)];
    let body = Body::Move(Move { kind: MoveKind::Move, lines });
    store.confirm(Draft { id: EventId(Uuid::now_v7()), operator: UserId(1), at: now(), body }).unwrap();
}

/// Told by its server that it is locked out, a device takes a new code of that server, keeps what waits on it, and sends
/// it under its new key.
#[test]
fn a_device_that_was_locked_out_comes_back_by_a_scan_with_what_waits_on_it() {
    let server = demo_server(Db::Sqlite, "enrol-back");
    let mut handheld = Unboxed::unpacked("enrol-back-device");
    handheld.scan(invitation(&server, "HH-41").to_string().as_bytes());
    handheld.asks_for("Scan your badge");
    until_it_has_everything(&server);
    let first = handheld.store().identity().unwrap().unwrap();
    let lock_out = async |storage: Storage| revoke(&storage, SITE, "HH-41", Timestamp(MORNING)).await;
    server.background.run(lock_out).unwrap();
    handheld.start();
    handheld.until_file("SELECT coalesce(problem, '') = 'revoked' FROM contact");
    drop(handheld.worker.take());
    // Recorded out of reach, after what the server had heard of: it waits under the old name.
    confirm_a_move(&handheld.folder, 3);
    handheld.start_offline();
    let code = invitation(&server, "HH-42");
    let elsewhere = Invitation { url: "http://elsewhere.example".to_owned(), ..code.clone() };
    let said = handheld.scan(elsewhere.to_string().as_bytes());
    assert_eq!(said.strip.unwrap().text, "This code is from another warehouse. Ask your own office.");
    handheld.scan(code.to_string().as_bytes());
    handheld.says("This is HH-42 now.");
    let store = handheld.store();
    let second = store.identity().unwrap().unwrap();
    assert_ne!((second.device, second.key.public()), (first.device, first.key.public()));
    assert_eq!((second.name.as_str(), second.site, store.pending()), ("HH-42", SITE, 1));
    drop(store);
    handheld.start();
    let begun = std::time::Instant::now();
    loop {
        let devices =
            server.background.run::<_, StorageError, _>(async |storage| storage.devices(SITE).await);
        if devices.unwrap().iter().any(|device| device.name == "HH-42" && device.accepted == 1) {
            break;
        }
        assert!(begun.elapsed() < WAIT, "what waited was not sent");
        std::thread::yield_now();
    }
    handheld.until_file("SELECT acked_through = 1 FROM contact");
    assert_eq!(handheld.store().pending(), 0);
}

#[test]
fn a_server_without_a_warehouse_is_said() {
    let server = TestServer::start(Db::Sqlite, "enrol-nothing");
    let mut handheld = Unboxed::unpacked("enrol-nothing-device");
    handheld.scan(invitation(&server, "HH-51").to_string().as_bytes());
    handheld.says("This is HH-51 now.");
    handheld.asks_for("The server has no warehouse yet. The office must make one.");
}
