//! The console's pages, as a supervisor's browser asks for them, on a ledger of years.

use super::ledger::{BADGE, DEVICES, Ledger, ORDERS, PIN, device};
use super::process::Process;
use super::{asked, client};
use crate::report::{Report, Times};
use crate::site::{ITEMS, LOCATIONS};
use firstout::demo::Rng;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const PAGE_MAX: Duration = Duration::from_millis(100);
const EVENTS: usize = 10_000_000;
/// Requests of each page; the ones of its first round count like the others.
const ROUNDS: usize = 100;

pub fn run(report: &mut Report, runtime: &Runtime) {
    let events = asked("BENCH_LEDGER_EVENTS", EVENTS) as u64;
    if events == 0 {
        return;
    }
    let ledger = Ledger::open(runtime, events);
    let file = std::fs::metadata(ledger.data.join("firstout.sqlite")).expect("the ledger").len();
    report.note(&format!("pages: {events} events, {:.1} GB in the file", file as f64 / 1e9));
    let process = Process::start(&ledger.place(), &ledger.data);
    runtime.block_on(async {
        let cookie = sign_in(process.addr).await;
        for (name, path) in paths(&ledger) {
            let mut times = Times::default();
            for path in path {
                times.push(get(process.addr, &cookie, &path).await);
            }
            report.within_p99(&format!("page: {name}"), &times, PAGE_MAX);
        }
    });
    report.size("pages: memory at most", process.resident_mib_most(), super::RESIDENT_MIB_MAX);
    process.stop();
}

/// Each page and the addresses that it is asked for by, which lie all over the ledger.
fn paths(ledger: &Ledger) -> Vec<(&'static str, Vec<String>)> {
    let mut rng = Rng::new(11);
    let mut each = |most: u64, make: &dyn Fn(u64) -> String| -> Vec<String> {
        (0..ROUNDS).map(|_| make(rng.range(0, most as i64 - 1).unsigned_abs())).collect()
    };
    let same = |path: &str| vec![path.to_owned(); ROUNDS];
    let lots = ledger.lots();
    vec![
        ("/ (shift-end clearance)", same("/")),
        ("/tiles", same("/tiles")),
        ("/devices/… (its latest events)", each(DEVICES, &|n| format!("/devices/{}", device(n).0))),
        ("/discrepancies", same("/discrepancies")),
        ("/holds", same("/holds")),
        ("/holds/…", each(ledger.holds(), &|n| format!("/holds/{}", ledger.hold(n).0))),
        ("/stock", same("/stock")),
        ("/stock, further on", each(ITEMS as u64, &|n| format!("/stock?after=ART-{}", 1 + n))),
        ("/items/…", each(ITEMS as u64, &|n| format!("/items/{}", 1 + n))),
        ("/locations/…", each(LOCATIONS as u64 - 60, &|n| format!("/locations/{}", 61 + n))),
        ("/locations/… (the dock, where all lots came)", same("/locations/1")),
        (
            "/lot (trace)",
            each(lots, &|n| {
                let (item, lot) = ledger.lot(n);
                format!("/lot?item={item}&lot={lot}")
            }),
        ),
        ("/expiry", same("/expiry")),
        ("/orders", same("/orders")),
        ("/orders/…", each(ORDERS as u64, &|n| format!("/orders/{}", 1 + n))),
        ("/search, a lot", each(lots, &|n| format!("/search?q={}", ledger.lot(n).1))),
        ("/search, the beginning of lots", each(10, &|n| format!("/search?q=L0{n}"))),
        ("/search, an order", each(ORDERS as u64, &|n| format!("/search?q=SO-{:06}", 1 + n))),
        ("/search, a word of names", same("/search?q=number")),
        ("/search, nothing", same("/search?q=zzzz")),
        ("/people", same("/people")),
        ("/audit", same("/audit")),
        ("/imports", same("/imports")),
    ]
}

async fn sign_in(addr: SocketAddr) -> String {
    let form = format!("badge={BADGE}&pin={PIN}");
    let request = Request::post(format!("http://{addr}/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form)))
        .expect("a request");
    let answer = client().request(request).await.expect("an answer");
    let cookie = answer.headers().get("set-cookie").expect("a session").to_str().expect("text");
    cookie.split(';').next().expect("a cookie").to_owned()
}

/// From the request to the page's last byte.
async fn get(addr: SocketAddr, cookie: &str, path: &str) -> Duration {
    let request = Request::get(format!("http://{addr}{path}")).header("cookie", cookie);
    let request = request.body(Full::new(Bytes::new())).expect("a request");
    let began = Instant::now();
    let answer = client().request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.expect("a page").to_bytes();
    let took = began.elapsed();
    // A search with one result leads there.
    let is_good = status == 200 && bytes.len() > 100 || status == 303 && path.starts_with("/search");
    assert!(is_good, "{path}: {status} {}", String::from_utf8_lossy(&bytes));
    took
}
