//! What a push may be: once, twice, in pieces, out of order, broken, forked; over real sockets.

use crate::server_database::{Db, on_every_database};
use crate::server_support::{Handheld, TestServer, movement, receipt};
use firstout::domain::{Body, Event, Move, MoveKind};
use firstout::sync::wire::{Conflict, Hash, Head, PushReply, Status, Stream};

fn put_away(units: i64) -> Body {
    Body::Move(Move { kind: MoveKind::PutAway, lines: vec![movement("L1", units, 10, 20)] })
}

fn statuses(reply: &PushReply) -> Vec<Status> {
    reply.results.iter().map(|result| result.status).collect()
}

fn stocked(server: &TestServer) -> Handheld {
    let mut handheld = server.enrol("HH-07");
    handheld.confirm(receipt(12));
    handheld.confirm(put_away(4));
    handheld.confirm(put_away(5));
    handheld
}

fn a_push_twice_is_taken_once(db: Db) {
    let server = TestServer::start(db, "twice");
    let handheld = stocked(&server);
    let first = handheld.push_all();
    assert_eq!((first.acked_through, statuses(&first)), (3, vec![Status::Accepted; 3]));
    let second = handheld.push_all();
    assert_eq!((second.acked_through, statuses(&second)), (3, vec![Status::Duplicate; 3]));
    let seqs = |reply: &PushReply| reply.results.iter().map(|row| row.stream_seq).collect::<Vec<_>>();
    assert_eq!(seqs(&first), seqs(&second));
    assert_eq!(handheld.hello().heads.site.seq, 3);
}

fn pieces_that_overlap_are_taken_once(db: Db) {
    let server = TestServer::start(db, "pieces");
    let handheld = stocked(&server);
    assert_eq!(statuses(&handheld.push(0, 1)), [Status::Accepted]);
    assert_eq!(statuses(&handheld.push(0, 2)), [Status::Duplicate, Status::Accepted]);
    assert_eq!(statuses(&handheld.push(1, 3)), [Status::Duplicate, Status::Accepted]);
    // What is behind a push may be of a copy of the device: it is not acknowledged with it.
    assert_eq!([(0, 0), (0, 2), (1, 3)].map(|(from, to)| handheld.push(from, to).acked_through), [0, 2, 3]);
    assert_eq!(handheld.hello().device_last_seq, 3);
}

fn a_gap_names_what_is_missing(db: Db) {
    let server = TestServer::start(db, "gap");
    let handheld = stocked(&server);
    let answer = handheld.send(&handheld.request(1, 3));
    assert_eq!((answer.status, answer.json()), (409, Conflict::Gap { expected: 1 }));
    handheld.push(0, 2);
    assert_eq!(handheld.push(2, 3).acked_through, 3);
}

fn two_histories_of_one_device_are_a_fork_and_nothing_is_lost(db: Db) {
    let server = TestServer::start(db, "fork");
    let mut original = stocked(&server);
    let mut clone = original.clone();
    clone.events += 1_000;
    original.push_all();
    let shared = original.made[2].hash;
    original.confirm(put_away(1));
    clone.confirm(put_away(2));
    original.push(3, 4);

    let answer = clone.send(&clone.request(3, 4));
    let expected_hash = original.made[3].hash;
    assert_eq!((answer.status, answer.json()), (409, Conflict::Fork { expected_hash }));
    let mut beyond = clone.request(3, 4);
    beyond.events[0].seq = 5;
    beyond.prev_hash = clone.made[3].hash;
    let answer = clone.send(&beyond);
    assert_eq!((answer.status, answer.json()), (409, Conflict::Fork { expected_hash }));
    assert_ne!(shared, expected_hash);

    // The device takes its next epoch and sends again, under the old ids, what it has no answer for.
    let again: Vec<_> = clone.made.drain(..).skip(2).map(|envelope| envelope.bytes).collect();
    clone.epoch = 2;
    again.into_iter().for_each(|bytes| clone.chain(bytes));
    let reply = clone.push_all();
    assert_eq!(statuses(&reply), [Status::Duplicate, Status::Accepted]);
    assert_eq!(reply.results[0].stream_seq, 3);
    assert_eq!(statuses(&clone.push_all()), [Status::Duplicate; 2]);
    assert_eq!(original.hello().heads.site.seq, 5);
    assert_eq!((clone.hello().device_epoch, clone.hello().device_last_seq), (2, 2));
}

