//! The HTTP executor against servers that misbehave, byte by byte.

use firstout::domain::{DeviceId, DeviceKey, SiteId, Timestamp};
use firstout::sync::engine::{Failure, Problem, Reply, Snapshot, Standing, TlsFault};
use firstout::sync::http::{Clock, ENCODED_BYTES_MAX, HttpTransport, Signer, enrol};
use firstout::sync::transport::{Request, Transport};
use firstout::sync::wire::{Claim, Conflict, Hash, Invitation, PushRequest, ServerEpoch};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread::JoinHandle;
use uuid::Uuid;

const HELLO: &str = r#"{"service":"firstout","server_id":"00000000-0000-0000-0000-000000000001","server_epoch":"00000000-0000-0000-0000-000000000002","protocol":[1,1],"now":5,"device_epoch":1,"device_last_seq":0,"heads":{"control":{"seq":0,"hash":"0000000000000000000000000000000000000000000000000000000000000000"},"master":{"seq":0,"hash":"0000000000000000000000000000000000000000000000000000000000000000"},"site":{"seq":0,"hash":"0000000000000000000000000000000000000000000000000000000000000000"}}}"#;

/// Answers one connection after the other with these bytes and then closes it; the requests are returned.
fn server(answers: Vec<Vec<u8>>) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut requests = vec![];
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            requests.push(request(&mut stream));
            let _ = stream.write_all(&answer);
        }
        requests
    });
    (addr, thread)
}

/// Reads one request: its head, and as much of a body as it announces.
fn request(stream: &mut std::net::TcpStream) -> String {
    let (mut bytes, mut piece) = (vec![], [0_u8; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return text;
            }
        }
        // A TLS client speaks first, and not in lines.
        if bytes.first() == Some(&0x16) {
            return text;
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n")
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn json(status: &str, body: &str) -> Vec<u8> {
    answer(status, "content-type: application/json\r\n", body.as_bytes())
}

fn folder() -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("firstout-http-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn transport(url: &str) -> HttpTransport {
    HttpTransport::new(url, signer(5), b"", &folder()).unwrap()
}

const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0xd1));

/// Signs by a clock that stands still.
fn signer(now: i64) -> Signer {
    let key = DeviceKey::from_seed(&[1; 32]);
    Signer::new(SiteId(1), DEVICE, key, Arc::new(move || Timestamp(now)))
}

fn send(answer: Vec<u8>, request: &Request) -> Result<Reply, Failure> {
    let (addr, _) = server(vec![answer]);
    transport(&format!("http://{addr}/")).send(request)
}

#[track_caller]
fn check(answer: Vec<u8>, expected: Failure) {
    assert_eq!(send(answer, &Request::Hello(Standing::default())).unwrap_err(), expected);
}

fn status(code: u16) -> Failure {
    Failure::Status { code, retry_after_s: None }
}

#[test]
fn a_good_answer_is_read_however_it_is_packed() {
    let zstd = zstd::encode_all(HELLO.as_bytes(), 3).unwrap();
    let packed = answer("200 OK", "content-type: application/json\r\ncontent-encoding: zstd\r\n", &zstd);
    for bytes in [json("200 OK", HELLO), packed] {
        assert!(
            matches!(send(bytes, &Request::Hello(Standing::default())), Ok(Reply::Hello(hello)) if hello.now.0 == 5)
        );
    }
}

