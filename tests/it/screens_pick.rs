//! Picking in a small warehouse: site policies, pallets beside loose stock, units with serial numbers, stock nobody knew of.

use crate::flows::Counter;
use crate::store_kit::{
    Folder, Ledger, MILK, NOW, OWN, SHELF, confirm, enrolled, id, location, lot, master, units,
};
use firstout::domain::*;
use firstout::screens::{Input, Session, SessionConfig, View};
use firstout::store::Store;

const METER: ItemId = ItemId(7);
/// A second shelf, after the first on the walk.
const FAR: LocationId = LocationId(5);
const ORDER: OrderId = OrderId(9);

/// Lot, expiry, base units, place, pallet.
type Stock = (&'static str, &'static str, i64, LocationId, Option<&'static str>);

struct Floor {
    store: Store,
    session: Session,
    ids: Counter,
    now: Timestamp,
    _folder: Folder,
}

fn records(policy: FefoPolicy, ordered: &[(ItemId, i64)]) -> Vec<MasterRecord> {
    let site = Site {
        id: SiteId(1),
        name: "Small".into(),
        zone: SiteZone(chrono_tz::UTC),
        fefo: policy,
        staging: LocationId(3),
        dock: LocationId(1),
    };
    let user = User {
        id: UserId(1),
        name: "Pia".into(),
        badge: "BADGE".into(),
        pin: None,
        role: Role::Picker,
        language: "en".into(),
        active: true,
    };
    let meter = Item {
        id: METER,
        code: "METER".into(),
        name: "Meter".into(),
        tracking: Tracking::LotAndSerial,
        unit: Unit::Each,
        packs: vec![Pack {
            gtin: Gtin::new("09506000134369").unwrap(),
            name: "each".into(),
            units: units(1),
        }],
        days_on_receipt: 0,
        days_on_dispatch: 0,
        zone: String::new(),
        active: true,
    };
    let line = |(number, (item, quantity)): (u32, &(ItemId, i64))| OrderLine {
        line: number,
        item: *item,
        quantity: units(*quantity),
        lot: None,
        expiry: None,
        hu: None,
    };
    let order = Order {
        id: ORDER,
        number: "SO-9".into(),
        direction: Direction::Outbound,
        kind: OrderKind::SalesOrder,
        party: PartyId(2),
        due: None,
        status: OrderStatus::Open,
        lines: (1..).zip(ordered).map(line).collect(),
    };
    vec![
        MasterRecord::Site(site),
        MasterRecord::User(user),
        MasterRecord::Item(meter),
        location(FAR, LocationKind::PickFace, 9),
        MasterRecord::Order(order),
    ]
}

fn movement(item: ItemId, stock: &Stock, serial: Option<&str>) -> Movement {
    let (name, _, quantity, location, hu) = *stock;
    Movement {
        item,
        lot: Some(lot(name)),
        serial: serial.map(|serial| serial.parse().unwrap()),
        quantity: units(quantity),
        from: Place::at(LocationId::SUPPLIER),
        to: Place { location, hu: hu.map(|hu| hu.parse().unwrap()) },
        line: None,
    }
}

fn received(item: ItemId, stock: &Stock, serial: Option<&str>) -> Body {
    let facts = LotFacts {
        item,
        lot: lot(stock.0),
        expiry: Some(stock.1.parse().unwrap()),
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    };
    let lines = vec![movement(item, stock, serial)];
    Body::Receipt(Receipt { order: None, supplier: None, lots: vec![facts], lines, reason: None })
}

impl Floor {
    fn new(policy: FefoPolicy, ordered: &[(ItemId, i64)], stock: &[Stock], meters: &[(&str, Stock)]) -> Self {
        let folder = Folder::new("pick");
        let mut store = enrolled(&folder.file());
        let mut ledger: Ledger = master();
        for record in records(policy, ordered) {
            ledger.add_record(&record);
        }
        ledger.send(&mut store).unwrap();
        for (number, one) in (1..).zip(stock) {
            confirm(&mut store, number, received(MILK, one, None));
        }
        for (number, (serial, one)) in (100..).zip(meters) {
            confirm(&mut store, number, received(METER, one, Some(serial)));
        }
        let now = NOW.plus_ms(60_000);
        let session = Session::new(SessionConfig::default());
        let mut floor = Self { store, session, ids: Counter::default(), now, _folder: folder };
        floor.input("BADGE");
        floor.input("SO-9");
        floor
    }

    /// A scan, or a tap where it begins with `!`.
    fn input(&mut self, what: &str) -> View {
        self.now = self.now.plus_ms(2_000);
        let input = match what.strip_prefix('!') {
            Some(id) => Input::Tap(id.into()),
            None => Input::Scan { bytes: what.as_bytes().to_vec() },
        };
        self.session.handle(&mut self.store, input, self.now, &mut self.ids)
    }

    /// What was picked: "3 A from 2/P1 instead of B (reason)".
    fn picked(&self) -> Vec<String> {
        let envelopes = self.store.outbox(0, 1_000, usize::MAX).unwrap();
        let bodies = envelopes.iter().map(|sent| Event::decode(sent.bytes.as_bytes()).unwrap().body);
        let picks = bodies.filter_map(|body| if let Body::Pick(pick) = body { Some(pick) } else { None });
        picks.map(|pick| say(&pick)).collect()
    }
}

fn say(pick: &Pick) -> String {
    let line = |line: &Movement| {
        let lot = line.lot.as_ref().map(ToString::to_string).unwrap_or_default();
        let serial = line.serial.as_ref().map(|serial| format!("#{serial}")).unwrap_or_default();
        let hu = |place: &Place| place.hu.as_ref().map(|hu| format!("/{hu}")).unwrap_or_default();
        let whole = line.to.hu.as_ref().map(|hu| format!(" whole as {hu}")).unwrap_or_default();
        format!("{} {lot}{serial} from {}{}{whole}", line.quantity, line.from.location, hu(&line.from))
    };
    let mut text = pick.lines.iter().map(line).collect::<Vec<_>>().join(" + ");
    if let Some(fefo) = &pick.fefo {
        text = format!("{text} instead of {} ({} days, {:?})", fefo.first, fefo.days_lost, fefo.reason);
    }
    text
}

/// Plays the inputs; the last one's words, and what was picked.
fn check(mut floor: Floor, inputs: &[&str], words: &str, picked: &[&str]) {
    let mut strip = String::new();
    for what in inputs {
        strip = floor.input(what).strip.map(|strip| strip.text).unwrap_or_default();
    }
    assert_eq!((strip.as_str(), floor.picked()), (words, picked.iter().map(ToString::to_string).collect()));
}

const SOON: Stock = ("SOON", "2027-03-14", 10, SHELF, None);
const LATE: Stock = ("LATE", "2027-06-02", 10, SHELF, None);

fn milk(policy: FefoPolicy, quantity: i64, stock: &[Stock]) -> Floor {
    Floor::new(policy, &[(MILK, quantity)], stock, &[])
}

#[test]
fn the_site_decides_about_a_later_lot() {
    let of = |policy| milk(policy, 4, &[SOON, LATE]);
    check(
        of(FefoPolicy::Allow),
        &["L2", "LATE"],
        "Order SO-9 is picked. Load it next.",
        &["4 LATE from 2 instead of SOON (80 days, None)"],
    );
    check(of(FefoPolicy::AskReason), &["L2", "LATE"], "Another lot is first", &[]);
    check(
        of(FefoPolicy::AskReason),
        &["L2", "LATE", "!keep", "!reason:damaged"],
        "Order SO-9 is picked. Load it next.",
        &["4 LATE from 2 instead of SOON (80 days, Some(Damaged))"],
    );
    let stop = "Wrong lot. Take SOON, good to 14 Mar 2027, at L2.";
    check(of(FefoPolicy::Stop), &["L2", "LATE"], stop, &[]);
    check(of(FefoPolicy::Stop), &["L2", "SOON"], "Order SO-9 is picked. Load it next.", &["4 SOON from 2"]);
}

#[test]
fn a_lot_that_was_left_out_for_a_reason_is_in_the_event() {
    let floor = milk(FefoPolicy::Stop, 4, &[SOON, LATE]);
    check(
        floor,
        &["L2", "!other_lot", "!reason:not_reachable", "LATE"],
        "Order SO-9 is picked. Load it next.",
        &["4 LATE from 2 instead of SOON (80 days, Some(NotReachable))"],
    );
}

#[test]
fn loose_stock_and_pallets_of_one_lot_are_one_stop() {
    let stock = [("A", "2027-03-14", 3, SHELF, None), ("A", "2027-03-14", 6, SHELF, Some("P1"))];
    let done = "Order SO-9 is picked. Load it next.";
    check(milk(FefoPolicy::Stop, 5, &stock), &["L2", "A"], done, &["3 A from 2 + 2 A from 2/P1"]);
    check(milk(FefoPolicy::Stop, 5, &stock), &["P1"], done, &["5 A from 2/P1"]);
}

#[test]
fn a_whole_pallet_keeps_its_code_to_the_truck() {
    let stock = [("A", "2027-03-14", 3, SHELF, None), ("A", "2027-03-14", 6, SHELF, Some("P1"))];
    let done = "Order SO-9 is picked. Load it next.";
    let of = |quantity| milk(FefoPolicy::Stop, quantity, &stock);
    check(of(6), &["P1"], done, &["6 A from 2/P1 whole as P1"]);
    check(of(9), &["L2", "A"], done, &["3 A from 2 + 6 A from 2/P1 whole as P1"]);
    check(of(8), &["P1"], "6 each of A picked. Still 2 each here.", &["6 A from 2/P1 whole as P1"]);
    let mut floor = of(6);
    for what in ["P1", "!load", "P1"] {
        floor.input(what);
    }
    let code: HuCode = "P1".parse().unwrap();
    assert!(floor.store.stock_in_hu(&code).unwrap().iter().all(|row| !row.quantity.is_positive()));
    let progress = floor.store.progress(ORDER).unwrap();
    let sums: Vec<_> = progress.iter().map(|row| (row.line, row.picked, row.dispatched)).collect();
    assert_eq!(sums, [(1, 6, 6)], "all of it stands against the order's line");
}

#[test]
fn a_line_that_needs_two_lots_walks_to_both_in_walk_order() {
    let stock = [("FIRST", "2027-03-14", 3, FAR, None), ("THEN", "2027-06-02", 9, SHELF, None)];
    let floor = milk(FefoPolicy::Stop, 5, &stock);
    let inputs = ["L2", "THEN", "L5", "FIRST"];
    check(floor, &inputs, "Order SO-9 is picked. Load it next.", &["2 THEN from 2", "3 FIRST from 5"]);
    let more = milk(FefoPolicy::Stop, 5, &stock);
    check(
        more,
        &["L2", "THEN", "THEN"],
        "Wrong lot. Take FIRST, good to 14 Mar 2027, at L5.",
        &["2 THEN from 2"],
    );
}

#[test]
fn units_are_scanned_one_by_one_and_never_twice() {
    let meters = [
        ("S1", ("M1", "2027-03-14", 1, SHELF, None)),
        ("S2", ("M1", "2027-03-14", 1, SHELF, None)),
        ("S3", ("M1", "2027-03-14", 1, SHELF, None)),
    ];
    let of = || Floor::new(FefoPolicy::Stop, &[(METER, 2)], &[], &meters);
    let label = |serial: &str| format!("]d2010950600013436921{serial}\u{1d}10M1");
    let (one, two) = (label("S1"), label("S2"));
    check(of(), &["L2", "]d2010950600013436910M1"], "Meter: now scan its serial number.", &[]);
    check(of(), &["L2", &one], "1 each of M1 picked. Still 1 each here.", &["1 M1#S1 from 2"]);
    let both = ["1 M1#S1 from 2", "1 M1#S2 from 2"];
    check(of(), &["L2", &one, &two], "Order SO-9 is picked. Load it next.", &both);
    check(of(), &["L2", &one, &one], "M1 is not known at L2", &["1 M1#S1 from 2"]);
}

#[test]
fn what_the_device_did_not_know_is_taken_after_a_question() {
    let label = "]d201095060001343521727031410NEW";
    let of = || milk(FefoPolicy::AskReason, 4, &[LATE]);
    check(of(), &["L2", label], "NEW is not known at L2", &[]);
    check(of(), &["L2", label, "!take_anyway"], "Order SO-9 is picked. Load it next.", &["4 NEW from 2"]);
    check(of(), &["L2", label, "!leave", "LATE"], "Order SO-9 is picked. Load it next.", &["4 LATE from 2"]);
    let expired = "]d201095060001343521726010110OLD";
    check(of(), &["L2", expired], "OLD expired 1 Jan 2026. Leave it. Tell a supervisor.", &[]);
}

#[test]
fn a_hold_that_comes_while_the_picker_stands_there_stops_the_scan() {
    let mut floor = milk(FefoPolicy::Allow, 4, &[SOON, LATE]);
    floor.input("L2");
    let target = HoldTarget::Lot(LotKey { item: MILK, lot: Some(lot("SOON")) });
    let hold = Hold { target, kind: HoldKind::Recall, reason: Reason::Recall, note: String::new() };
    let event = Event {
        v: EVENT_VERSION,
        id: id(900),
        site: SiteId(1),
        device: DeviceId(uuid::Uuid::from_u128(7)),
        operator: UserId(1),
        at: NOW,
        skew_ms: None,
        body: Body::Hold(hold),
    };
    assert_ne!(event.device, OWN);
    let mut control = Ledger::new(firstout::sync::wire::Stream::Control);
    control.add(&event, firstout::sync::wire::Status::Accepted);
    control.send(&mut floor.store).unwrap();
    check(floor, &["SOON", "LATE"], "Order SO-9 is picked. Load it next.", &["4 LATE from 2"]);
}

#[test]
fn without_stock_the_line_can_only_be_given_up() {
    let floor = milk(FefoPolicy::Stop, 4, &[("OLD", "2026-01-01", 9, SHELF, None)]);
    check(floor, &["!short", "!reason:not_found"], "Order SO-9 is picked. Load it next.", &[]);
}
