//! A confirmed pick, and the whole scan that leads to it, against a bare SQLite transaction that writes the same rows with the same pragmas.

use crate::report::{Report, Times};
use crate::site::{self, Folder, NOW};
use firstout::demo::{self, Opening, Rng, Warehouse};
use firstout::domain::*;
use firstout::screens::{EventIds, Input, Page, Session, SessionConfig, View};
use firstout::store::{Draft, Identity, Store};
use firstout::sync::wire::Hash;
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::Path;
use uuid::Uuid;

const SCANS: u128 = 1_500;
const WARM_UP: u128 = 50;
const ORDERS: i64 = 20;
const LINES: u32 = 50;
const STAGING: LocationId = LocationId(999_999);

pub fn run(report: &mut Report) {
    confirm(report);
    shelf(report);
}

/// The same filled file twice: one for the product, one for plain statements.
fn files(folder: &Folder, warehouse: &Warehouse) -> (Store, Bare) {
    let fill = |path: &Path| {
        let mut store = site::enrolled(path);
        for page in demo::seed::pull_pages(warehouse).expect("the demo warehouse") {
            store.apply_pull(&page, NOW).expect("a page");
        }
        store
    };
    let bare = folder.file("bare.db");
    drop(fill(&bare));
    (fill(&folder.file("ours.db")), Bare::open(&bare))
}

/// The store alone: an event frozen, chained, written with its effects.
fn confirm(report: &mut Report) {
    let folder = Folder::new("confirm");
    let warehouse = demo::warehouse(1, day_from_number(site::TODAY).expect("a day"));
    let openings: Vec<&Opening> = warehouse.openings.iter().filter(|opening| opening.hu.is_none()).collect();
    let (mut store, mut bare) = files(&folder, &warehouse);

    let identity = store.identity().expect("the identity").expect("enrolled");

    let (mut ours, mut base) = (Times::default(), Times::default());
    let (mut warm, mut warm_base) = (Times::default(), Times::default());
    let mut rng = Rng::new(5);
    for number in 1..=SCANS + WARM_UP {
        let opening = *rng.pick(&openings).expect("stock");
        let event = pick(&identity, number, opening);
        let (ours, base) =
            if number > WARM_UP { (&mut ours, &mut base) } else { (&mut warm, &mut warm_base) };
        if number % 2 == 0 {
            ours.measure(|| store.confirm(draft(event.clone()))).expect("the pick is confirmed");
            bare.write(&event, base);
        } else {
            bare.write(&event, base);
            ours.measure(|| store.confirm(draft(event))).expect("the pick is confirmed");
        }
    }
    bare.assert_same_rows(&store, STAGING);
    report.against("a pick confirmed", &ours, &base, 2.0, 3.0);
}

fn pick(identity: &Identity, number: u128, opening: &Opening) -> Event {
    let line = Movement {
        item: opening.lot.item,
        lot: Some(opening.lot.lot.clone()),
        serial: None,
        quantity: Quantity::ONE,
        from: Place::at(opening.location),
        to: Place::at(STAGING),
        line: Some(1),
    };
    Event {
        v: EVENT_VERSION,
        id: EventId(Uuid::from_u128(number)),
        site: identity.site,
        device: identity.device,
        operator: UserId(1),
        at: NOW.plus_ms(i64::try_from(number).unwrap_or_default()),
        skew_ms: None,
        body: Body::Pick(Pick { order: OrderId(77_777), lines: vec![line], fefo: None }),
    }
}

fn draft(event: Event) -> Draft {
    Draft { id: event.id, operator: event.operator, at: event.at, body: event.body }
}

/// The whole scan at the shelf: the label's bytes, the rules, the commit, the next stop of the walk and its words.
fn shelf(report: &mut Report) {
    let folder = Folder::new("shelf");
    let mut warehouse = demo::warehouse(1, day_from_number(site::TODAY).expect("a day"));
    let orders = orders(&warehouse);
    let numbers: Vec<String> = orders.iter().map(|order| order.number.clone()).collect();
    warehouse.orders.extend(orders);
    let (mut store, mut bare) = files(&folder, &warehouse);
    let mut session = Session::new(SessionConfig::default());
    let mut ids = Ids(0);
    let mut now = NOW;
    let badge = warehouse.users.iter().find(|user| user.pin.is_none()).expect("a picker").badge.clone();
    let (mut ours, mut base) = (Times::default(), Times::default());
    scan(&mut session, &mut store, &mut ids, &mut now, &badge);
    for number in numbers {
        let mut view = scan(&mut session, &mut store, &mut ids, &mut now, &number);
        while let Page::Pick(page) = &view.page
            && !page.location.is_empty()
        {
            let location = page.location.clone();
            let lot = page.goods.lot.trim_start_matches("Lot ").to_owned();
            let item = warehouse.item_named(&page.goods.item).expect("the item");
            let gtin = item.packs.first().expect("a pack").gtin;
            scan(&mut session, &mut store, &mut ids, &mut now, &location);
            let bytes = format!("]d201{gtin}10{lot}").into_bytes();
            now = now.plus_ms(2_000);
            let before = ids.0;
            view = ours.measure(|| session.handle(&mut store, Input::Scan { bytes }, now, &mut ids));
            assert_eq!(ids.0, before + 1, "one event, not {:?}", view.strip);
            let event = store.event(EventId(Uuid::from_u128(ids.0))).expect("the file").expect("the event");
            bare.write(&event, &mut base);
        }
    }
    bare.assert_same_rows(&store, warehouse.site.staging);
    report.against("a lot scanned at the shelf, decided, committed, shown", &ours, &base, 2.0, 3.0);
}

