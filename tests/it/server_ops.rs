//! What whoever runs the server relies on: whether it is ready, its figures, and that a stop is one.

use crate::server_database::{Db, execute, on_every_database};
use crate::server_support::{Answer, Handheld, SITE, TestServer, call, folder, movement, receipt};
use firstout::domain::{Body, DeviceId, Move, MoveKind};
use firstout::server::storage::StorageError;
use firstout::server::{Config, MetricsToken, start_background};
use firstout::sync::wire::{Head, Stream};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use uuid::Uuid;

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

/// A figure's value, by its name with labels.
fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
}

/// What the figures say after [`what_happens_is_counted_and_how_a_site_stands_is_told`] did its work.
const FIGURES: [(&str, f64); 21] = [
    ("firstout_http_requests_total{method=\"POST\",route=\"/v1/push\",status=\"200\"}", 4.0),
    ("firstout_http_requests_total{method=\"POST\",route=\"/v1/push\",status=\"400\"}", 1.0),
    ("firstout_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"}", 1.0),
    ("firstout_http_requests_total{method=\"other\",route=\"/v1/hello\",status=\"401\"}", 1.0),
    ("firstout_http_request_seconds_count{route=\"/v1/push\"}", 5.0),
    ("firstout_pushes_total{outcome=\"stored\"}", 4.0),
    ("firstout_events_total{status=\"accepted\"}", 1.0),
    ("firstout_events_total{status=\"duplicate\"}", 1.0),
    ("firstout_events_total{status=\"flagged\"}", 1.0),
    ("firstout_events_total{status=\"quarantined\"}", 1.0),
    ("firstout_pulls_total{stream=\"site\"}", 1.0),
    ("firstout_pulled_entries_total{stream=\"site\"}", 3.0),
    ("firstout_snapshot_build_seconds_count", 1.0),
    ("firstout_sign_in_failures_total{reason=\"wrong\"}", 1.0),
    ("firstout_devices{site=\"1\",state=\"waiting\"}", 1.0),
    ("firstout_devices{site=\"1\",state=\"never_seen\"}", 0.0),
    ("firstout_devices{site=\"1\",state=\"cleared\"}", 1.0),
    ("firstout_waiting_events{site=\"1\"}", 2.0),
    ("firstout_oldest_pending_seconds{site=\"1\"}", 90.0),
    ("firstout_database_write_queue", 0.0),
    ("firstout_database_up", 1.0),
];

fn what_happens_is_counted_and_how_a_site_stands_is_told(db: Db) {
    let server = TestServer::start(db, "metrics");
    let text = || call(server.addr, "GET", "/metrics", &[], b"").text();
    let mut handheld = server.enrol("HH-01");
    server.enrol("HH-02");
    handheld.confirm(receipt(3));
    handheld.push_all();
    handheld.push_all();
    // More is taken away than is there, and two events are told of but not sent.
    let lines = vec![movement("L9", 5, 10, 20)];
    handheld.confirm(Body::Move(Move { kind: MoveKind::PutAway, lines }));
    handheld.push(1, 2);
    handheld.chain("{}".into());
    handheld.push(2, 3);
    assert_eq!(handheld.get("/v1/hello?head=5").status, 200);
    handheld.pull(Stream::Site, 500);
    assert_eq!(handheld.get("/v1/snapshot/site").status, 200);
    assert_eq!(handheld.post("/v1/push", b"{").status, 400);
    call(server.addr, "GET", "/devices/of/mallory?x=1", &[], b"");
    call(server.addr, "BREW", "/v1/hello", &[], b"");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    call(server.addr, "POST", "/sign-in", &form, b"badge=x&pin=1");
    server.later(90_000);
    let told = text();
    for (name, value) in FIGURES {
        assert_eq!(figure(&told, name), value, "{name} in\n{told}");
    }
    let build = format!("firstout_build_info{{version=\"{}\",database=", env!("CARGO_PKG_VERSION"));
    assert!(told.contains(&build), "{told}");
    assert!(figure(&told, "firstout_discrepancies_open{site=\"1\"}") >= 1.0);
    assert!(figure(&told, "firstout_database_write_seconds_count") >= 5.0);
    assert!(figure(&told, "process_resident_memory_bytes") > 1e6);
    for secret in ["mallory", &handheld.device.to_string(), "HH-01"] {
        assert!(!told.contains(secret), "{secret} is in\n{told}");
    }
    // The database is asked again no sooner than after ten seconds.
    execute(&server.database, "UPDATE discrepancy SET closed = 1");
    assert!(figure(&text(), "firstout_discrepancies_open{site=\"1\"}") >= 1.0);
    server.later(10_000);
    assert_eq!(figure(&text(), "firstout_discrepancies_open{site=\"1\"}"), 0.0);
}

