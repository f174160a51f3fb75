//! A recall at the console, from the stop to its end; and what pages offer as files.

use crate::console::{demo_server, get, post, sign_in, token};
use crate::server_database::{Db, number, on_every_database};
use crate::server_support::{Handheld, SITE, TestServer, movement, receipt};
use firstout::domain::{
    Body, Count, CountLine, Direction, Dispatch, ItemId, LocationId, MasterRecord, Order, OrderId, PartyId,
    Pick, Place, Quantity, SiteId, StockKey, Undo,
};
use firstout::server::storage::StorageError;
use firstout::server::storage::console::HoldRow;
use firstout::sync::wire::Status;

on_every_database!(
    a_recall_names_what_to_fetch_whom_to_call_and_who_does_not_know_it,
    a_stopped_place_names_what_is_in_it,
    pages_offer_all_that_they_show_as_a_file,
);

fn records(server: &TestServer) -> Vec<MasterRecord> {
    server.background.run::<_, StorageError, _>(async |storage| storage.records(SITE).await).unwrap().1
}

/// Two customers' orders of the demo.
pub fn orders(server: &TestServer) -> [(OrderId, PartyId); 2] {
    let outbound = |order: &Order| order.direction == Direction::Outbound;
    let mut orders = records(server).into_iter().filter_map(|record| match record {
        MasterRecord::Order(order) if outbound(&order) => Some((order.id, order.party)),
        _ => None,
    });
    let first = orders.next().unwrap();
    [first, orders.find(|(_, party)| *party != first.1).unwrap()]
}

fn item_code(server: &TestServer) -> String {
    let found = records(server).into_iter().find_map(|record| match record {
        MasterRecord::Item(item) if item.id == ItemId(7) => Some(item.code),
        _ => None,
    });
    found.unwrap()
}

fn open(server: &TestServer) -> Vec<HoldRow> {
    server.background.run::<_, StorageError, _>(async |storage| storage.open_holds(SITE).await).unwrap().0
}

fn sends(device: &mut Handheld, body: Body) -> Status {
    device.confirm(body);
    let last = device.made.len() - 1;
    device.push(last, last + 1).results[0].status
}

fn sold(units: i64, (order, customer): (OrderId, PartyId)) -> Body {
    Body::Dispatch(Dispatch { order, customer, lines: vec![movement("L1", units, 10, -2)] })
}

/// What stands between two headings of a page.
fn section(page: &str, from: &str, to: &str) -> String {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("no {from}: {page}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to}: {page}")).0.to_owned()
}

fn a_recall_names_what_to_fetch_whom_to_call_and_who_does_not_know_it(db: Db) {
    let server = demo_server(db, "case-lot");
    let (cookie, [first, second]) = (sign_in(&server, "BADGE-1003"), orders(&server));
    let (mut one, two) = (server.enrol("HH-01"), server.enrol("HH-02"));
    sends(&mut one, receipt(100));
    sends(&mut one, sold(30, first));
    let back = sold(5, second);
    let event = one.confirm(back.clone());
    one.confirm(Body::Undo(Undo { event, body: Box::new(back) }));
    one.push_all();
    let key = StockKey {
        item: ItemId(7),
        lot: movement("L1", 1, 10, 20).lot,
        serial: None,
        place: Place::at(LocationId(10)),
    };
    let synced_to = one.hello().heads.site.seq;
    let line = CountLine { key, counted: Quantity::balance(68), expected: Quantity::balance(70) };
    assert_eq!(sends(&mut one, Body::Count(Count { lines: vec![line], synced_to })), Status::Accepted);

    let form = format!(
        "token={}&of=lot&item={}&code=L1&kind=recall&reason=recall&note=%3Cscript%3E",
        token(&server, &cookie),
        item_code(&server)
    );
    assert_eq!(post(&server, "/holds", &cookie, &form).status, 303);
    let hold = open(&server).into_iter().find(|row| row.hold.note == "<script>").unwrap();
    let path = format!("/holds/{}", hold.id);
    let page = || get(&server, &path, &cookie).text();
    assert!(get(&server, "/holds", &cookie).text().contains(&path));
    assert!(get(&server, "/lot?item=7&lot=L1", &cookie).text().contains(&path));

    let shown = page();
    assert!(shown.contains("lot L1: 68 to fetch from 1 place, 30 at 1 customer."), "{shown}");
    assert!(shown.contains("2 of 2 devices do not know it yet") && !shown.contains("<script>"), "{shown}");
    let balance = section(&shown, "<h2>Balance</h2>", "</section>");
    for row in [
        "Came in</dt><dd>100<",
        "In stock</dt><dd>68<",
        "At customers</dt><dd>30<",
        "Missing at counts</dt><dd>2<",
    ] {
        assert!(balance.contains(row), "{row}: {balance}");
    }
    assert!(!shown.contains("Taken for orders after"), "{shown}");
    // Undone, so there is nobody to call.
    let calls = section(&shown, "<h2>Who to call</h2>", "</table>");
    assert_eq!(calls.matches("<tr><td><strong>").count(), 1, "{calls}");

    // One learns it; the other one still picks and loads.
    let newest = one.hello().heads.control.seq;
    assert_eq!(one.get(&format!("/v1/hello?control={newest}")).status, 200);
    assert!(page().contains("One of 2 devices does not know it yet") && page().contains("HH-02"));
    let mut late = two;
    late.now = hold.at.plus_ms(60_000);
    let pick = Pick { order: second.0, lines: vec![movement("L1", 4, 10, 20)], fefo: None };
    assert_eq!(sends(&mut late, Body::Pick(pick)), Status::Flagged);
    let lines = vec![movement("L1", 4, 20, -2)];
    sends(&mut late, Body::Dispatch(Dispatch { order: second.0, customer: second.1, lines }));
    let shown = page();
    assert!(shown.contains("64 to fetch from 1 place, 34 at 2 customers."), "{shown}");
    let taken = section(&shown, "Taken for orders after it was stopped", "</table>");
    assert!(taken.contains("HH-02") && !taken.contains("HH-01"), "{taken}");
    assert_eq!(late.get(&format!("/v1/hello?control={newest}")).status, 200);
    assert!(page().contains("All 2 devices know it."));

    let form = format!("token={}&hold={}&reason=agreed", token(&server, &cookie), hold.id);
    assert_eq!(post(&server, "/holds/release", &cookie, &form).status, 303);
    let shown = page();
    assert!(
        shown.contains("it has ended") && shown.contains("Ended by ") && !shown.contains("devices know"),
        "{shown}"
    );
    assert!(!get(&server, "/holds", &cookie).text().contains(&path));
    assert!(get(&server, "/holds?ended", &cookie).text().contains(&path));
}

