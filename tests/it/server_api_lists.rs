//! What leaves by `/api/v1`: stock, lots with their way back and forward, orders and the ledger, in pages and as whole
//! files, the same on both databases, and nothing of it to a key of another site.

use crate::server_api::{ITEMS, LOCATIONS, STOCK, refused};
use crate::server_database::{Db, on_every_database};
use crate::server_support::{SITE, TestServer, call};
use firstout::domain::{
    Body, CloseOrder, Dispatch, Hold, HoldKind, HoldTarget, ItemId, LocationId, LotFacts, LotKey, LotNumber,
    MasterRecord, Movement, OrderId, PartyId, Pick, Place, Quantity, Reason, Receipt, Short, SiteId, Undo,
};
use firstout::server::api_keys::Scope;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// A site with stock, orders under way, a recall, and a handheld that has worked there.
pub struct Shop {
    pub server: TestServer,
    pub key: String,
}

const PARTIES: [(&str, &str); 2] = [
    ("suppliers", "supplier,name\nS1,Northfarm\n"),
    ("customers", "customer,name\nC1,Corner shop\nC2,\"Ann, & Söhne\"\n"),
];
const ORDERS: [(&str, &str); 2] = [
    ("inbound", "order,supplier,item,quantity,due\nPO1,S1,OAT,10,2026-11-24\nPO1,S1,GLOVE,5,2026-11-24\n"),
    (
        "outbound",
        "order,customer,item,quantity\nSO/1,C1,OAT,6\nSO/1,C1,GLOVE,3\nSO/1,C1,OAT,2\nSO2,C2,OAT,4\n",
    ),
];

impl Shop {
    pub fn open(db: Db, name: &str) -> Self {
        let server = TestServer::start(db, name);
        let key = server.key(SITE, "all", Scope::ALL);
        let files = [("items", ITEMS), ("locations", LOCATIONS), ("stock", STOCK)];
        for (kind, file) in files.into_iter().chain(PARTIES).chain(ORDERS) {
            let answer = server.send(&key, kind, file);
            assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        }
        let shop = Self { server, key };
        shop.work();
        shop
    }

    /// PO1 came in part; six of SO/1's first line left, one glove could not be found; two came back by an undo of a second
    /// dispatch; L9 is recalled.
    fn work(&self) {
        let ids = self.ids();
        let at = |code: &str| Place::at(LocationId(ids[&format!("location {code}")]));
        let (order, party) =
            (|n: &str| OrderId(ids[&format!("order {n}")]), |c: &str| PartyId(ids[&format!("party {c}")]));
        let oat = ItemId(ids["item OAT"]);
        let move_of = |lot: &str, units, from: Place, to: Place, line| Movement {
            item: oat,
            lot: Some(LotNumber::new(lot).unwrap()),
            serial: None,
            quantity: Quantity::new(units).unwrap(),
            from,
            to,
            line,
        };
        let (dock, shelf) = (at("DOCK-1"), Place::in_hu(at("A-01").location, "P1".parse().unwrap()));
        let (supplier, customer) = (Place::at(LocationId::SUPPLIER), Place::at(LocationId::CUSTOMER));
        let mut device = self.server.enrol("HH-01");
        device.confirm(Body::Receipt(Receipt {
            order: Some(order("PO1")),
            supplier: Some(party("S1")),
            lots: vec![LotFacts {
                item: oat,
                lot: LotNumber::new("L9").unwrap(),
                expiry: None,
                best_before: "2027-05-01".parse().ok(),
                produced: None,
                supplier_lot: None,
                vintage: None,
                origin: Some("DE".to_owned()),
            }],
            lines: vec![move_of("L9", 10, supplier, dock.clone(), Some(1))],
            reason: None,
        }));
        let so1 = order("SO/1");
        let picked = vec![
            move_of("L1", 4, shelf, dock.clone(), Some(1)),
            move_of("L9", 2, dock.clone(), dock.clone(), Some(1)),
        ];
        device.confirm(Body::Pick(Pick { order: so1, lines: picked, fefo: None }));
        let left = |lot: &str, units| {
            let lines = vec![move_of(lot, units, dock.clone(), customer.clone(), Some(1))];
            Body::Dispatch(Dispatch { order: so1, customer: party("C1"), lines })
        };
        device.confirm(left("L1", 4));
        device.confirm(left("L9", 2));
        let again = left("L9", 1);
        let event = device.confirm(again.clone());
        device.confirm(Body::Undo(Undo { event, body: Box::new(again) }));
        let (item, quantity) = (ItemId(ids["item GLOVE"]), Quantity::ONE);
        device.confirm(Body::Short(Short { order: so1, line: 2, item, quantity, reason: Reason::NotFound }));
        let lot = Some(LotNumber::new("L9").unwrap());
        let (target, kind, reason) =
            (HoldTarget::Lot(LotKey { item: oat, lot }), HoldKind::Recall, Reason::Recall);
        device.confirm(Body::Hold(Hold { target, kind, reason, note: "</script>".to_owned() }));
        device.confirm(Body::CloseOrder(CloseOrder { order: order("SO2") }));
        device.chain("what nobody can read".to_owned());
        device.push_all();
    }

