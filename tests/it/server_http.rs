//! Enrolment, hostile bodies, the snapshot and the page: what arrives over a socket, and what must
//! not.

use crate::server_database::{Db, on_every_database};
use crate::server_support::{
    Answer, Handheld, TestServer, call, enrolment, folder, movement, new_key, raw, receipt,
};
use firstout::domain::{Body, DeviceId, Hold, HoldKind, HoldTarget, HuCode, Move, MoveKind, Reason, Undo};
use firstout::sync::wire::{EnrolReply, Hash, REQUEST_BYTES_MAX, SnapshotHeader, SnapshotRow};
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

fn enrol(server: &TestServer, token: &str, name: &str) -> Answer {
    let body = serde_json::to_vec(&enrolment(token, name, &new_key())).unwrap();
    call(server.addr, "POST", "/v1/enrol", &[], &body)
}

fn token(server: &TestServer, name: &str) -> String {
    server.background.token(crate::server_support::SITE, name).unwrap().reveal().to_owned()
}

fn a_token_opens_one_device_within_ten_minutes(db: Db) {
    let server = TestServer::start(db, "enrol");
    let once = token(&server, "HH-07");
    assert_eq!(enrol(&server, &once, "mine").status, 200);
    let again = enrol(&server, &once, "mine");
    assert_eq!((again.status, again.code().as_str()), (403, "bad_token"));
    assert_eq!(enrol(&server, "1.00", "mine").code(), "bad_token");
    let old = token(&server, "");
    server.later(10 * 60 * 1_000 + 1);
    assert_eq!(enrol(&server, &old, "mine").code(), "bad_token");
    let fresh = token(&server, "");
    for name in ["", "  ", "a\u{7}b", &"x".repeat(41)] {
        assert_eq!(enrol(&server, &fresh, name).code(), "bad_request", "{name:?}");
    }
    let reply: EnrolReply = enrol(&server, &fresh, " HH-08 ").json();
    assert_eq!((reply.site.0, reply.epoch, reply.name.as_str()), (1, 1, "HH-08"));
    let page = server.page().text();
    assert!(page.contains("HH-07") && page.contains(">HH-08<"), "{page}");
    // No token is in the database.
    if db != Db::Sqlite {
        return;
    }
    let stored = std::fs::read(server.data.join("firstout.sqlite-wal")).unwrap();
    for text in [once.as_str(), fresh.as_str()] {
        let digits = text.split_once('.').unwrap().1.as_bytes();
        assert!(!stored.windows(digits.len()).any(|window| window == digits));
    }
}

fn hostile_bodies_get_a_reason_and_never_a_500(db: Db) {
    let server = TestServer::start(db, "hostile");
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(1));
    let push = handheld.sealed(&handheld.request(0, 1));
    let signer = handheld.clone();
    let check = |body: &[u8], encoding: &str, expected: (u16, &str)| {
        let headers = [("content-encoding", encoding)];
        let headers = if encoding.is_empty() { &[][..] } else { &headers[..] };
        let answer = signer.call("POST", "/v1/push", headers, body);
        assert_eq!((answer.status, answer.code().as_str()), expected, "{encoding} {}", answer.text());
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let bomb = zstd(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    check(b"", "", (400, "bad_request"));
    check(b"null", "", (400, "bad_request"));
    check(b"{\"device\":", "", (400, "bad_request"));
    check(&[0xff; 100], "", (400, "bad_request"));
    check(&b"[".repeat(500_000), "", (400, "bad_request"));
    check(b"no zstd", "zstd", (400, "bad_request"));
    check(b"no gzip", "gzip", (400, "bad_request"));
    check(&zstd(&push)[..50], "zstd", (400, "bad_request"));
    check(&push, "br", (415, "unsupported_encoding"));
    check(&bomb, "zstd", (413, "too_large"));
    check(&vec![b' '; 3 << 20], "", (413, "too_large"));
    check(&push[..push.len() - 20], "", (400, "bad_request"));

    let mut many = handheld.clone();
    (0..600).for_each(|_| many.chain("x".into()));
    assert_eq!(many.send(&many.request(0, 601)).code(), "too_large");
    let mut large = server.enrol("HH-02");
    large.chain("x".repeat(REQUEST_BYTES_MAX - 1));
    large.chain("xx".into());
    assert_eq!(large.send(&large.request(0, 2)).code(), "too_large");
    assert_eq!(large.push(0, 1).results[0].reason.as_deref(), Some("unreadable"));
    let mut gap = handheld.request(0, 1);
    gap.events[0].seq = 0;
    assert_eq!(handheld.send(&gap).code(), "malformed_push");

    for path in ["/v1/pull", "/v1/pull?stream=x", "/v1/pull?stream=site&epoch=1", "/v1/hello?head=x"] {
        assert_eq!(handheld.get(path).code(), "bad_request", "{path}");
    }
    assert_eq!(handheld.get("/nowhere").code(), "not_found");
    assert_eq!(handheld.get("/v1/push").code(), "method_not_allowed");
    // And the good push, packed, goes through.
    let headers = [("content-encoding", "zstd")];
    assert_eq!(handheld.call("POST", "/v1/push", &headers, &zstd(&push)).status, 200);
    assert_eq!(handheld.hello().device_last_seq, 1);
}

fn a_connection_that_idles_is_closed(db: Db) {
    let server = TestServer::start_with(db, folder("idle"), |config| {
        config.limits.head_timeout = Duration::from_millis(300);
    });
    let mut stream = TcpStream::connect(server.addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut piece = [0; 1024];
    for _ in 0..2 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").unwrap();
        let read = stream.read(&mut piece).unwrap();
        assert!(piece[..read].starts_with(b"HTTP/1.1 200"), "it is kept open between requests");
    }
    let begun = Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // What was said last, if anything, is no answer to a request that was never made.
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&rest));
}

