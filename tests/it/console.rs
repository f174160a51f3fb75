//! The console over plain HTTP: who gets in, what forms need, and names that would like to be code.

use crate::server_database::{Db, execute, number, on_every_database};
use crate::server_support::{Answer, MORNING, SITE, TestServer, call, folder, movement, receipt};
use firstout::demo::DEMO_PIN;
use firstout::domain::{Body, Direction, ItemId, MasterRecord, Move, MoveKind, OrderId, SiteId, Timestamp};
use firstout::server::storage::StorageError;
use firstout::server::{Rate, seed};

on_every_database!(
    every_page_asks_who_is_there_and_comes_back,
    forms_without_the_sessions_token_do_nothing,
    a_stop_at_the_console_is_an_event_that_handhelds_get,
    one_site_never_sees_another,
    names_are_never_code,
    what_was_done_is_in_the_log_and_a_changed_line_shows,
    long_lists_go_on_and_sums_are_whole,
    a_device_tells_of_itself,
);

/// A server with the demo warehouse.
pub fn demo_server(db: Db, name: &str) -> TestServer {
    let server = TestServer::start_with(db, folder(name), |config| {
        config.limits.sign_in = Rate { burst: 1_000, each_minute: 1_000 };
    });
    let today = Timestamp(MORNING).utc().date_naive();
    let warehouse = firstout::demo::warehouse(1, today);
    let events = firstout::demo::seed::events(&warehouse);
    server
        .background
        .run(|storage| async move {
            seed(&storage, SITE, warehouse.master().collect(), &events, Timestamp(MORNING)).await.unwrap();
            Ok::<_, StorageError>(())
        })
        .unwrap();
    server
}

pub fn post(server: &TestServer, path: &str, cookie: &str, form: &str) -> Answer {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie)];
    call(server.addr, "POST", path, &headers, form.as_bytes())
}

pub fn get(server: &TestServer, path: &str, cookie: &str) -> Answer {
    call(server.addr, "GET", path, &[("cookie", cookie)], b"")
}

