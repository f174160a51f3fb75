//! The floor's stories at the server: the last case taken twice, a hold that only a supervisor ends, an undo,
//! a wrong clock.

use crate::server_database::{Db, number, on_every_database};
use crate::server_support::{Handheld, MORNING, SITE, TestServer, movement, receipt};
use firstout::domain::{
    Body, Count, CountLine, EventId, FefoPolicy, Hold, HoldKind, HoldTarget, ItemId, Location, LocationId,
    LocationKind, LotKey, LotNumber, MasterRecord, Order, OrderId, OrderKind, OrderStatus, PartyId, Pick,
    Place, Quantity, Reason, Release, Role, Site, SiteZone, StockKey, Timestamp, Undo, User, UserId,
};
use firstout::server::storage::StorageError;
use firstout::sync::wire::{PushResult, Status, Stream};

const PICKER: i64 = 1;
const SUPERVISOR: i64 = 2;

fn user(id: i64, role: Role) -> MasterRecord {
    MasterRecord::User(User {
        id: UserId(id),
        name: format!("User {id}"),
        badge: format!("B{id}"),
        pin: None,
        role,
        language: String::new(),
        active: true,
    })
}

fn location(id: i64, kind: LocationKind) -> MasterRecord {
    MasterRecord::Location(Location {
        id: LocationId(id),
        code: format!("A-{id}"),
        kind,
        zone: "A".into(),
        walk: id,
        active: true,
    })
}

fn site() -> MasterRecord {
    MasterRecord::Site(Site {
        id: SITE,
        name: "Test".into(),
        zone: SiteZone("Europe/Berlin".parse().unwrap()),
        fefo: FefoPolicy::AskReason,
        staging: LocationId(30),
        dock: LocationId(10),
    })
}

fn order() -> MasterRecord {
    MasterRecord::Order(Order {
        id: OrderId(5),
        number: "SO-5".into(),
        direction: firstout::domain::Direction::Outbound,
        kind: OrderKind::SalesOrder,
        party: PartyId(1),
        due: None,
        status: OrderStatus::Open,
        lines: vec![],
    })
}

fn warehouse(db: Db, name: &str) -> TestServer {
    let server = TestServer::start(db, name);
    let records = vec![
        site(),
        user(PICKER, Role::Picker),
        user(SUPERVISOR, Role::Supervisor),
        location(10, LocationKind::Dock),
        location(20, LocationKind::PickFace),
        location(30, LocationKind::Staging),
        order(),
    ];
    server.background.run(async |storage| storage.append_master(SITE, records).await).unwrap();
    server
}

fn pick(units: i64) -> Body {
    Body::Pick(Pick { order: OrderId(5), lines: vec![movement("L1", units, 10, 30)], fefo: None })
}

/// Confirms and pushes one event; the verdict.
fn does(handheld: &mut Handheld, operator: i64, body: Body) -> (EventId, PushResult) {
    let event = handheld.event(operator, body);
    handheld.chain(String::from_utf8(event.encode().unwrap()).unwrap());
    let from = handheld.made.len() - 1;
    (event.id, handheld.push(from, from + 1).results.remove(0))
}

fn check(
    handheld: &mut Handheld,
    operator: i64,
    body: Body,
    status: Status,
    reason: Option<&str>,
) -> EventId {
    let (id, result) = does(handheld, operator, body);
    assert_eq!((result.status, result.reason.as_deref()), (status, reason), "{result:?}");
    id
}

fn assert_sound(server: &TestServer) {
    let findings =
        server.background.run::<_, StorageError, _>(async |storage| storage.verify().await).unwrap();
    assert_eq!(findings.problems, Vec::<String>::new());
}

fn two_handhelds_take_the_last_case_and_both_stories_stand(db: Db) {
    let server = warehouse(db, "last-case");
    let (mut first, mut second) = (server.enrol("HH-01"), server.enrol("HH-02"));
    check(&mut first, PICKER, receipt(1), Status::Accepted, None);
    check(&mut first, PICKER, pick(1), Status::Accepted, None);
    let late = check(&mut second, PICKER, pick(1), Status::Flagged, Some("negative_balance"));

    assert_eq!(server.entries(), 3);
    let [open] = server.open().try_into().unwrap();
    assert_eq!((open.kind.as_str(), open.stream_seq), ("negative_balance", 3));
    assert!(open.detail.contains(&late.to_string()), "{}", open.detail);
    let entries = second.pull(Stream::Site, 100).remove(0).events;
    let statuses: Vec<_> = entries.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Status::Accepted, Status::Accepted, Status::Flagged]);
    assert_sound(&server);
}