/// Who is answered before the body was sent reads the answer, and goes on with the same connection.
fn a_connection_outlives_a_body_that_nobody_reads(db: Db) {
    let server = TestServer::start(db, "unread");
    let stranger = Handheld { device: DeviceId(Uuid::from_u128(7)), ..server.enrol("HH-01") };
    let unknown = format!("authorization: {}\r\n", stranger.claim("POST", "/v1/push", b""));
    for (head, length, expected) in [("", 300_000, 401), (&*unknown, 300_000, 401), (&*unknown, 3 << 20, 413)]
    {
        let mut stream = TcpStream::connect(server.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut answer = |sent: &[u8]| {
            stream.write_all(sent).unwrap();
            let mut piece = vec![0; 4096];
            let read = stream.read(&mut piece).unwrap();
            String::from_utf8_lossy(&piece[..read]).into_owned()
        };
        let push = format!("POST /v1/push HTTP/1.1\r\nhost: test\r\n{head}content-length: {length}\r\n\r\n");
        let told = answer(push.as_bytes());
        assert!(told.starts_with(&format!("HTTP/1.1 {expected}")), "{expected}: {told}");
        let rest = [&vec![b'x'; length][..], b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"].concat();
        let told = answer(&rest);
        assert!(told.starts_with("HTTP/1.1 200"), "{expected}: {told:?}");
    }
}

/// What the program of that name makes of the bytes.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(bytes).unwrap());
        child.wait_with_output().unwrap().stdout
    })
}

/// Anybody may knock at the enrolment: nothing that is sent there costs much or brings a 500.
fn hostile_enrolments_get_a_reason_too(db: Db) {
    let server = TestServer::start(db, "hostile-enrol");
    let check = |body: &[u8], encoding: &str, expected: (u16, &str)| {
        let headers = [("content-encoding", encoding)];
        let headers = if encoding.is_empty() { &[][..] } else { &headers[..] };
        let answer = call(server.addr, "POST", "/v1/enrol", headers, body);
        assert_eq!((answer.status, answer.code().as_str()), expected, "{encoding} {}", answer.text());
    };
    let bombs = [
        ("zstd", zstd::encode_all(&*vec![b' '; 64 << 20], 3).unwrap()),
        ("gzip", gzip(&vec![b' '; 64 << 20])),
    ];
    for (encoding, bomb) in &bombs {
        assert!(bomb.len() < 100_000, "{encoding}");
        check(bomb, encoding, (413, "too_large"));
        check(&bomb[..bomb.len() / 2], encoding, (413, "too_large"));
    }
    check(&gzip(b"{}")[..10], "gzip", (400, "bad_request"));
    for body in [
        &b""[..],
        b"[]",
        b"null",
        b"{\"token\":",
        b"\xff\xfe",
        &b"[".repeat(100_000),
        &b"{\"a\":".repeat(50_000),
    ] {
        check(body, "", (400, "bad_request"));
    }
    check(&vec![b' '; 3 << 20], "", (413, "too_large"));
    for token in
        ["", ".", "1.", "x", "-1.00", &"1".repeat(10_000), "1.\u{0}", &format!("9.{}", "0".repeat(64))]
    {
        let answer = enrol(&server, token, "HH");
        assert_eq!((answer.status, answer.code().as_str()), (403, "bad_token"), "{token:?}");
    }
}