/// A session's cookie.
pub fn sign_in(server: &TestServer, badge: &str) -> String {
    let answer = post(server, "/sign-in", "", &format!("badge={badge}&pin={DEMO_PIN}"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

/// The token that the session's forms carry.
pub fn token(server: &TestServer, cookie: &str) -> String {
    let text = get(server, "/", cookie).text();
    let (_, rest) = text.split_once(r#"name="token" value=""#).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

const PAGES: &[&str] = &[
    "/",
    "/tiles",
    "/discrepancies",
    "/discrepancies?settled",
    "/holds",
    "/stock",
    "/expiry",
    "/orders",
    "/orders?inbound",
    "/imports",
    "/audit",
    "/audit?check",
    "/search",
    "/search?q=L2231",
    "/items/1",
    "/locations/1",
    "/orders/1",
    "/lot?item=1&lot=L2231",
    "/holds?ended",
    "/stock.csv",
    "/stock.csv?item=1",
    "/stock.csv?location=1",
    "/lots.csv",
    "/orders.csv",
    "/orders.csv?inbound",
    "/lot/origins.csv?item=1&lot=L2231",
    "/lot/destinations.csv?item=1&lot=L2231",
];

fn every_page_asks_who_is_there_and_comes_back(db: Db) {
    let server = demo_server(db, "console-pages");
    for path in PAGES {
        let answer = get(&server, path, "");
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.header("location"), Some("/sign-in"), "{path}");
    }
    let cookie = sign_in(&server, "BADGE-1003");
    for path in PAGES {
        let answer = get(&server, path, &cookie);
        assert!(matches!(answer.status, 200 | 303), "{path}: {} {}", answer.status, answer.text());
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.text().contains("<script"), "{path}");
    }
    assert_eq!(get(&server, "/people", &cookie).status, 403, "a supervisor is no administrator");
    assert_eq!(get(&server, "/people", &sign_in(&server, "BADGE-1004")).status, 200);
    for nothing in
        ["/items/99999", "/locations/99999", "/orders/99999", "/lot?item=1&lot=none", "/discrepancy?id=x"]
    {
        assert_eq!(get(&server, nothing, &cookie).status, 404, "{nothing}");
    }
    for nul in ["/search?q=%00", "/stock?after=%00"] {
        assert_eq!(get(&server, nul, &cookie).status, 200, "{nul}");
    }
    assert_eq!(get(&server, "/discrepancy?id=%00", &cookie).status, 404);
    assert_eq!(get(&server, "/lot?item=1&lot=%00", &cookie).status, 404);
    for wrong in ["/items/x", "/lot", "/expiry?after=tomorrow", "/audit?before=-1", "/discrepancy"] {
        assert_eq!(get(&server, wrong, &cookie).status, 400, "{wrong}");
    }
}

fn forms_without_the_sessions_token_do_nothing(db: Db) {
    let server = demo_server(db, "console-token");
    let cookie = sign_in(&server, "BADGE-1003");
    let before = server.background.run(|storage| async move { storage.open_holds(SITE).await }).unwrap().0;
    let forms = [
        ("/holds", "of=hu&code=P1&kind=hold&reason=quality"),
        ("/holds/release", "hold=00000000-0000-0000-0000-000000000000&reason=checked"),
        ("/devices/enrol", "name=x"),
        ("/devices/sign-off", "device=00000000-0000-0000-0000-000000000000"),
        ("/discrepancy", "id=x&note=y"),
        ("/sign-out", ""),
    ];
    for (path, form) in forms {
        assert_eq!(post(&server, path, &cookie, &format!("token=0123&{form}")).status, 403, "{path}");
        assert_eq!(post(&server, path, "", &format!("token=0123&{form}")).status, 303, "{path}");
    }
    let after = server.background.run(|storage| async move { storage.open_holds(SITE).await }).unwrap().0;
    assert_eq!(before, after);
}

fn a_stop_at_the_console_is_an_event_that_handhelds_get(db: Db) {
    let server = demo_server(db, "console-hold");
    let (cookie, device) = (sign_in(&server, "BADGE-1003"), server.enrol("HH-01"));
    let token = token(&server, &cookie);
    let hold = |form: &str| post(&server, "/holds", &cookie, &format!("token={token}&{form}"));
    let before = device.hello().heads.control.seq;
    assert_eq!(hold("of=hu&code=395201010000013300&kind=recall&reason=recall&note=%3Cscript%3E").status, 303);
    assert_eq!(hold("of=location&code=A-03-2&kind=hold&reason=quality").status, 303);
    assert_eq!(hold("of=location&code=NOWHERE&kind=hold&reason=quality").status, 400);
    assert_eq!(hold("of=lot&item=NONE&code=L1&kind=hold&reason=quality").status, 400);
    assert_eq!(hold("of=hu&code=&kind=hold&reason=quality").status, 400);
    assert_eq!(hold("of=hu&code=P1&kind=nonsense&reason=quality").status, 422);
    assert_eq!(device.hello().heads.control.seq, before + 2);
    let lot = get(&server, "/lot?item=1&lot=L2231", &cookie).text();
    assert!(lot.contains("A place with some of it is on hold"), "{lot}");
    assert!(!lot.contains("The lot is"), "{lot}");
    assert_eq!(hold("of=lot&item=10001&code=L2231&kind=hold&reason=quality").status, 303);
    assert!(get(&server, "/lot?item=1&lot=L2231", &cookie).text().contains("The lot is on hold"));
    let page = get(&server, "/holds", &cookie).text();
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"), "{page}");
    let open = server.background.run(|storage| async move { storage.open_holds(SITE).await }).unwrap().0;
    let id = open.iter().find(|row| row.hold.note == "<script>").unwrap().id;
    let release = format!("token={token}&hold={id}&reason=checked");
    assert!(
        post(&server, "/holds/release", &cookie, &release).header("location").unwrap().ends_with("=released")
    );
    assert!(
        post(&server, "/holds/release", &cookie, &release)
            .header("location")
            .unwrap()
            .ends_with("=not-released")
    );
    let problems = server.background.run(|storage| async move { storage.verify().await }).unwrap().problems;
    assert_eq!(problems, Vec::<String>::new());
}

fn one_site_never_sees_another(db: Db) {
    let server = demo_server(db, "console-sites");
    server
        .background
        .run(|storage| async move {
            let (_, records) = storage.records(SITE).await?;
            let two = SiteId(2);
            let records = records.into_iter().filter_map(|record| match record {
                MasterRecord::Site(mut site) => {
                    (site.id, site.name) = (two, "Second".to_owned());
                    Some(MasterRecord::Site(site))
                }
                MasterRecord::User(mut user) => {
                    user.badge = format!("TWO-{}", user.badge);
                    Some(MasterRecord::User(user))
                }
                _ => None,
            });
            storage.append_master(two, records.collect()).await
        })
        .unwrap();
    let two = sign_in(&server, "TWO-BADGE-1003");
    for path in ["/items/1", "/locations/1", "/orders/1", "/lot?item=1&lot=L2231"] {
        assert_eq!(get(&server, path, &two).status, 404, "{path}");
        assert_eq!(get(&server, path, &sign_in(&server, "BADGE-1003")).status, 200, "{path}");
    }
    assert!(get(&server, "/stock", &two).text().contains("There are no items yet"));
    // A cookie of one site with the number of the other is nobody's.
    let forged = two.replace("firstout=2.", "firstout=1.");
    assert_eq!(get(&server, "/", &forged).status, 303);
}

fn names_are_never_code(db: Db) {
    let server = demo_server(db, "console-names");
    let cookie = sign_in(&server, "BADGE-1004");
    let token = token(&server, &cookie);
    let name = "</td><script>alert(1)</script>";
    let form =
        format!("token={token}&name=%3C%2Ftd%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&badge=%22%3E&role=picker");
    assert_eq!(post(&server, "/people", &cookie, &form).status, 303);
    let page = get(&server, "/people", &cookie).text();
    assert!(!page.contains(name) && page.contains("alert(1)"), "{page}");
    let page = get(&server, "/search?q=%3Cscript%3Ealert(1)", &cookie).text();
    assert!(!page.contains("<script>"), "{page}");
    let again = post(&server, "/people", &cookie, &form);
    assert!(again.status == 400 && again.text().contains("is already"), "{}", again.text());
    let mut handheld = server.enrol("<script>x</script>");
    for _ in 0..3 {
        handheld.confirm(receipt(1));
    }
    let lines = vec![movement("\"<img src=x onerror=alert(1)>", 4, 10, 20)];
    handheld.confirm(Body::Move(Move { kind: MoveKind::Move, lines }));
    handheld.get("/v1/hello?head=4");
    let page = get(&server, "/", &cookie).text();
    assert!(page.contains("holds 4 events") && !page.contains("<script"), "{page}");
    handheld.push_all();
    let page = get(&server, "/discrepancies", &cookie).text();
    assert!(page.contains("onerror") && !page.contains("<img"), "{page}");
    let device = format!("/devices/{}", handheld.device);
    let page = get(&server, &device, &cookie).text();
    assert!(page.contains("flagged") && !page.contains("<script") && !page.contains("<img"), "{page}");
    let last = post(
        &server,
        "/people",
        &cookie,
        &format!("token={token}&id=4&name=Alex&badge=BADGE-1004&role=picker"),
    );
    assert!(last.status == 400, "the last administrator stays");
}

fn what_was_done_is_in_the_log_and_a_changed_line_shows(db: Db) {
    let server = demo_server(db, "console-audit");
    let cookie = sign_in(&server, "BADGE-1003");
    let _ = post(&server, "/sign-in", "", "badge=BADGE-1003&pin=1111");
    let token = token(&server, &cookie);
    assert_eq!(post(&server, "/devices/enrol", &cookie, &format!("token={token}&name=HH-99")).status, 200);
    let page = get(&server, "/audit?check", &cookie).text();
    for what in ["signed in", "sign in failed", "device invited", "HH-99", "The log is whole"] {
        assert!(page.contains(what), "{what}: {page}");
    }
    let changed = execute(
        &server.database,
        "UPDATE audit SET entry = replace(entry, 'HH-99', 'HH-98') WHERE entry LIKE '%HH-99%'",
    );
    assert_eq!(changed, 1);
    assert!(
        get(&server, "/audit?check", &cookie)
            .text()
            .contains("The log was altered: the audit trail is broken at entry")
    );
}

/// All pages of a list, as a person clicks through them.
fn walk(server: &TestServer, path: &str, cookie: &str) -> String {
    let (mut all, mut path) = (String::new(), path.to_owned());
    loop {
        let answer = get(server, &path, cookie);
        assert_eq!(answer.status, 200, "{path}");
        all += &answer.text();
        let text = answer.text();
        let Some((_, more)) = text.split_once(r#"<a class="button" href=""#) else { return all };
        path = more.split('"').next().unwrap().replace("&#38;", "&");
    }
}

fn long_lists_go_on_and_sums_are_whole(db: Db) {
    const MANY: usize = 450;
    let server = demo_server(db, "console-long");
    let cookie = sign_in(&server, "BADGE-1003");
    let rows = |table: &str, count: usize, values: &str| {
        let sql = format!(
            "INSERT INTO {table} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
             SELECT 1, 1, {values} FROM n CROSS JOIN (SELECT * FROM lot WHERE site = 1 ORDER BY item, lot LIMIT 1) l"
        );
        assert_eq!(execute(&server.database, &sql), count, "{table}");
    };
    // One day, one item, one place, so that nothing but the lot tells them apart.
    let lot = "(site, item, lot, event_id, received, facts, good_to, units)";
    rows(&format!("lot {lot}"), MANY, "'B' || i, l.event_id, l.received, l.facts, 20000, 2");
    let stock = "(site, item, lot, serial, location, hu, units, since)";
    rows(&format!("stock {stock}"), MANY, "'B' || i, '', 1, '', 2, 0");
    // The last of very many goes to somebody who had none before; a third one gave all of it back.
    let sent = "(site, item, lot, event_id, serial, line, order_id, customer, units, at)";
    let customer = "CASE i WHEN 5200 THEN 7002 WHEN 1 THEN 7003 WHEN 2 THEN 7003 ELSE 7001 END";
    let values = format!("'B1', l.event_id, 'S' || i, 1, 1, {customer}, CASE i WHEN 2 THEN -1 ELSE 1 END, i");
    rows(&format!("destination {sent}"), 5_200, &values);
    let page = get(&server, "/lot?item=1&lot=B1", &cookie).text();
    for (what, there) in [
        ("sent to 2 customers", true),
        ("5\u{202f}198 sent", true),
        ("party 7002", true),
        ("party 7003", false),
        ("The first 5000 of 5200 times", true),
    ] {
        let (head, _) = page.split_once("Where it came from").unwrap();
        let text = if there { &page } else { head };
        assert_eq!(text.contains(what), there, "{what}: {head}");
    }
    let orders = server.background.run(|storage| async move {
        let (_, records) = storage.records(SITE).await?;
        let order = records.into_iter().find_map(|record| match record {
            MasterRecord::Order(order) => Some(order),
            _ => None,
        });
        let one = order.unwrap();
        let many = (1..=MANY).map(|n| {
            let mut order = one.clone();
            (order.id, order.number) = (OrderId(90_000 + n as i64), format!("B{n}"));
            MasterRecord::Order(order)
        });
        storage.append_master(SITE, many.collect()).await?;
        Ok::<_, StorageError>(one.direction)
    });
    let orders = if orders.unwrap() == Direction::Inbound { "/orders?inbound" } else { "/orders" };
    for path in ["/items/1", "/locations/1", "/expiry", orders] {
        let all = walk(&server, path, &cookie);
        for n in 1..=MANY {
            assert_eq!(all.matches(&format!("<strong>B{n}</strong>")).count(), 1, "B{n} at {path}");
        }
    }
    let found =
        server.background.run(|storage| async move { storage.balances_of(SITE, ItemId(1), 400).await });
    let found = found.unwrap();
    let of = |what: &str| {
        number(
            &server.database,
            &format!("SELECT {what} FROM stock WHERE site = 1 AND item = 1 AND location > 0 AND units <> 0"),
        )
    };
    assert_eq!(found.total as i64, of("count(*)"));
    assert_eq!(found.units, of("CAST(sum(units) AS BIGINT)"));
    // A code that only begins like another one, and one that would be a pattern, are not that other one.
    let token = token(&server, &cookie);
    for code in ["A-03-", "A-03-%", "A_03_2", "a-03-2"] {
        let form = format!("token={token}&of=location&code={code}&kind=hold&reason=quality");
        assert_eq!(post(&server, "/holds", &cookie, &form).status, 400, "{code}");
    }
}

fn a_device_tells_of_itself(db: Db) {
    let server = demo_server(db, "console-report");
    let (cookie, device) = (sign_in(&server, "BADGE-1003"), server.enrol("HH-01"));
    let hello = |query: &str| device.get(&format!("/v1/hello?{query}")).status;
    let page = |path: &str| get(&server, path, &cookie).text();
    assert_eq!(hello("head=3"), 200);
    assert!(!page("/").contains("behind"), "it did not tell how far it is");
    let newest = device.hello().heads.master.seq;
    assert_eq!(hello(&format!("master={}&app=9.8.7-rc.1&battery=81", newest - 2)), 200);
    let shown = page("/");
    assert!(shown.contains("2 changes behind") && shown.contains(">81 %"), "{shown}");
    // Each part is told by itself; the others stay.
    assert_eq!(hello("battery=20"), 200);
    assert_eq!(hello(&format!("master={newest}")), 200);
    let shown = page("/");
    assert!(shown.contains("up to date") && shown.contains(r#"<span class="warn">20 %"#), "{shown}");
    let shown = page(&format!("/devices/{}", device.device));
    assert!(shown.contains("9.8.7-rc.1") && shown.contains("0 of 3"), "{shown}");
    for odd in ["battery=101", "battery=-1", "battery=x", "app=a%20b", "master=9223372036854775808"] {
        assert_eq!(hello(odd), 400, "{odd}");
    }
    let long = "9".repeat(33);
    assert_eq!(hello(&format!("app={long}")), 400);
    assert!(page("/").contains("20 %"));
}