fn a_hold_travels_first_and_only_a_supervisor_ends_it(db: Db) {
    let server = warehouse(db, "hold");
    let mut handheld = server.enrol("HH-01");
    check(&mut handheld, PICKER, receipt(9), Status::Accepted, None);
    let lot = LotKey { item: ItemId(7), lot: LotNumber::new("L1").ok() };
    let target = HoldTarget::Lot(lot);
    let stop =
        Hold { target: target.clone(), kind: HoldKind::Recall, reason: Reason::Recall, note: String::new() };
    let hold = check(&mut handheld, PICKER, Body::Hold(stop), Status::Accepted, None);
    check(&mut handheld, PICKER, pick(1), Status::Flagged, Some("taken_while_held"));

    let release = |hold| Body::Release(Release { hold, target: target.clone(), reason: Reason::Checked });
    let unknown = EventId(uuid::Uuid::from_u128(77));
    check(&mut handheld, PICKER, release(hold), Status::Refused, Some("not_allowed"));
    check(&mut handheld, SUPERVISOR, release(unknown), Status::Refused, Some("hold_unknown"));
    check(&mut handheld, SUPERVISOR, release(hold), Status::Accepted, None);
    check(&mut handheld, SUPERVISOR, release(hold), Status::Refused, Some("hold_ended"));
    check(&mut handheld, PICKER, pick(1), Status::Accepted, None);

    // The control stream has what counts, and nothing else.
    let control = handheld.pull(Stream::Control, 1);
    let seqs: Vec<_> =
        control.iter().flat_map(|page| &page.events).map(|row| (row.stream_seq, row.seq)).collect();
    assert_eq!(seqs, [(1, 2), (2, 6)]);
    assert_eq!(number(&server.database, "SELECT count(*) FROM hold WHERE ended = 0"), 0);
    // A refused command says so again when its answer was lost.
    let again = handheld.push(3, 4).results.remove(0);
    assert_eq!((again.status, again.reason.as_deref()), (Status::Duplicate, Some("not_allowed")));
    assert_sound(&server);
}

fn an_order_closes_once(db: Db) {
    let server = warehouse(db, "close");
    let mut handheld = server.enrol("HH-01");
    let close = |order| Body::CloseOrder(firstout::domain::CloseOrder { order: OrderId(order) });
    check(&mut handheld, PICKER, close(6), Status::Refused, Some("order_unknown"));
    check(&mut handheld, PICKER, close(5), Status::Accepted, None);
    check(&mut handheld, PICKER, close(5), Status::Refused, Some("order_closed"));
    assert_sound(&server);
}

fn an_undo_counts_once_whoever_sends_it(db: Db) {
    let server = warehouse(db, "undo");
    let (mut first, mut second) = (server.enrol("HH-01"), server.enrol("HH-02"));
    let received = check(&mut first, PICKER, receipt(4), Status::Accepted, None);
    let undo = Body::Undo(Undo { event: received, body: Box::new(receipt(4)) });
    check(&mut first, PICKER, undo.clone(), Status::Accepted, None);
    check(&mut second, PICKER, undo, Status::Refused, Some("undone_already"));
    assert_eq!(number(&server.database, "SELECT count(*) FROM stock WHERE units <> 0"), 0);
    assert_sound(&server);
}

fn a_count_that_could_not_know_is_put_before_a_person(db: Db) {
    let server = warehouse(db, "count");
    let (mut first, mut second) = (server.enrol("HH-01"), server.enrol("HH-02"));
    check(&mut first, PICKER, receipt(4), Status::Accepted, None);
    first.now = Timestamp(MORNING + 1_000);
    check(&mut first, PICKER, pick(1), Status::Accepted, None);
    second.now = Timestamp(MORNING + 2_000);
    let key = StockKey {
        item: ItemId(7),
        lot: LotNumber::new("L1").ok(),
        serial: None,
        place: Place::at(LocationId(10)),
    };
    let units = |units| Quantity::new(units).unwrap();
    let line = CountLine { key, counted: units(3), expected: units(4) };
    let count = Body::Count(Count { lines: vec![line], synced_to: 1 });
    check(&mut second, PICKER, count, Status::Flagged, Some("count_overtaken"));
    assert_sound(&server);
}

fn a_wrong_clock_is_told_and_blocks_nothing(db: Db) {
    let server = warehouse(db, "clock");
    let mut handheld = server.enrol("HH-01");
    handheld.now = Timestamp(MORNING - 3_600_000);
    for _ in 0..3 {
        check(&mut handheld, PICKER, receipt(1), Status::Accepted, None);
    }
    assert_eq!(server.devices()[0].skew_ms, 3_600_000);
    let [open] = server.open().try_into().unwrap();
    assert_eq!(open.kind, "clock_skew");
    let entry = handheld.pull(Stream::Site, 10).remove(0).events.remove(0);
    assert_eq!(entry.received, Timestamp(MORNING));
}

fn master_records_are_a_stream_too(db: Db) {
    let server = warehouse(db, "master");
    let handheld = server.enrol("HH-01");
    let append = |records| {
        server.background.run(async |storage| storage.append_master(SITE, records).await).unwrap().seq
    };
    assert_eq!(append(vec![order()]), 7, "an equal record is not told twice");
    assert_eq!(append(vec![user(PICKER, Role::Clerk)]), 8);
    let pages = handheld.pull(Stream::Master, 3);
    assert_eq!(pages.iter().map(|page| page.records.len()).collect::<Vec<_>>(), [3, 3, 2]);
    let last: MasterRecord = serde_json::from_str(&pages[2].records[1].bytes).unwrap();
    assert_eq!(last, user(PICKER, Role::Clerk));
    assert_sound(&server);
}

on_every_database!(
    two_handhelds_take_the_last_case_and_both_stories_stand,
    a_hold_travels_first_and_only_a_supervisor_ends_it,
    an_order_closes_once,
    an_undo_counts_once_whoever_sends_it,
    a_count_that_could_not_know_is_put_before_a_person,
    a_wrong_clock_is_told_and_blocks_nothing,
    master_records_are_a_stream_too,
);