#[test]
fn a_captive_portal_is_no_server() {
    let page = b"<html>Welcome to the guest network</html>";
    check(answer("200 OK", "content-type: text/html\r\n", page), Failure::NotFirstout);
    check(answer("200 OK", "", page), Failure::NotFirstout);
    check(json("200 OK", r#"{"login":"please"}"#), Failure::NotFirstout);
    check(answer("403 Forbidden", "content-type: text/html\r\n", page), Failure::NotFirstout);
    let moved = answer("302 Found", "location: http://portal.example/login\r\n", b"");
    check(moved, status(302));
    assert_eq!(status(302).problem(), Problem::Portal);
}

#[test]
fn a_snapshot_from_a_portal_is_none() {
    let page = answer("200 OK", "content-type: text/html\r\n", b"<html>");
    assert_eq!(send(page, &Request::Snapshot).unwrap_err(), Failure::NotFirstout);
}

#[test]
fn errors_keep_their_number_and_their_wait() {
    check(json("500 Internal Server Error", "{}"), status(500));
    check(json("401 Unauthorized", r#"{"code":"unauthorized"}"#), status(401));
    check(answer("413 Payload Too Large", "", b""), status(413));
    let busy = answer("429 Too Many Requests", "retry-after: 17\r\n", b"");
    check(busy, Failure::Status { code: 429, retry_after_s: Some(17) });
    let date = answer("503 Service Unavailable", "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", b"");
    check(date, status(503));
}

#[test]
fn what_ends_early_is_not_believed() {
    let mut cut = json("200 OK", HELLO);
    cut.truncate(cut.len() - 20);
    check(cut, Failure::Truncated);
    check(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec(), Failure::Truncated);
    check(vec![], Failure::Truncated);
    let head = "content-type: application/json\r\ncontent-encoding: zstd\r\n";
    check(answer("200 OK", head, b"<html>"), Failure::Truncated);
    check(json("200 OK", &HELLO[..HELLO.len() - 5]), Failure::Truncated);
}

#[test]
fn an_endless_answer_is_cut_off() {
    let head = "content-type: application/json\r\n";
    let long = vec![b' '; ENCODED_BYTES_MAX as usize + 1];
    check(answer("200 OK", head, &long), Failure::TooLarge);
    let bomb = zstd::encode_all(&*vec![b' '; 70 * 1024 * 1024], 1).unwrap();
    let head = "content-type: application/json\r\ncontent-encoding: zstd\r\n";
    check(answer("200 OK", head, &bomb), Failure::TooLarge);
}

#[test]
fn nobody_there_is_offline_and_no_tls_is_tls() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = transport(&format!("http://{addr}")).send(&Request::Hello(Standing::default()));
    assert_eq!(gone.unwrap_err(), Failure::Offline);
    let (addr, _) = server(vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()]);
    let plain = transport(&format!("https://{addr}")).send(&Request::Hello(Standing::default()));
    assert_eq!(plain.unwrap_err(), Failure::Tls(TlsFault::Plain));
}

#[test]
fn addresses_are_checked_before_anything_is_sent() {
    for url in ["", "server", "ftp://server", "http://", "file:///etc/passwd"] {
        assert!(HttpTransport::new(url, signer(5), b"", &folder()).is_err(), "{url:?}");
    }
}

#[test]
fn conflicts_are_answers() {
    let push = Request::Push(PushRequest {
        device: DEVICE,
        epoch: 1,
        server_epoch: ServerEpoch(Uuid::nil()),
        device_now: Timestamp(0),
        prev_hash: Hash::default(),
        events: vec![],
        signature: DeviceKey::from_seed(&[1; 32]).sign(b""),
    });
    let conflict = send(json("409 Conflict", r#"{"gap":{"expected":7}}"#), &push).unwrap();
    assert!(matches!(conflict, Reply::Conflict(Conflict::Gap { expected: 7 })));
    let page = answer("409 Conflict", "content-type: text/html\r\n", b"<html>");
    assert_eq!(send(page, &push).unwrap_err(), Failure::NotFirstout);
}

#[test]
fn a_request_is_signed_and_the_head_is_in_the_address() {
    let (addr, thread) = server(vec![json("200 OK", HELLO)]);
    let standing = Standing { head: Some(12), master: None, control: None };
    transport(&format!("http://{addr}")).send(&Request::Hello(standing)).unwrap();
    let request = thread.join().unwrap().remove(0);
    let path = format!("/v1/hello?head=12&app={}", env!("CARGO_PKG_VERSION"));
    assert!(request.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{request}");
    let claim = claims(std::slice::from_ref(&request))[0];
    assert_eq!((claim.site, claim.device, claim.time), (SiteId(1), DEVICE, Timestamp(5)));
    let public = DeviceKey::from_seed(&[1; 32]).public();
    assert!(claim.is_of(&public, "GET", &path, b""));
    assert!(request.contains("accept-encoding: zstd, gzip\r\n"), "{request}");
}

#[test]
fn the_handheld_says_once_what_it_is_and_again_how_its_battery_is() {
    static LEVEL: AtomicU8 = AtomicU8::new(80);
    let (addr, thread) = server((0..4).map(|_| json("200 OK", HELLO)).collect());
    let mut net = transport(&format!("http://{addr}")).with_battery(|| Some(LEVEL.load(Ordering::Relaxed)));
    for level in [80, 79, 76, 75] {
        LEVEL.store(level, Ordering::Relaxed);
        net.send(&Request::Hello(Standing { head: None, master: Some(3), control: Some(4) })).unwrap();
    }
    let requests = thread.join().unwrap();
    let paths = requests.iter().map(|text| text.split(' ').nth(1).unwrap());
    let first = format!("/v1/hello?master=3&control=4&app={}&battery=80", env!("CARGO_PKG_VERSION"));
    let then = [
        "/v1/hello?master=3&control=4",
        "/v1/hello?master=3&control=4",
        "/v1/hello?master=3&control=4&battery=75",
    ];
    assert!(paths.eq([first.as_str()].into_iter().chain(then)), "{requests:?}");
}

fn claims(requests: &[String]) -> Vec<Claim> {
    let value = |request: &String| {
        let line = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap();
        Claim::parse(line).unwrap()
    };
    requests.iter().map(value).collect()
}

#[test]
fn a_wrong_clock_is_told_the_time_and_asks_again() {
    let clock = json("401 Unauthorized", r#"{"code":"clock","message":"…","now":9000}"#);
    let (addr, thread) = server(vec![clock, json("200 OK", HELLO), json("200 OK", HELLO)]);
    let mut transport = transport(&format!("http://{addr}"));
    for _ in 0..2 {
        assert!(matches!(transport.send(&Request::Hello(Standing::default())), Ok(Reply::Hello(_))));
    }
    let claims = claims(&thread.join().unwrap());
    let times: Vec<i64> = claims.iter().map(|claim| claim.time.0).collect();
    assert_eq!(times, [5, 9_000, 9_000], "what was learned is kept");
    assert!(claims[0].nonce != claims[1].nonce && claims[1].nonce != claims[2].nonce);
}

#[test]
fn it_asks_again_once_and_only_where_the_time_was_wrong() {
    let clock = || json("401 Unauthorized", r#"{"code":"clock","message":"…","now":9000}"#);
    let (addr, thread) = server(vec![clock(), clock()]);
    assert_eq!(
        transport(&format!("http://{addr}")).send(&Request::Hello(Standing::default())).unwrap_err(),
        status(401)
    );
    assert_eq!(thread.join().unwrap().len(), 2);
    check(json("401 Unauthorized", r#"{"code":"unauthorized","message":"…"}"#), status(401));
    check(answer("401 Unauthorized", "content-type: text/html\r\n", b"<html>"), Failure::NotFirstout);
}

#[test]
fn an_enrolment_that_is_refused_says_so() {
    let key = DeviceKey::from_seed(&[1; 32]);
    let (addr, _) = server(vec![json("403 Forbidden", r#"{"code":"bad_token"}"#)]);
    let url = format!("http://{addr}");
    let invitation = Invitation { url, authority: None, token: "token".into() };
    let clock: Clock = Arc::new(|| Timestamp(5));
    let refused = enrol(&invitation, "HH-1", &key, "", &clock).unwrap();
    assert_eq!(refused.unwrap_err(), status(403));
}

/// Lines that pack badly, so that a part of the stream is a real part.
fn lines() -> Vec<u8> {
    (0..4_000_u64).flat_map(|n| format!("{}\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).into_bytes()).collect()
}

fn unpacked(reply: Result<Reply, Failure>) -> Vec<u8> {
    let Ok(Reply::Snapshot(Snapshot::File(path))) = reply else { panic!("{reply:?}") };
    std::fs::read(path).unwrap()
}

#[test]
fn a_snapshot_goes_on_where_it_stopped() {
    let packed = zstd::encode_all(&*lines(), 3).unwrap();
    let half = packed.len() / 2;
    let kind = "content-type: application/zstd\r\netag: \"e1\"\r\n";
    let mut first = answer("200 OK", kind, &packed);
    first.truncate(first.len() - (packed.len() - half));
    let range = format!("{kind}content-range: bytes {half}-{}/{}\r\n", packed.len() - 1, packed.len());
    let rest = answer("206 Partial Content", &range, &packed[half..]);
    let (addr, thread) = server(vec![first, rest]);
    let mut transport = transport(&format!("http://{addr}"));
    assert_eq!(transport.send(&Request::Snapshot).unwrap_err(), Failure::Truncated);
    assert_eq!(unpacked(transport.send(&Request::Snapshot)), lines());
    let requests = thread.join().unwrap();
    assert!(!requests[0].contains("range:"), "{}", requests[0]);
    assert!(requests[1].contains(&format!("range: bytes={half}-\r\n")), "{}", requests[1]);
    assert!(requests[1].contains("if-range: \"e1\"\r\n"), "{}", requests[1]);
}

#[test]
fn a_snapshot_that_changed_meanwhile_begins_anew() {
    let old = zstd::encode_all(&b"old"[..], 3).unwrap();
    let new = zstd::encode_all(&*lines(), 3).unwrap();
    let mut first = answer("200 OK", "etag: \"e1\"\r\n", &old);
    first.truncate(first.len() - 2);
    let (addr, _) = server(vec![first, answer("200 OK", "etag: \"e2\"\r\n", &new)]);
    let mut transport = transport(&format!("http://{addr}"));
    assert_eq!(transport.send(&Request::Snapshot).unwrap_err(), Failure::Truncated);
    assert_eq!(unpacked(transport.send(&Request::Snapshot)), lines());
}

/// The program ended after the last byte had come and before it was unpacked.
#[test]
fn a_snapshot_that_is_there_in_full_is_not_fetched_again() {
    let packed = zstd::encode_all(&*lines(), 3).unwrap();
    let (folder, length) = (folder(), packed.len());
    std::fs::write(folder.join("snapshot.part"), &packed).unwrap();
    std::fs::write(folder.join("snapshot.etag"), "\"e1\"").unwrap();
    let beyond =
        answer("416 Range Not Satisfiable", &format!("content-range: bytes */{length}\r\n"), b"no more");
    let (addr, thread) = server(vec![beyond]);
    let mut transport = HttpTransport::new(&format!("http://{addr}"), signer(5), b"", &folder).unwrap();
    assert_eq!(unpacked(transport.send(&Request::Snapshot)), lines());
    assert!(thread.join().unwrap()[0].contains(&format!("range: bytes={length}-\r\n")));
    assert!(!folder.join("snapshot.part").exists());
}

#[test]
fn a_part_that_cannot_be_continued_is_forgotten() {
    let packed = zstd::encode_all(&*lines(), 3).unwrap();
    let mut first = answer("200 OK", "etag: \"e1\"\r\n", &packed);
    first.truncate(first.len() - 5);
    let beyond = answer("416 Range Not Satisfiable", "", b"");
    let (addr, thread) = server(vec![first, beyond, answer("200 OK", "etag: \"e1\"\r\n", &packed)]);
    let mut transport = transport(&format!("http://{addr}"));
    assert_eq!(transport.send(&Request::Snapshot).unwrap_err(), Failure::Truncated);
    assert_eq!(transport.send(&Request::Snapshot).unwrap_err(), Failure::Truncated);
    assert_eq!(unpacked(transport.send(&Request::Snapshot)), lines());
    assert!(!thread.join().unwrap()[2].contains("range:"));
}