fn half_a_request_does_not_hold_up_the_others(db: Db) {
    let server = TestServer::start_with(db, folder("slow"), |config| {
        config.limits.head_timeout = Duration::from_millis(200);
        config.limits.body_timeout = Duration::from_millis(200);
    });
    let handheld = server.enrol("HH-01");
    let begun = Instant::now();
    let mut silent = TcpStream::connect(server.addr).unwrap();
    silent.write_all(b"POST /v1/push HTTP/1.1\r\nhost:").unwrap();
    let head = format!(
        "POST /v1/push HTTP/1.0\r\nauthorization: {}\r\ncontent-length: 99\r\n\r\n{{",
        handheld.claim("POST", "/v1/push", b"{")
    );
    let slow = raw(server.addr, head.as_bytes());
    assert_eq!((slow.status, slow.code().as_str()), (408, "timeout"));
    assert_eq!(handheld.hello().service, "firstout");
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    // Cut in the middle: nothing is stored, nobody is waited for.
    let mut cut = TcpStream::connect(server.addr).unwrap();
    cut.write_all(head.as_bytes()).unwrap();
    drop(cut);
    assert_eq!(handheld.hello().device_last_seq, 0);
}

/// Whoever hears the answer must not think that it speaks another protocol.
fn a_body_that_ends_early_is_the_networks_fault(db: Db) {
    let server = TestServer::start(db, "early");
    let handheld = server.enrol("HH-01");
    let claim = handheld.claim("POST", "/v1/push", b"{");
    for framing in ["content-length: 99\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n63\r\n{"] {
        let mut stream = TcpStream::connect(server.addr).unwrap();
        write!(stream, "POST /v1/push HTTP/1.1\r\nhost: x\r\nauthorization: {claim}\r\n{framing}").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"incomplete\""), "{answer}");
    }
    assert_eq!(handheld.hello().device_last_seq, 0);
}

fn answers_are_packed_for_those_who_ask(db: Db) {
    let server = TestServer::start(db, "packed");
    let mut handheld = server.enrol("HH-01");
    for _ in 0..50 {
        handheld.confirm(receipt(1));
    }
    handheld.push_all();
    let path = format!("/v1/pull?stream=site&epoch={}", handheld.server_epoch.0);
    let plain = handheld.get(&path);
    let packed = handheld.call("GET", &path, &[("accept-encoding", "zstd")], b"");
    assert_eq!(packed.header("content-encoding"), Some("zstd"));
    assert!(packed.body.len() * 4 < plain.body.len());
    assert_eq!(zstd::decode_all(&*packed.body).unwrap(), plain.body);
}

fn a_snapshot_goes_on_where_it_stopped(db: Db) {
    let server = TestServer::start(db, "snapshot");
    let mut handheld = server.enrol("HH-01");
    for units in 1..=300 {
        handheld.confirm(receipt(units));
    }
    let lines = vec![movement("L1", 5, 10, 20)];
    handheld.confirm(Body::Move(Move { kind: MoveKind::PutAway, lines }));
    let target = HoldTarget::Hu(HuCode::new("P1").unwrap());
    let kind = HoldKind::Hold;
    handheld.confirm(Body::Hold(Hold { target, kind, reason: Reason::Quality, note: "wet".into() }));
    handheld.push_all();

    let path = "/v1/snapshot/site";
    let whole = handheld.get(path);
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("application/zstd")));
    let etag = whole.header("etag").unwrap().to_owned();
    let text = String::from_utf8(zstd::decode_all(&*whole.body).unwrap()).unwrap();
    check_snapshot(&text, &handheld.hello().heads.site);

    // New events come, and a device that was cut off still gets the rest of its file.
    server
        .background
        .run(async |storage| storage.append_master(crate::server_support::SITE, vec![]).await)
        .unwrap();
    handheld.confirm(receipt(1));
    handheld.push(302, 303);
    let ask =
        |range: &str, tag: &str| handheld.call("GET", path, &[("range", range), ("if-range", tag)], b"");
    let total = whole.body.len();
    let half = total / 2;
    let rest = ask(&format!("bytes={half}-"), &etag);
    assert_eq!(rest.status, 206);
    let range = format!("bytes {half}-{}/{total}", total - 1);
    assert_eq!(rest.header("content-range"), Some(range.as_str()));
    assert_eq!([&whole.body[..half], &rest.body].concat(), whole.body);
    assert_eq!(ask(&format!("bytes={total}-"), &etag).code(), "range_not_satisfiable");
    let other = ask("bytes=5-", "\"other\"");
    assert_eq!((other.status, other.body.len()), (200, total), "another tag gets all of it");
    assert_eq!(handheld.call("GET", path, &[("if-none-match", etag.as_str())], b"").status, 304);
}

