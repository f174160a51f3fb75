//! A handheld out of its box becomes one of a site's by one scan in its window, against a real server.

use crate::console::demo_server;
use crate::server_database::Db;
use crate::server_support::{SITE, TestServer};
use firstout::app::clock::now;
use firstout::app::run::connect;
use firstout::app::worker::{Request, Update, Worker};
use firstout::screens::{Input, Page, SessionConfig, Tone, View};
use firstout::server::storage::StorageError;
use firstout::store::Store;
use firstout::sync::wire::Invitation;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

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
        let (store, _) = Store::open(&folder.join("handheld.db"), now()).unwrap();
        let (sender, updates) = mpsc::channel();
        let show = move |update| drop(sender.send(update));
        let worker = Worker::start(store, SessionConfig::default(), connect(folder.clone()), show).unwrap();
        Self { folder, worker: Some(worker), updates, asked: 0 }
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
    handheld.says("Not enrolled.");
    handheld.scan(good.to_string().as_bytes());
    // The server gave it no name.
    handheld.says("This is HH-01 now.");
}