fn a_poison_event_delays_no_other(db: Db) {
    let server = TestServer::start(db, "poison");
    let mut handheld = stocked(&server);
    handheld.chain("{\"not\":\"an event\"}".into());
    handheld.chain("\u{0}\u{1f}\\\"".into());
    let mut elsewhere = handheld.event(1, put_away(1));
    elsewhere.site = firstout::domain::SiteId(9);
    handheld.chain(String::from_utf8(elsewhere.encode().unwrap()).unwrap());
    handheld.confirm(put_away(1));
    handheld.made[6].hash = Hash([9; 32]);
    handheld.confirm(put_away(1));
    let reply = handheld.push_all();
    let quarantined = Status::Quarantined;
    let verdicts: Vec<_> = reply.results[3..].iter().map(|row| (row.status, row.reason.as_deref())).collect();
    assert_eq!(
        verdicts,
        [
            (quarantined, Some("unreadable")),
            (quarantined, Some("unreadable")),
            (quarantined, Some("wrong_site")),
            (quarantined, Some("chain_broken")),
            (Status::Accepted, None),
        ]
    );
    assert_eq!(reply.acked_through, 8);
    assert_eq!(statuses(&handheld.push_all()), [Status::Duplicate; 8]);
    let entries = handheld.pull(Stream::Site, 100).remove(0).events;
    assert_eq!(entries.iter().map(|entry| &entry.bytes).collect::<Vec<_>>(), handheld_bytes(&handheld));
}

fn handheld_bytes(handheld: &Handheld) -> Vec<&String> {
    handheld.made.iter().map(|envelope| &envelope.bytes).collect()
}

fn an_unknown_kind_is_kept_and_passed_on(db: Db) {
    let server = TestServer::start(db, "unknown");
    let mut handheld = stocked(&server);
    let known = handheld.event(1, put_away(1));
    let text = String::from_utf8(known.encode().unwrap()).unwrap();
    let newer = text.replace("{\"v\":1,", "{\"v\":2,").replace("{\"move\":", "{\"kit\":");
    assert!(matches!(Event::decode(newer.as_bytes()).unwrap().body, Body::Unknown { .. }));
    handheld.chain(newer.clone());
    assert_eq!(statuses(&handheld.push_all())[3], Status::Accepted);
    let entries = handheld.pull(Stream::Site, 100).remove(0).events;
    assert_eq!(entries[3].bytes, newer);
}

fn other_bytes_under_a_known_id_are_quarantined(db: Db) {
    let server = TestServer::start(db, "same-id");
    let mut first = stocked(&server);
    first.push_all();
    let mut second = server.enrol("HH-08");
    let mut liar = second.event(1, put_away(3));
    liar.id = Event::decode(first.made[1].bytes.as_bytes()).unwrap().id;
    second.chain(String::from_utf8(liar.encode().unwrap()).unwrap());
    second.chain(first.made[2].bytes.clone());
    let reply = second.push_all();
    assert_eq!(statuses(&reply), [Status::Quarantined, Status::Duplicate]);
    assert_eq!(reply.results[0].reason.as_deref(), Some("id_conflict"));
    first.confirm(put_away(1));
    assert_eq!(statuses(&first.push(3, 4)), [Status::Accepted]);
}

fn pages_are_dense_prefixes_and_foreign_cursors_are_told(db: Db) {
    let server = TestServer::start(db, "pages");
    let mut handheld = server.enrol("HH-07");
    for _ in 0..25 {
        handheld.confirm(receipt(1));
    }
    handheld.push_all();
    let pages = handheld.pull(Stream::Site, 10);
    assert_eq!(pages.iter().map(|page| page.events.len()).collect::<Vec<_>>(), [10, 10, 5]);
    let mut hash = Hash::default();
    for (n, entry) in pages.iter().flat_map(|page| &page.events).enumerate() {
        assert_eq!((entry.stream_seq, entry.seq), (n as u64 + 1, n as u64 + 1));
        hash = Hash::chain_stream(hash, entry.stream_seq, entry.status, entry.bytes.as_bytes());
    }
    assert_eq!(hash, handheld.hello().heads.site.hash);

    let server_epoch = handheld.server_epoch;
    let told = Conflict::EpochChanged { server_epoch, device_last_seq: 25 };
    let beyond = handheld.page(Stream::Site, Head { seq: 26, hash }, 10);
    assert_eq!((beyond.status, beyond.json::<Conflict>()), (409, told.clone()));
    let other = handheld.page(Stream::Site, Head { seq: 25, hash: Hash([1; 32]) }, 10);
    assert_eq!((other.status, other.json::<Conflict>()), (409, told.clone()));
    let mut restored = handheld.clone();
    restored.server_epoch.0 = uuid::Uuid::nil();
    let old = restored.page(Stream::Site, Head { seq: 25, hash }, 10);
    assert_eq!((old.status, old.json::<Conflict>()), (409, told.clone()));
    let push = restored.send(&restored.request(0, 25));
    assert_eq!((push.status, push.json::<Conflict>()), (409, told));
}

on_every_database!(
    a_push_twice_is_taken_once,
    pieces_that_overlap_are_taken_once,
    a_gap_names_what_is_missing,
    two_histories_of_one_device_are_a_fork_and_nothing_is_lost,
    a_poison_event_delays_no_other,
    an_unknown_kind_is_kept_and_passed_on,
    other_bytes_under_a_known_id_are_quarantined,
    pages_are_dense_prefixes_and_foreign_cursors_are_told,
);

