//! The next suggestion and a large order on 1,000,000 lots at 20,000 locations.

use crate::report::{Report, Times};
use crate::site::{self, Folder, ITEMS, LOCATIONS, NOW, TODAY};
use firstout::demo::Rng;
use firstout::domain::*;
use firstout::ledger::{Candidate, Demand, allocate_order};
use firstout::store::{Draft, Store};
use rusqlite::{Connection, Row};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

const SUGGESTIONS: usize = 20_000;
const ORDERS: usize = 60;
const ORDER_LINES: u32 = 500;
const STARTS: usize = 20;

/// What a covering index gives for the first row of an item: every column that a candidate needs of it.
const RAW: &str =
    "SELECT lot, location, hu, serial, expiry, best_before, produced, received, walk, base + pending
    FROM stock WHERE item = ?1 AND base + pending <> 0
    ORDER BY expiry, best_before, produced, received, walk, lot, location, hu, serial LIMIT 1";

pub fn run(report: &mut Report) {
    let folder = Folder::new("fefo");
    let path = folder.file("large.db");
    let mut fill = Times::default();
    let mut store = fill.measure(|| site::large(&path));
    report.within("1,000,000 lots: the snapshot taken in", &fill, Duration::from_secs(120));
    for number in 1..=50 {
        confirm_hold(&mut store, number);
    }
    drop(store);
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    report.file("1,000,000 lots: the file", bytes, 200_000_000);
    shares(report, &path);

    let mut start = Times::default();
    for _ in 0..STARTS {
        drop(start.measure(|| Store::open(&path, NOW).expect("the large store opens")));
    }
    report.within("1,000,000 lots: the store opens", &start, Duration::from_millis(50));
    let (store, _) = Store::open(&path, NOW).expect("the large store opens");
    suggestions(report, &store, &path);
    orders(report, &store);
    put_away(report, &store);
}

/// What each table and index takes of the file.
fn shares(report: &mut Report, path: &Path) {
    let db = Connection::open(path).expect("a bare connection");
    let sql =
        "SELECT name, sum(pgsize) FROM dbstat GROUP BY name HAVING sum(pgsize) > 500000 ORDER BY 2 DESC";
    let mut query = db.prepare(sql).expect("dbstat");
    let rows = query.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
    for (name, bytes) in rows.expect("dbstat").map(|row| row.expect("a row")) {
        report.share(&format!("1,000,000 lots: of it {name}"), bytes.unsigned_abs());
    }
}

fn confirm_hold(store: &mut Store, number: i64) {
    let target = match number % 2 {
        0 => HoldTarget::Location(LocationId(number * LOCATIONS / 50)),
        _ => HoldTarget::Lot(LotKey { item: ItemId(number), lot: LotNumber::new("L1000000").ok() }),
    };
    let hold = Hold { target, kind: HoldKind::Hold, reason: Reason::Quality, note: String::new() };
    let id = EventId(Uuid::from_u128(number.unsigned_abs().into()));
    let draft = Draft { id, operator: UserId(1), at: NOW, body: Body::Hold(hold) };
    store.confirm(draft).expect("the stop is placed");
}

type Raw = (String, i64, String, String, i64, i64, i64, i64, i64, i64);

fn raw_row(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
        row.get(9)?,
    ))
}

fn first(store: &Store, item: ItemId) -> Option<Candidate> {
    let mut found = None;
    let each = |candidate| {
        found = Some(candidate);
        ControlFlow::Break(())
    };
    store.for_each_candidate(item, each).expect("candidates");
    found
}

fn suggestions(report: &mut Report, store: &Store, path: &Path) {
    let raw = Connection::open(path).expect("a bare connection");
    raw.pragma_update(None, "cache_size", -8192).expect("the same cache");
    let (mut ours, mut bare) = (Times::default(), Times::default());
    let mut rng = Rng::new(2);
    for round in 0..SUGGESTIONS {
        let item = ItemId(rng.range(1, ITEMS));
        let raw_first = || {
            let mut query = raw.prepare_cached(RAW).expect("the raw query");
            query.query_row([item.0], raw_row).expect("every item has stock")
        };
        // In turn, so that neither always finds the pages warm.
        let (candidate, row) = if round % 2 == 0 {
            let candidate = ours.measure(|| first(store, item));
            (candidate, bare.measure(raw_first))
        } else {
            let row = bare.measure(raw_first);
            (ours.measure(|| first(store, item)), row)
        };
        let candidate = candidate.expect("every item has stock");
        assert_eq!(candidate.key.lot.as_ref().map(LotNumber::as_str), Some(row.0.as_str()));
    }
    report.against("1,000,000 lots: the next suggestion", &ours, &bare, 2.0, f64::INFINITY);
}

fn orders(report: &mut Report, store: &Store) {
    let today = day_from_number(TODAY).expect("a day");
    let (mut times, mut rng) = (Times::default(), Rng::new(3));
    for _ in 0..ORDERS {
        let lines: Vec<(u32, Demand)> = (1..=ORDER_LINES)
            .map(|line| {
                let (item, quantity) = (ItemId(rng.range(1, ITEMS)), Quantity::balance(rng.range(1, 600)));
                (line, Demand { item, quantity, lot: None, days_needed: 0, today })
            })
            .collect();
        let result = times
            .measure(|| allocate_order(&lines, |item, each| store.for_each_candidate(item, each)))
            .expect("the order is allocated");
        for ((_, demand), (_, allocation)) in lines.iter().zip(&result) {
            assert_eq!(allocation.allocated() + allocation.short, demand.quantity);
        }
    }
    report.within("1,000,000 lots: a 500-line order allocated", &times, Duration::from_millis(50));
}

fn put_away(report: &mut Report, store: &Store) {
    let mut empty = Times::default();
    for _ in 0..STARTS {
        empty.measure(|| store.first_empty_location("dry").expect("the query"));
    }
    report.within("20,000 locations: the first empty one", &empty, Duration::from_millis(50));
    let (mut number, mut rng) = (Times::default(), Rng::new(4));
    for _ in 0..200 {
        let text = format!("L{}", 1_000_000 + rng.range(0, site::LOTS - 1));
        let found = number.measure(|| store.lots_by_number(&text).expect("the query"));
        assert_eq!(found.len(), 1);
    }
    report.within("1,000,000 lots: the lots with a number", &number, Duration::from_millis(50));
    let mut place = Times::default();
    for _ in 0..200 {
        let location = LocationId(rng.range(61, LOCATIONS));
        place.measure(|| store.stock_at(location, 0, 20).expect("the query"));
    }
    report.within("20,000 locations: what is at one", &place, Duration::from_millis(5));
}