    fn ids(&self) -> HashMap<String, i64> {
        let (_, records) = self.server.background.run(async |storage| storage.records(SITE).await).unwrap();
        let named = |record: MasterRecord| match record {
            MasterRecord::Item(item) => (format!("item {}", item.code), item.id.0),
            MasterRecord::Location(place) => (format!("location {}", place.code), place.id.0),
            MasterRecord::Party(party) => (format!("party {}", party.code), party.id.0),
            MasterRecord::Order(order) => (format!("order {}", order.number), order.id.0),
            MasterRecord::Site(_) | MasterRecord::User(_) => (String::new(), 0),
        };
        records.into_iter().map(named).collect()
    }

    /// All rows of a list, in pages of so many.
    fn rows(&self, path: &str, limit: usize) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let answer =
                self.server.ask(&self.key, &format!("/api/v1/{path}{mark}limit={limit}&after={after}"));
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/json"));
            let page: Value = answer.json();
            let found = page["rows"].as_array().unwrap();
            assert!(found.len() <= limit && page["seq"].as_u64().is_some(), "{path}: {page}");
            rows.extend(found.iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => return rows,
            }
        }
    }

    fn csv(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        let answer = self.server.ask(&self.key, &format!("/api/v1/{path}{mark}format=csv"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        answer.text()
    }
}

const LISTS: [&str; 9] = [
    "stock",
    "stock?item=OAT",
    "stock?location=A-02",
    "lots",
    "lots?lot=L1",
    "lots/origins?item=OAT&lot=L9",
    "lots/destinations?item=OAT&lot=L9",
    "orders",
    "events",
];

/// A row's fields as a line of text.
fn short(row: &Value, fields: &[&str]) -> String {
    let text = |field: &&str| match &row[*field] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    fields.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn stock_says_what_is_where_and_what_stops_it(db: Db) {
    let shop = Shop::open(db, "api-stock");
    let fields = ["item", "lot", "location", "hu", "quantity", "good_to", "stopped"];
    let mut rows: Vec<_> = shop.rows("stock", 100).iter().map(|row| short(row, &fields)).collect();
    rows.sort();
    let expected = [
        "=1+1 =1+1 A-01 - 7 2027-02-01 -",
        "GLOVE - A-02 - 100 - -",
        "OAT </script> A-02 - 5 2027-01-31 -",
        "OAT L1 A-01 P1 20 2027-03-14 -",
        "OAT L1 A-02 - 12 2027-03-14 -",
        "OAT L9 DOCK-1 - 8 2027-05-01 recall",
    ];
    assert_eq!(rows, expected);
    let only = |path: &str| {
        shop.rows(path, 100).iter().map(|row| short(row, &["lot", "location"])).collect::<Vec<_>>()
    };
    assert_eq!(only("stock?item=OAT&lot=L1"), ["L1 A-01", "L1 A-02"]);
    assert_eq!(only("stock?lot=L1&location=A-02"), ["L1 A-02"]);
    assert_eq!(only("stock?location=DOCK-1"), ["L9 DOCK-1"]);
    assert_eq!(only("stock?item=%3D1%2B1"), ["=1+1 A-01"]);
    assert_eq!(only("stock?lot=%3C/script%3E"), ["</script> A-02"]);
    assert_eq!(only("stock?lot=never"), Vec::<String>::new());
    let csv = shop.csv("stock?item=%3D1%2B1");
    let (head, line) = csv.split_once("\r\n").unwrap();
    assert!(head.starts_with("\"item\",\"item_name\",\"unit\",\"lot\""), "{head}");
    assert!(
        line.starts_with("\"'=1+1\",\"'@SUM(A1)\",\"each\",\"'=1+1\",\"\",\"A-01\",\"dry\",\"\",7,"),
        "{line}"
    );
}

fn a_recall_finds_every_customer_and_the_supplier(db: Db) {
    let shop = Shop::open(db, "api-recall");
    let lot = &shop.rows("lots?item=OAT&lot=L9", 10)[0];
    assert_eq!(
        short(lot, &["item", "item_name", "lot", "best_before", "origin", "quantity", "stopped"]),
        "OAT Oat drink L9 2027-05-01 DE 8 recall"
    );
    let from = shop.rows("lots/origins?item=OAT&lot=L9", 10);
    let fields = ["supplier", "supplier_name", "order", "quantity"];
    assert_eq!(from.iter().map(|row| short(row, &fields)).collect::<Vec<_>>(), ["S1 Northfarm PO1 10"]);
    let to = shop.rows("lots/destinations?item=OAT&lot=L9", 10);
    let fields = ["customer", "customer_name", "order", "line", "quantity"];
    let mut to: Vec<_> = to.iter().map(|row| short(row, &fields)).collect();
    to.sort();
    assert_eq!(to, ["C1 Corner shop SO/1 1 -1", "C1 Corner shop SO/1 1 1", "C1 Corner shop SO/1 1 2"]);
    assert_eq!(shop.rows("lots/origins?item=GLOVE", 10).len(), 1, "what has no lots can be traced too");
    let lots: Vec<_> = shop.rows("lots", 100).iter().map(|row| short(row, &["item", "lot"])).collect();
    assert!(lots.contains(&"=1+1 =1+1".to_owned()) && lots.contains(&"OAT L1".to_owned()), "{lots:?}");
}

fn orders_are_confirmed_line_by_line(db: Db) {
    let shop = Shop::open(db, "api-orders");
    let fields =
        ["order", "status", "line", "item", "ordered", "lot", "received", "picked", "dispatched", "short"];
    let told = |path: &str| shop.rows(path, 100).iter().map(|row| short(row, &fields)).collect::<Vec<_>>();
    assert_eq!(
        told("orders?direction=inbound"),
        ["PO1 open 1 OAT 10 L9 10 0 0 0", "PO1 open 2 GLOVE 5 - 0 0 0 0"]
    );
    let so1 = [
        "SO/1 open 1 OAT 6 L1 0 4 4 0",
        "SO/1 open 1 OAT 6 L9 0 2 2 0",
        "SO/1 open 2 GLOVE 3 - 0 0 0 1",
        "SO/1 open 3 OAT 2 - 0 0 0 0",
    ];
    assert_eq!(told("orders?order=SO/1"), so1);
    assert_eq!(told("orders?direction=outbound&status=open"), so1);
    let row = &shop.rows("orders?order=SO2", 10)[0];
    let parts = ["direction", "kind", "status", "party", "party_name", "due"];
    assert_eq!(short(row, &parts), "outbound sales_order closed C2 Ann, & Söhne -");
    assert_eq!(shop.rows("orders?order=PO1", 10)[0]["due"], "2026-11-24");
    assert_eq!(told("orders?status=closed"), ["SO2 closed 1 OAT 4 - 0 0 0 0"]);
    assert_eq!(told("orders?status=cancelled"), Vec::<String>::new());
    assert!(shop.csv("orders?order=SO2").contains("\"C2\",\"Ann, & Söhne\",\"\",1,\"OAT\""));
}

/// What the ledger's changes add up to is the stock, and for each lot they come to nothing.
fn the_ledger_is_dense_and_adds_up_to_the_stock(db: Db) {
    let shop = Shop::open(db, "api-events");
    let entries = shop.rows("events", 100);
    let seqs: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let kinds: Vec<_> = entries.iter().map(|entry| short(entry, &["kind", "status"])).collect();
    assert_eq!(kinds.last().map(String::as_str), Some("- quarantined"), "{kinds:?}");
    assert!(kinds.contains(&"undo accepted".to_owned()), "{kinds:?}");
    let (mut places, mut lots) = (BTreeMap::<String, i64>::new(), BTreeMap::<String, i64>::new());
    for change in entries.iter().flat_map(|entry| entry["changes"].as_array().unwrap()) {
        let units = change["quantity"].as_i64().unwrap();
        *lots.entry(short(change, &["item", "lot"])).or_default() += units;
        if change["outside"].is_null() {
            *places.entry(short(change, &["item", "lot", "location", "hu"])).or_default() += units;
        }
    }
    assert!(lots.values().all(|sum| *sum == 0), "{lots:?}");
    places.retain(|_, units| *units != 0);
    let stock = shop.rows("stock", 100);
    let stock = stock
        .iter()
        .map(|row| (short(row, &["item", "lot", "location", "hu"]), row["quantity"].as_i64().unwrap()));
    assert_eq!(places, stock.collect());
    let pick = entries.iter().find(|entry| entry["kind"] == "pick").unwrap();
    assert_eq!(
        (&pick["order"], &pick["device_name"], &pick["operator"]),
        (&json!("SO/1"), &json!("HH-01"), &json!(1))
    );
    assert_eq!(pick["body"]["pick"]["lines"][0]["quantity"], 4);
    let hold = entries.iter().find(|entry| entry["kind"] == "hold").unwrap();
    assert_eq!((&hold["changes"], &hold["body"]["hold"]["note"]), (&json!([]), &json!("</script>")));
    let after = shop.server.ask(&shop.key, &format!("/api/v1/events?after={}", seqs.len())).json::<Value>();
    assert_eq!(
        (&after["rows"], &after["next"], &after["seq"]),
        (&json!([]), &Value::Null, &json!(seqs.len()))
    );
    let first = shop.server.ask(&shop.key, "/api/v1/events?format=csv&limit=2");
    assert_eq!(first.header("x-next"), Some("2"));
    let last = shop.server.ask(&shop.key, "/api/v1/events?format=csv&after=2");
    assert_eq!(last.header("x-next"), None);
    let seq = |line: &str| line.split(',').next().unwrap().parse::<u64>().unwrap();
    let text = format!("{}{}", first.text(), last.text().split_once("\r\n").unwrap().1);
    let mut told: Vec<_> = text.lines().skip(1).map(seq).collect();
    told.dedup();
    assert_eq!(told, seqs, "each entry has at least a line");
}

fn pages_of_any_size_make_the_same_list(db: Db) {
    let shop = Shop::open(db, "api-pages");
    for path in LISTS {
        let whole = shop.rows(path, 1_000);
        assert!(!whole.is_empty(), "{path}");
        for limit in 1..=whole.len() + 1 {
            assert_eq!(shop.rows(path, limit), whole, "{path} by {limit}");
        }
        if path == "events" {
            continue;
        }
        let csv = shop.csv(path);
        let lines: Vec<_> =
            csv::Reader::from_reader(csv.as_bytes()).into_records().collect::<Result<_, _>>().unwrap();
        assert_eq!(lines.len(), whole.len(), "{path}");
        // One page of it, and the rest.
        let mark = if path.contains('?') { '&' } else { '?' };
        let first = shop.server.ask(&shop.key, &format!("/api/v1/{path}{mark}format=csv&limit=1"));
        let rest = first.header("x-next").map_or(String::new(), |next| {
            let rest = shop.csv(&format!("{path}{mark}after={next}"));
            rest.split_once("\r\n").unwrap().1.to_owned()
        });
        assert_eq!(format!("{}{rest}", first.text()), csv, "{path}");
    }
    let left = std::fs::read_dir(&shop.server.data).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with("list-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn what_makes_no_sense_is_refused(db: Db) {
    let shop = Shop::open(db, "api-wrong");
    let check = |path: &str, status: u16, code: &str| {
        refused(&shop.server.ask(&shop.key, &format!("/api/v1/{path}")), status, code);
    };
    for list in [
        "stock",
        "lots",
        "orders",
        "events",
        "lots/origins?item=OAT&lot=L1",
        "lots/destinations?item=OAT&lot=L1",
    ] {
        let mark = if list.contains('?') { '&' } else { '?' };
        for (wrong, code) in [
            ("after=x", "bad_cursor"),
            ("after=5b5d", "bad_cursor"),
            ("after=-1", "bad_cursor"),
            ("after=99999999999999999999", "bad_cursor"),
            ("limit=0", "bad_request"),
            ("limit=10001", "bad_request"),
            ("limit=-1", "bad_request"),
            ("limit=many", "bad_request"),
            ("format=xml", "bad_request"),
            ("itme=OAT", "bad_request"),
            ("limit=1&limit=2", "bad_request"),
            ("after=%00", "bad_request"),
            ("after=%ff", "bad_cursor"),
        ] {
            check(&format!("{list}{mark}{wrong}"), 400, code);
        }
    }
    // A cursor of one list is none of another.
    let next = shop.server.ask(&shop.key, "/api/v1/stock?limit=1").json::<Value>()["next"].clone();
    check(&format!("lots?after={}", next.as_str().unwrap()), 400, "bad_cursor");
    check("stock?item=NONE", 404, "not_found");
    check("stock?item=", 404, "not_found");
    check("stock?location=NONE", 404, "not_found");
    check("stock?lot=", 400, "bad_request");
    check("stock?lot=a%0Ab", 400, "bad_request");
    check("lots/origins?item=OAT&lot=l1", 404, "not_found");
    check("lots/destinations?item=OAT&lot=NONE", 404, "not_found");
    check("lots/destinations?item=OAT", 404, "not_found");
    check("lots/destinations?lot=L1", 400, "bad_request");
    check("orders?direction=up", 400, "bad_request");
    check("orders?status=done", 400, "bad_request");
    assert_eq!(shop.server.ask(&shop.key, "/api/v1/nothing").code(), "not_found");
    let accept = |kind: &str| {
        let bearer = format!("Bearer {}", shop.key);
        let headers = [("authorization", bearer.as_str()), ("accept", kind)];
        call(shop.server.addr, "GET", "/api/v1/stock", &headers, b"")
    };
    refused(&accept("image/png"), 406, "not_acceptable");
    assert!(accept("text/csv").text().starts_with("\"item\""));
    assert_eq!(accept("text/csv").header("vary").map(str::to_lowercase).as_deref(), Some("accept"));
    assert_eq!(accept("*/*").header("content-type"), Some("application/json"));
}

fn a_key_sees_its_site_alone(db: Db) {
    let shop = Shop::open(db, "api-sites");
    let two = SiteId(2);
    let other = shop.server.key(two, "all", Scope::ALL);
    let ask = |path: &str| shop.server.ask(&other, &format!("/api/v1/{path}"));
    for list in ["stock", "lots", "orders", "events"] {
        let page: Value = ask(list).json();
        assert_eq!(
            (&page["rows"], &page["next"], &page["seq"]),
            (&json!([]), &Value::Null, &json!(0)),
            "{list}"
        );
        let csv = ask(&format!("{list}?format=csv"));
        assert_eq!((csv.status, csv.text().lines().count()), (200, 1), "{list}");
    }
    for path in ["stock?item=OAT", "stock?location=A-01", "lots?item=OAT", "lots/origins?item=OAT&lot=L1"] {
        refused(&ask(path), 404, "not_found");
    }
    // A cursor of the first site begins in the second one's list, which is empty.
    let next = shop.server.ask(&shop.key, "/api/v1/stock?limit=1").json::<Value>()["next"].clone();
    assert_eq!(ask(&format!("stock?after={}", next.as_str().unwrap())).json::<Value>()["rows"], json!([]));
    // What the second site brings is not in the first.
    assert_eq!(shop.server.send(&other, "items", "item,name\nONLY-TWO,Two\n").status, 200);
    refused(&shop.server.ask(&shop.key, "/api/v1/stock?item=ONLY-TWO"), 404, "not_found");
    assert_eq!(ask("stock?item=ONLY-TWO").status, 200);
}

on_every_database!(
    stock_says_what_is_where_and_what_stops_it,
    a_recall_finds_every_customer_and_the_supplier,
    orders_are_confirmed_line_by_line,
    the_ledger_is_dense_and_adds_up_to_the_stock,
    pages_of_any_size_make_the_same_list,
    what_makes_no_sense_is_refused,
    a_key_sees_its_site_alone,
);
