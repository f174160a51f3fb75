//! A confirmed pick against a bare SQLite transaction that writes the same rows with the same pragmas.

use crate::report::{Report, Times};
use crate::site::{self, Folder, NOW};
use firstout::demo::{self, Opening, Rng};
use firstout::domain::*;
use firstout::store::{Draft, Store};
use firstout::sync::wire::Hash;
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::Path;
use uuid::Uuid;

const SCANS: u128 = 1_500;
const WARM_UP: u128 = 50;
const STAGING: LocationId = LocationId(999_999);

pub fn run(report: &mut Report) {
    let folder = Folder::new("scan");
    let warehouse = demo::warehouse(1, day_from_number(site::TODAY).expect("a day"));
    let openings: Vec<&Opening> = warehouse.openings.iter().filter(|opening| opening.hu.is_none()).collect();
    let fill = |path: &Path| {
        let mut store = site::enrolled(path);
        for page in demo::seed::pull_pages(&warehouse).expect("the demo warehouse") {
            store.apply_pull(&page, NOW).expect("a page");
        }
        store
    };
    let mut store = fill(&folder.file("ours.db"));
    let bare_path = folder.file("bare.db");
    drop(fill(&bare_path));
    let mut bare = Bare::open(&bare_path);

    let (mut ours, mut base) = (Times::default(), Times::default());
    let (mut warm, mut warm_base) = (Times::default(), Times::default());
    let mut rng = Rng::new(5);
    for number in 1..=SCANS + WARM_UP {
        let opening = *rng.pick(&openings).expect("stock");
        let draft = pick(number, opening);
        let (ours, base) =
            if number > WARM_UP { (&mut ours, &mut base) } else { (&mut warm, &mut warm_base) };
        if number % 2 == 0 {
            ours.measure(|| store.confirm(draft.clone())).expect("the pick is confirmed");
            bare.write(&store, draft, opening, base);
        } else {
            bare.write(&store, draft.clone(), opening, base);
            ours.measure(|| store.confirm(draft)).expect("the pick is confirmed");
        }
    }
    bare.assert_same_rows(&store);
    report.against("a pick confirmed", &ours, &base, 2.0, 3.0);
}

fn pick(number: u128, opening: &Opening) -> Draft {
    let line = Movement {
        item: opening.lot.item,
        lot: Some(opening.lot.lot.clone()),
        serial: None,
        quantity: Quantity::ONE,
        from: Place::at(opening.location),
        to: Place::at(STAGING),
        line: Some(1),
    };
    let body = Body::Pick(Pick { order: OrderId(77_777), lines: vec![line], fefo: None });
    let at = NOW.plus_ms(i64::try_from(number).unwrap_or_default());
    Draft { id: EventId(Uuid::from_u128(number)), operator: UserId(1), at, body }
}

/// The rows of a pick by plain statements; what they hold is worked out before the clock runs.
struct Bare {
    db: Connection,
    seq: i64,
    last: Hash,
}

impl Bare {
    fn open(path: &Path) -> Self {
        let db = Connection::open(path).expect("a bare connection");
        db.execute_batch(include_str!("../src/store/sql/pragmas.sql")).expect("the same pragmas");
        db.set_prepared_statement_cache_capacity(64);
        Self { db, seq: 0, last: Hash::default() }
    }

    fn write(&mut self, store: &Store, draft: Draft, opening: &Opening, times: &mut Times) {
        let identity = store.identity().expect("the identity").expect("enrolled");
        let event = Event {
            v: EVENT_VERSION,
            id: draft.id,
            site: identity.site,
            device: identity.device,
            operator: draft.operator,
            at: draft.at,
            skew_ms: None,
            body: draft.body,
        };
        let bytes = String::from_utf8(event.encode().expect("the event")).expect("text");
        self.seq += 1;
        self.last = Hash::chain(self.last, bytes.as_bytes());
        let (item, lot) = (opening.lot.item.0, opening.lot.lot.as_str());
        let sort: (i64, i64, i64, i64) = self
            .db
            .query_row(
                "SELECT expiry, best_before, produced, received FROM stock WHERE item = ?1 AND lot = ?2",
                (item, lot),
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .expect("the lot's stock");
        let walk: i64 = self
            .db
            .query_row("SELECT walk FROM location WHERE id = ?1", [opening.location.0], |row| row.get(0))
            .expect("the location");
        let (db, seq, hash) = (&mut self.db, self.seq, self.last);
        times.measure(|| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).expect("a transaction");
            let insert = "INSERT INTO event (epoch, seq, id, hash, bytes, operator, at)
                VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)";
            tx.prepare_cached(insert)
                .and_then(|mut sql| {
                    sql.execute(params![seq, event.id.0.as_bytes(), hash.0, bytes, event.operator.0, event.at.0])
                })
                .expect("the event");
            tx.prepare_cached("INSERT INTO outbox (n) VALUES (?1)")
                .and_then(|mut sql| sql.execute([tx.last_insert_rowid()]))
                .expect("the outbox");
            let add = "INSERT INTO stock
                (item, expiry, best_before, produced, received, walk, lot, location, hu, serial, base, pending, since)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', '', 0, ?9, ?10)
                ON CONFLICT DO UPDATE SET pending = pending + excluded.pending, since = excluded.since";
            for (walk, location, delta) in [(walk, opening.location.0, -1), (i64::MAX, STAGING.0, 1)] {
                let row = params![item, sort.0, sort.1, sort.2, sort.3, walk, lot, location, delta, event.at.0];
                tx.prepare_cached(add).and_then(|mut sql| sql.execute(row)).expect("the stock");
            }
            let add = "INSERT INTO progress (order_id, line, item, lot, serial, stage, base, pending)
                VALUES (77777, 1, ?1, ?2, '', 1, 0, 1) ON CONFLICT DO UPDATE SET pending = pending + 1";
            tx.prepare_cached(add).and_then(|mut sql| sql.execute((item, lot))).expect("the progress");
            tx.commit().expect("the commit");
        });
    }

    /// The baseline is only one where it wrote what the store wrote.
    fn assert_same_rows(&self, store: &Store) {
        let mut query = self.db.prepare("SELECT bytes, hash FROM event ORDER BY n").expect("the events");
        let rows = query
            .query_map((), |row| Ok((row.get::<_, String>(0)?, Hash(row.get(1)?))))
            .expect("the events")
            .collect::<Result<Vec<_>, _>>()
            .expect("the events");
        let sent = store.outbox(0, usize::MAX >> 1, usize::MAX).expect("the outbox");
        let ours: Vec<(String, Hash)> = sent.into_iter().map(|sent| (sent.bytes, sent.hash)).collect();
        assert_eq!(rows, ours);
        let sum = "SELECT sum(pending) FROM stock WHERE location = ?1";
        let sum: i64 = self.db.query_row(sum, [STAGING.0], |row| row.get(0)).expect("the stock");
        let shown = store.stock_at(STAGING, 0, 1_000_000).expect("the stock");
        assert_eq!(shown.iter().map(|row| row.quantity.units()).sum::<i64>(), sum);
    }
}
