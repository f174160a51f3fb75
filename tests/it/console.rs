//! The console over plain HTTP: who gets in, what forms need, and names that would like to be code.

use crate::server_database::{Db, execute, on_every_database};
use crate::server_support::{Answer, MORNING, SITE, TestServer, call, folder, movement, receipt};
use firstout::demo::DEMO_PIN;
use firstout::domain::{Body, MasterRecord, Move, MoveKind, SiteId, Timestamp};
use firstout::server::storage::StorageError;
use firstout::server::{Rate, seed};

on_every_database!(
    every_page_asks_who_is_there_and_comes_back,
    forms_without_the_sessions_token_do_nothing,
    a_stop_at_the_console_is_an_event_that_handhelds_get,
    one_site_never_sees_another,
    names_are_never_code,
    what_was_done_is_in_the_log_and_a_changed_line_shows,
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

fn post(server: &TestServer, path: &str, cookie: &str, form: &str) -> Answer {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie)];
    call(server.addr, "POST", path, &headers, form.as_bytes())
}

fn get(server: &TestServer, path: &str, cookie: &str) -> Answer {
    call(server.addr, "GET", path, &[("cookie", cookie)], b"")
}

/// A session's cookie.
fn sign_in(server: &TestServer, badge: &str) -> String {
    let answer = post(server, "/sign-in", "", &format!("badge={badge}&pin={DEMO_PIN}"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

/// The token that the session's forms carry.
fn token(server: &TestServer, cookie: &str) -> String {
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
    for wrong in ["/items/x", "/lot", "/expiry?from=tomorrow", "/audit?before=-1", "/discrepancy"] {
        assert_eq!(get(&server, wrong, &cookie).status, 400, "{wrong}");
    }
}

fn forms_without_the_sessions_token_do_nothing(db: Db) {
    let server = demo_server(db, "console-token");
    let cookie = sign_in(&server, "BADGE-1003");
    let before = server.background.run(|storage| async move { storage.open_holds(SITE).await }).unwrap();
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
    let after = server.background.run(|storage| async move { storage.open_holds(SITE).await }).unwrap();
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
    let page = get(&server, "/holds", &cookie).text();
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"), "{page}");
    let open = server.background.run(|storage| async move { storage.open_holds(SITE).await }).unwrap();
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