fn the_figures_are_for_this_machine_and_for_who_has_the_token(db: Db) {
    let server = TestServer::start_with(db, folder("figures"), |config| {
        config.metrics_token = Some(MetricsToken::new("a-token-of-some-length"));
    });
    let check = |headers: &[(&str, &str)], expected: u16| {
        let answer = call(server.addr, "GET", "/metrics", headers, b"");
        assert_eq!(answer.status, expected, "{headers:?} {}", answer.text());
        if expected == 200 {
            let kind = answer.header("content-type").unwrap();
            assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
            assert!(answer.text().ends_with("# EOF\n"));
        } else {
            assert_eq!(answer.code(), "not_for_you");
        }
    };
    let through_a_proxy = ("x-forwarded-for", "192.0.2.7");
    check(&[], 200);
    check(&[through_a_proxy], 403);
    check(&[("forwarded", "for=192.0.2.7")], 403);
    check(&[through_a_proxy, ("authorization", "Bearer a-token-of-some-length")], 200);
    check(&[through_a_proxy, ("authorization", "Bearer a-token-of-some-lengtH")], 403);
    check(&[through_a_proxy, ("authorization", "Bearer ")], 403);
    check(&[through_a_proxy, ("authorization", "a-token-of-some-length")], 403);
}

/// Asks again and again until an answer has this status.
fn until(status: u16, ask: impl Fn() -> Answer) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = ask();
        if answer.status == status {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{} {}", answer.status, answer.text());
    }
}

fn a_push_without_room_is_asked_to_come_again(db: Db) {
    let server = TestServer::start_with(db, folder("room"), |config| {
        config.limits.push_bytes_max = 1;
        config.limits.room_timeout = Duration::from_millis(20);
        config.limits.body_timeout = Duration::from_secs(600);
        config.limits.request_timeout = Duration::from_secs(600);
    });
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(1));
    // All of the room is waiting for the rest of another device's body.
    let slow = server.enrol("HH-02");
    let head = format!(
        "POST /v1/push HTTP/1.1\r\nhost: test\r\nauthorization: {}\r\ncontent-length: 99\r\n\r\n{{",
        slow.claim("POST", "/v1/push", b"{")
    );
    let mut half = TcpStream::connect(server.addr).unwrap();
    half.write_all(head.as_bytes()).unwrap();
    let taken = || figure(&call(server.addr, "GET", "/metrics", &[], b"").text(), "firstout_push_bytes");
    let begun = Instant::now();
    while taken() == 0.0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never had room");
    }
    let full = handheld.send(&handheld.request(0, 1));
    assert_eq!(full.status, 503, "{}", full.text());
    assert_eq!(full.code(), "busy");
    let later: u32 = full.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3).contains(&later), "{later}");
    // Others do not wait for it: what has no body, and who is not known here.
    assert_eq!(handheld.hello().service, "firstout");
    handheld.pull(Stream::Site, 500);
    let stranger = Handheld { device: DeviceId(Uuid::from_u128(7)), ..handheld.clone() };
    assert_eq!(stranger.send(&stranger.request(0, 1)).status, 401);
    drop(half);
    assert_eq!(until(200, || handheld.send(&handheld.request(0, 1))).status, 200);
    assert_eq!(handheld.hello().device_last_seq, 1);
}

/// Pages that nobody reads take room too, and give it back.
fn a_page_without_room_is_asked_to_come_again(db: Db) {
    let server = TestServer::start_with(db, folder("pages"), |config| {
        config.limits.pulls_max = 1;
        config.limits.room_timeout = Duration::from_millis(20);
    });
    let mut handheld = server.enrol("HH-01");
    // More than a socket takes in without a reader.
    for _ in 0..60 {
        handheld.chain("x".repeat(200_000));
        let last = handheld.made.len();
        handheld.push(last - 1, last);
    }
    let path = format!("/v1/pull?stream=site&epoch={}", handheld.server_epoch.0);
    let claim = handheld.claim("GET", &path, b"");
    let mut unread = TcpStream::connect(server.addr).unwrap();
    unread
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: test\r\nauthorization: {claim}\r\n\r\n").as_bytes())
        .unwrap();
    // Once it is told that it is served, the page has its room; most of it waits for its reader.
    let mut begin = [0; 12];
    unread.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    let none = Head::default();
    let full = handheld.page(Stream::Control, none, 1);
    assert_eq!(full.status, 503, "{}", full.text());
    assert_eq!(full.code(), "busy");
    drop(unread);
    until(200, || handheld.page(Stream::Control, none, 1));
}

on_every_database!(
    a_push_without_room_is_asked_to_come_again,
    a_page_without_room_is_asked_to_come_again,
    it_is_not_ready_for_a_database_of_a_newer_program,
    it_is_not_ready_without_its_tables,
    what_happens_is_counted_and_how_a_site_stands_is_told,
    the_figures_are_for_this_machine_and_for_who_has_the_token,
);

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