/// What a push costs must not grow with the site: PostgreSQL is asked to look at a young ledger at once, before its own
/// turn comes. Without that, every push of a new site read all of its stock for a minute or longer.
#[cfg(feature = "postgres")]
#[test]
fn a_ledger_that_has_grown_is_looked_at() {
    let server = TestServer::start(Db::Postgres, "young");
    let mut handheld = server.enrol("HH-01");
    for _ in 0..1_000 {
        handheld.confirm(receipt(1));
    }
    let looked = "SELECT count(*) FROM pg_stat_user_tables WHERE relname IN ('event', 'lot', 'stock') AND analyze_count > 0";
    let looked = || crate::server_database::number(&server.database, looked);
    handheld.push(0, 500);
    handheld.push(500, 999);
    assert_eq!(looked(), 0);
    handheld.push(999, 1_000);
    let begun = std::time::Instant::now();
    while looked() < 3 {
        assert!(begun.elapsed().as_secs() < 60, "{} tables were looked at", looked());
    }
}

/// What a push costs must not grow with the site: a new lot looks at its own stock.
#[test]
fn a_new_lot_reads_its_own_stock_only() {
    let server = TestServer::start(Db::Sqlite, "plan");
    let columns = ["item", "lot", "event_id", "received", "facts", "good_to"];
    let keys: Vec<String> = (2..).zip(columns).map(|(n, name)| format!("?{n} AS {name}")).collect();
    let sql = include_str!("../../src/server/storage/sql/save_lots.sql");
    let sql = sql.replace("{keys}", &format!("(SELECT {}) AS k", keys.join(", ")));
    let file = rusqlite::Connection::open(server.data.join("firstout.sqlite")).unwrap();
    let mut query = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let plan: Vec<String> = query.query_map([1; 7], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    let reads = "SEARCH s USING PRIMARY KEY (site=? AND item=? AND lot=?)";
    assert!(plan.iter().any(|step| step == reads), "{plan:#?}");
}

/// What a page of an item, a lot, a place or a handling unit costs must not grow with the site: neither the site nor a
/// place's number above 0 is a way to find its stock. With 10,000,000 events such a page took seconds.
#[test]
fn a_page_reads_the_stock_that_it_shows_only() {
    let server = TestServer::start(Db::Sqlite, "page-plans");
    let file = rusqlite::Connection::open(server.data.join("firstout.sqlite")).unwrap();
    let check = |sql: &str, reads: &str| {
        let sql = sql.replace("{keys}", "(SELECT ?2 AS item) AS k");
        let mut query = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let params = rusqlite::params_from_iter(vec![1; query.parameter_count()]);
        let plan: Vec<String> =
            query.query_map(params, |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan.iter().any(|step| step.contains(reads)), "{sql}\n{plan:#?}");
    };
    macro_rules! sql {
        ($name:literal) => {
            include_str!(concat!("../../src/server/storage/sql/", $name, ".sql"))
        };
    }
    check(sql!("console_item_sums"), "SEARCH s USING PRIMARY KEY (site=? AND item=?)");
    check(sql!("console_balances_of"), "SEARCH s USING PRIMARY KEY (site=? AND item=?)");
    check(sql!("console_sum_of"), "SEARCH stock USING PRIMARY KEY (site=? AND item=?)");
    check(sql!("console_lot_places"), "SEARCH stock USING PRIMARY KEY (site=? AND item=? AND lot=?)");
    check(sql!("console_lot_elsewhere"), "SEARCH stock USING PRIMARY KEY (site=? AND item=? AND lot=?)");
    let keys = "(SELECT ?2 AS n, ?3 AS item, ?4 AS lot, ?5 AS location, ?6 AS at) AS k";
    let of_lot = sql!("find_taken_of_lot").replace("{keys}", keys);
    check(&of_lot, "SEARCH c USING PRIMARY KEY (site=? AND item=? AND lot=?)");
    check(sql!("console_case_taken"), "SEARCH c USING PRIMARY KEY (site=? AND item=? AND lot=?)");
    let at_a_place = sql!("find_taken_from_location").replace("{keys}", keys);
    check(&at_a_place, "SEARCH c USING INDEX change_sale (site=? AND at>?)");
    check(sql!("console_search_hus"), "SEARCH stock USING INDEX stock_hu (site=? AND hu=?)");
    check(sql!("console_search_lots"), "SEARCH lot USING INDEX lot_number (site=? AND lot=?)");
    check(sql!("console_expiry"), "SEARCH lot USING INDEX lot_good_to (site=? AND good_to>?)");
    let on = sql!("find_holds_on").replace("{keys}", "(SELECT ?2 AS n, ?3 AS target) AS k");
    check(&on, "SEARCH h USING INDEX hold_open (site=? AND target=?)");
    check(sql!("console_case_lots_in"), "SEARCH stock USING INDEX stock_hu (site=? AND hu=?)");
    check(sql!("console_case_lots_at"), "SEARCH stock USING INDEX stock_location (site=? AND location=?)");
    check(sql!("console_balances_at"), "SEARCH s USING INDEX stock_location (site=? AND location=?)");
    let open = "SEARCH discrepancy USING INDEX discrepancy_open (site=?)";
    check(sql!("console_count_discrepancies"), open);
    check(sql!("console_open_discrepancies"), open);
    check(sql!("console_count_at"), "SEARCH stock USING INDEX stock_location (site=? AND location=?)");
}