/// A device that asked just after a restore to before the first entry must not be the one for whose sake all others get nothing, again
/// and again.
fn a_snapshot_of_nothing_is_given_only_where_there_is_nothing(db: Db) {
    let server = TestServer::start(db, "snapshot-empty");
    let mut handheld = server.enrol("HH-01");
    assert_eq!(header(&handheld).head.seq, 0);
    handheld.confirm(receipt(1));
    handheld.push_all();
    assert_eq!(header(&handheld).head, handheld.hello().heads.site);
}

fn header(handheld: &Handheld) -> SnapshotHeader {
    let answer = handheld.get("/v1/snapshot/site");
    let text = String::from_utf8(zstd::decode_all(&*answer.body).unwrap()).unwrap();
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

/// A device that takes one of these back once more must know that it does not count.
fn a_snapshot_says_what_was_taken_back(db: Db) {
    let server = TestServer::start(db, "snapshot-undone");
    let (mut first, mut second) = (server.enrol("HH-01"), server.enrol("HH-02"));
    let ids = [1, 2, 3].map(|units| first.confirm(receipt(units)));
    let undo = |handheld: &mut Handheld, at: usize| {
        let body = Box::new(receipt([1, 2, 3][at]));
        let by = handheld.confirm(Body::Undo(Undo { event: ids[at], body }));
        handheld.push_all();
        (ids[at], by)
    };
    let one = undo(&mut first, 0);
    let two = undo(&mut second, 2);
    undo(&mut first, 2);
    let mut expected = vec![one, two];
    expected.sort_by_key(|(event, _)| std::cmp::Reverse(*event));
    assert_eq!(header(&first).undone, expected, "the newest first, and of two the one that counts");
}

fn check_snapshot(text: &str, head: &firstout::sync::wire::Head) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let header: SnapshotHeader = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((&header.head, header.rows), (head, lines.len() as u64 - 1));
    let rows: Vec<SnapshotRow> = lines[1..].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let digest = Sha256::digest(lines[..lines.len() - 1].concat());
    assert_eq!(rows.last(), Some(&SnapshotRow::End { digest: Hash(digest.into()) }));
    let stocked: Vec<_> = rows
        .iter()
        .filter_map(|row| match row {
            SnapshotRow::Stock { key, units, .. } => Some((key.place.location.0, *units)),
            _ => None,
        })
        .collect();
    assert_eq!(stocked, [(-1, -45_150), (10, 45_145), (20, 5)]);
    assert_eq!(rows.iter().filter(|row| matches!(row, SnapshotRow::Origin(_))).count(), 300);
    assert_eq!(rows.iter().filter(|row| matches!(row, SnapshotRow::Hold(_))).count(), 1);
}

fn health_is_asked_without_a_key(db: Db) {
    let server = TestServer::start(db, "health");
    for (path, expected) in [("/healthz", "ok\n"), ("/readyz", "ready: it can write, schema ")] {
        let answer = call(server.addr, "GET", path, &[], b"");
        assert!(answer.status == 200 && answer.text().starts_with(expected), "{}", answer.text());
    }
}

on_every_database!(
    a_token_opens_one_device_within_ten_minutes,
    hostile_bodies_get_a_reason_and_never_a_500,
    hostile_enrolments_get_a_reason_too,
    half_a_request_does_not_hold_up_the_others,
    a_body_that_ends_early_is_the_networks_fault,
    a_connection_that_idles_is_closed,
    a_connection_outlives_a_body_that_nobody_reads,
    answers_are_packed_for_those_who_ask,
    a_snapshot_goes_on_where_it_stopped,
    a_snapshot_of_nothing_is_given_only_where_there_is_nothing,
    a_snapshot_says_what_was_taken_back,
    health_is_asked_without_a_key,
);