fn scan(session: &mut Session, store: &mut Store, ids: &mut Ids, now: &mut Timestamp, text: &str) -> View {
    *now = now.plus_ms(2_000);
    session.handle(store, Input::Scan { bytes: text.as_bytes().to_vec() }, *now, ids)
}

/// Orders of 50 lines, one unit each, over everything that may still be sold.
fn orders(warehouse: &Warehouse) -> Vec<Order> {
    let customer =
        warehouse.parties.iter().find(|party| party.kind == PartyKind::Customer).expect("a customer");
    let items: Vec<&Item> = warehouse
        .items
        .iter()
        .filter(|item| item.active && !item.tracking.needs_serial() && item.tracking.needs_lot())
        .collect();
    (0..ORDERS)
        .map(|number| {
            let line = |line: u32| OrderLine {
                line,
                item: items[(usize::try_from(number * 37).unwrap_or(0) + line as usize * 3) % items.len()].id,
                quantity: Quantity::ONE,
                lot: None,
                expiry: None,
                hu: None,
            };
            Order {
                id: OrderId(88_000 + number),
                number: format!("88{number:03}"),
                direction: Direction::Outbound,
                kind: OrderKind::SalesOrder,
                party: customer.id,
                due: None,
                status: OrderStatus::Open,
                lines: (1..=LINES).map(line).collect(),
            }
        })
        .collect()
}

/// Ids by number.
struct Ids(u128);

impl EventIds for Ids {
    fn next_id(&mut self, _: Timestamp) -> EventId {
        self.0 += 1;
        EventId(Uuid::from_u128(self.0))
    }
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

    fn write(&mut self, event: &Event, times: &mut Times) {
        let Body::Pick(Pick { order, lines, .. }) = &event.body else { panic!("a pick") };
        let [line] = lines.as_slice() else { panic!("one line") };
        let bytes = String::from_utf8(event.encode().expect("the event")).expect("text");
        self.seq += 1;
        self.last = Hash::chain(self.last, bytes.as_bytes());
        let (item, lot) = (line.item.0, line.lot.as_ref().map_or("", LotNumber::as_str));
        let sort: (i64, i64, i64, i64) = self
            .db
            .query_row(
                "SELECT expiry, best_before, produced, received FROM stock WHERE item = ?1 AND lot = ?2",
                (item, lot),
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .expect("the lot's stock");
        let walk = |place: &Place| -> i64 {
            let sql = "SELECT walk FROM location WHERE id = ?1";
            self.db.query_row(sql, [place.location.0], |row| row.get(0)).unwrap_or(i64::MAX)
        };
        let (walk, staging, units) = (walk(&line.from), walk(&line.to), line.quantity.units());
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
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', 0, ?10, ?11)
                ON CONFLICT DO UPDATE SET pending = pending + excluded.pending, since = excluded.since";
            for (walk, place, delta) in [(walk, &line.from, -units), (staging, &line.to, units)] {
                let row = params![item, sort.0, sort.1, sort.2, sort.3, walk, lot, place.location.0,
                    place.hu.as_ref().map_or("", HuCode::as_str), delta, event.at.0];
                tx.prepare_cached(add).and_then(|mut sql| sql.execute(row)).expect("the stock");
            }
            let add = "INSERT INTO progress (order_id, line, item, lot, serial, stage, base, pending)
                VALUES (?1, ?2, ?3, ?4, '', 1, 0, ?5) ON CONFLICT DO UPDATE SET pending = pending + excluded.pending";
            let row = (order.0, line.line, item, lot, units);
            tx.prepare_cached(add).and_then(|mut sql| sql.execute(row)).expect("the progress");
            tx.commit().expect("the commit");
        });
    }

    /// The baseline is only one where it wrote what the store wrote.
    fn assert_same_rows(&self, store: &Store, staging: LocationId) {
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
        let sum: i64 = self.db.query_row(sum, [staging.0], |row| row.get(0)).expect("the stock");
        let shown = store.stock_at(staging, 0, 1_000_000).expect("the stock");
        assert_eq!(shown.iter().map(|row| row.quantity.units()).sum::<i64>(), sum);
    }
}