fn a_stopped_place_names_what_is_in_it(db: Db) {
    let server = demo_server(db, "case-place");
    let cookie = sign_in(&server, "BADGE-1003");
    let token = token(&server, &cookie);
    for of in ["of=location&code=A-03-2", "of=hu&code=NEVER-SEEN"] {
        let form = format!("token={token}&{of}&kind=quarantine&reason=temperature");
        assert_eq!(post(&server, "/holds", &cookie, &form).status, 303);
    }
    let pages: Vec<_> =
        open(&server).iter().map(|row| get(&server, &format!("/holds/{}", row.id), &cookie).text()).collect();
    let one = |text: &str| {
        assert_eq!(pages.iter().filter(|page| page.contains(text)).count(), 1, "{text}: {pages:?}")
    };
    one("lot=L2231");
    one("NEVER-SEEN: nothing is in it.");
    for (id, status) in [("00000000-0000-0000-0000-000000000000", 404), ("x", 400)] {
        assert_eq!(get(&server, &format!("/holds/{id}"), &cookie).status, status, "{id}");
    }
}

fn pages_offer_all_that_they_show_as_a_file(db: Db) {
    let server = demo_server(db, "case-files");
    let cookie = sign_in(&server, "BADGE-1003");
    let rows = |path: &str| {
        let answer = get(&server, path, &cookie);
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"), "{path}");
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment; "), "{path}");
        answer.text().lines().count() as i64 - 1
    };
    let count = |what: &str| number(&server.database, &format!("SELECT count(*) FROM {what}"));
    let stock = "stock WHERE site = 1 AND location > 0 AND units <> 0";
    assert_eq!(rows("/stock.csv"), count(stock));
    assert_eq!(rows("/stock.csv?item=1"), count(&format!("{stock} AND item = 1")));
    assert_eq!(rows("/stock.csv?location=1"), count(&format!("{stock} AND location = 1")));
    assert_eq!(rows("/lots.csv"), count("lot WHERE site = 1"));
    assert!(rows("/orders.csv") > 0 && rows("/orders.csv?inbound") > 0);
    let (of_item, lot) = ("site = 1 AND item = 1 AND lot = 'L2231'", "item=1&lot=L2231");
    assert_eq!(rows(&format!("/lot/origins.csv?{lot}")), count(&format!("origin WHERE {of_item}")));
    assert_eq!(rows(&format!("/lot/destinations.csv?{lot}")), count(&format!("destination WHERE {of_item}")));
    // Each page's link leads somewhere.
    for path in [
        "/stock",
        "/items/1",
        "/locations/1",
        "/orders",
        "/orders?inbound",
        "/orders/1",
        "/expiry",
        "/lot?item=1&lot=L2231",
    ] {
        let page = get(&server, path, &cookie).text();
        let links: Vec<_> = page.split(r#"class="file" href=""#).skip(1).collect();
        assert!(!links.is_empty(), "{path}");
        for link in links {
            let link = link.split('"').next().unwrap().replace("&#38;", "&");
            assert!(rows(&link) > 0, "{path}: {link}");
        }
    }
    assert_eq!(get(&server, "/orders.csv?number=%00", &cookie).status, 404);
    assert_eq!(rows("/orders.csv?number=none"), 0);
    // Another site's people get that site's rows.
    let two = SiteId(2);
    let people = records(&server).into_iter().filter_map(|record| match record {
        MasterRecord::Site(mut site) => {
            site.id = two;
            Some(MasterRecord::Site(site))
        }
        MasterRecord::User(mut user) => {
            user.badge = format!("TWO-{}", user.badge);
            Some(MasterRecord::User(user))
        }
        _ => None,
    });
    let people: Vec<_> = people.collect();
    server.background.run(async |storage| storage.append_master(two, people).await).unwrap();
    let cookie = sign_in(&server, "TWO-BADGE-1003");
    for path in ["/stock.csv", "/lots.csv", "/orders.csv", "/lot/origins.csv?item=1&lot=L2231"] {
        assert_eq!(get(&server, path, &cookie).text().lines().count(), 1, "{path}");
    }
}
