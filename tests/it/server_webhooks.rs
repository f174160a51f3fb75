//! News that are sent: signed so that others can check it, in order, until they are taken, to nobody who should not have
//! them.

use crate::server_api::refused;
use crate::server_database::{Db, execute, number, on_every_database};
use crate::server_receiver::{ANYWHERE, Do, Got, OK, Receiver};
use crate::server_support::{Answer, MORNING, SITE, TestServer, call, folder, movement, receipt};
use firstout::domain::{
    Body, Disposal, Hold, HoldKind, HoldTarget, ItemId, LotKey, LotNumber, Move, MoveKind, Reason, Undo,
};
use firstout::server::api_keys::Scope;
#[cfg(feature = "postgres")]
use firstout::server::storage::restore;
use firstout::server::storage::{Act, Storage};
use firstout::server::tls::Tls;
use firstout::server::webhooks::admin;
use firstout::server::webhooks::{GIVE_UP_MS, LEASE_MS, Policy, SigningSecret, Topic, Turn};
use serde_json::{Value, json};

fn turn(delivered: u64, failed: u64) -> Turn {
    Turn { delivered, failed, more: false }
}

fn a_move(units: i64) -> Body {
    Body::Move(Move { kind: MoveKind::Move, lines: vec![movement("L1", units, 10, 11)] })
}

fn a_stop(kind: HoldKind) -> Body {
    let lot = LotKey { item: ItemId(7), lot: Some(LotNumber::new("L1").unwrap()) };
    let reason = Reason::Quality;
    Body::Hold(Hold { target: HoldTarget::Lot(lot), kind, reason, note: String::new() })
}

fn news_come_signed_in_order_and_as_they_were_asked_for(db: Db) {
    let server = TestServer::start(db, "webhooks");
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(1));
    handheld.push_all();
    let receiver = Receiver::start(|_| OK);
    let secret = server.hook(&receiver.url(), &[Topic::GoodsReceived, Topic::RecallPlaced]);
    assert_eq!(server.deliver(ANYWHERE), turn(0, 0), "what was there before is not news");
    for body in [receipt(2), a_move(1), a_stop(HoldKind::Hold), a_stop(HoldKind::Recall), receipt(3)] {
        handheld.confirm(body);
    }
    let id = handheld.made.len() as u64;
    handheld.push(1, 6);
    assert_eq!(server.deliver(ANYWHERE), turn(3, 0));
    assert_eq!(server.deliver(ANYWHERE), turn(0, 0), "once");
    let got = receiver.got();
    let kinds: Vec<_> = got.iter().map(Got::kind).collect();
    assert_eq!(kinds, ["goods.received", "recall.placed", "goods.received"]);
    for message in &got {
        assert_eq!(message.signatures, [message.signature(secret.reveal())], "{message:?}");
        assert_eq!((message.seconds, message.path.as_str()), (MORNING / 1_000, "/hooks?key=1"));
        assert!(message.id.starts_with("msg_") && !message.id.contains('.'), "{}", message.id);
    }
    let first = got[0].json();
    assert_eq!((&first["site"], &first["data"]["seq"]), (&json!(1), &json!(2)));
    assert_eq!(first["timestamp"], "2026-11-23T08:00:00.000Z");
    assert_eq!(first["data"]["changes"][1]["quantity"], 2);
    assert_eq!(first["data"]["body"]["receipt"]["lots"][0]["lot"], "L1");
    assert_eq!(
        got[1].json()["data"]["target"],
        json!({"item": "item 7", "lot": "L1", "location": null, "hu": null})
    );
    let hook = server.hooks().remove(0);
    assert_eq!((hook.seq, hook.behind, hook.state()), (id, 0, "active"));
    assert_eq!(hook.delivered.map(|at| at.0), Some(MORNING));
}

fn what_is_taken_back_or_does_not_add_up_is_told_too(db: Db) {
    let server = TestServer::start(db, "webhooks-undo");
    let mut handheld = server.enrol("HH-01");
    let first = handheld.confirm(receipt(2));
    handheld.confirm(Body::Undo(Undo { event: first, body: Box::new(receipt(2)) }));
    let reason = Reason::Other;
    handheld.confirm(Body::Disposal(Disposal { lines: vec![movement("L1", 1, 10, -5)], reason }));
    handheld.push_all();
    let receiver = Receiver::start(|_| OK);
    server.hook_after(&receiver.url(), &[Topic::GoodsReceived, Topic::DiscrepancyOpened], Some(0));
    assert_eq!(server.deliver(ANYWHERE), turn(3, 0));
    let got = receiver.got();
    let kinds: Vec<_> = got.iter().map(Got::kind).collect();
    assert_eq!(kinds, ["goods.received", "goods.received.undone", "discrepancy.opened"]);
    let opened = got[2].json();
    assert_eq!(
        (&opened["data"]["kind"], &opened["data"]["entry"]["seq"]),
        (&json!("negative_balance"), &json!(3))
    );
    assert!(opened["data"]["detail"].is_object(), "{opened}");
}

fn what_was_not_taken_comes_again_before_anything_else(db: Db) {
    let server = TestServer::start(db, "webhooks-again");
    let mut handheld = server.enrol("HH-01");
    let receiver = Receiver::start(|n| match n {
        0 => Do::Say("500 Internal Server Error\r\n"),
        1 => Do::Cut,
        2 => Do::Say("302 Found\r\nlocation: /elsewhere\r\n"),
        3 => Do::Say("503 Busy\r\nretry-after: 7200\r\n"),
        // An endless answer is not read to its end, and its head counts.
        4 => Do::Say("200 OK\r\ncontent-length: 100000000\r\n"),
        _ => OK,
    });
    server.hook(&receiver.url(), &[Topic::GoodsReceived]);
    handheld.confirm(receipt(1));
    handheld.confirm(receipt(2));
    handheld.push_all();
    for (wait_ms, problem) in [
        (0, "answered 500"),
        (6_000, "the connection was cut"),
        (72_000, "answered 302"),
        (360_000, "answered 503"),
    ] {
        if wait_ms > 0 {
            assert_eq!(server.deliver(ANYWHERE), turn(0, 0), "not at once");
        }
        server.later(wait_ms);
        assert_eq!(server.deliver(ANYWHERE), turn(0, 1), "{problem}");
        let hook = server.hooks().remove(0);
        assert!(hook.problem.starts_with(problem), "{hook:?}");
        assert_eq!(
            (hook.state(), hook.seq, hook.failing_since.map(|at| at.0)),
            ("failing", 0, Some(MORNING))
        );
    }
    server.later(7_199_000);
    assert_eq!(server.deliver(ANYWHERE), turn(0, 0), "the receiver named a time");
    server.later(1_000);
    assert_eq!(server.deliver(ANYWHERE), turn(2, 0));
    let got = receiver.got();
    let ids = receiver.ids();
    assert_eq!(ids[..4], vec![ids[4].clone(); 4], "each try has the same id");
    assert_eq!((got.len(), ids[4] == ids[5]), (6, false));
    assert!(got[..5].iter().all(|message| message.body == got[0].body && message.path.starts_with("/hooks")));
    assert_ne!(got[0].signatures, got[4].signatures, "the time of the try is signed");
    assert_eq!(server.hooks()[0].state(), "active");
}

fn what_was_delivered_and_not_noted_comes_again_under_its_id(db: Db) {
    let server = TestServer::start(db, "webhooks-twice");
    let mut handheld = server.enrol("HH-01");
    let database = server.database.clone();
    // While the first message is under way somebody else takes the endpoint: nothing may be noted for it any more.
    let receiver = Receiver::start(move |n| {
        if n == 0 {
            execute(&database, "UPDATE webhook SET lease = NULL");
        }
        OK
    });
    server.hook(&receiver.url(), &[Topic::GoodsReceived]);
    handheld.confirm(receipt(1));
    handheld.confirm(receipt(2));
    handheld.push_all();
    server.deliver(ANYWHERE);
    assert_eq!((receiver.got().len(), server.hooks()[0].seq), (1, 0));
    assert_eq!(server.deliver(ANYWHERE), turn(0, 0), "it is held");
    server.later(LEASE_MS);
    assert_eq!(server.deliver(ANYWHERE), turn(2, 0));
    let ids = receiver.ids();
    assert_eq!((ids.len(), ids[0] == ids[1], ids[1] == ids[2]), (3, true, false));
}

fn several_servers_tell_an_endpoint_once(db: Db) {
    let server = TestServer::start(db, "webhooks-many");
    let beside = server.beside();
    let mut handheld = server.enrol("HH-01");
    let receiver = Receiver::start(|n| if n == 0 { Do::Wait } else { OK });
    server.hook(&receiver.url(), &[Topic::GoodsReceived]);
    for units in 1..=20 {
        handheld.confirm(receipt(units));
    }
    handheld.push_all();
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| server.deliver(ANYWHERE));
        receiver.wait_for(1);
        assert_eq!(beside.deliver(ANYWHERE), turn(0, 0), "the other server has it");
        receiver.go_on();
        assert_eq!(slow.join().unwrap(), turn(20, 0));
    });
    let units: Vec<_> = receiver
        .got()
        .iter()
        .map(|got| got.json()["data"]["changes"][1]["quantity"].as_i64().unwrap())
        .collect();
    assert_eq!(units, (1..=20).collect::<Vec<_>>());
}

fn an_endpoint_that_takes_nothing_for_days_is_disabled(db: Db) {
    let server = TestServer::start(db, "webhooks-dead");
    let mut handheld = server.enrol("HH-01");
    let receiver = Receiver::start(|n| match n {
        0..200 => Do::Say("500 No\r\n"),
        200 => OK,
        201 => Do::Say("410 Gone\r\n"),
        _ => OK,
    });
    server.hook(&receiver.url(), &[Topic::GoodsReceived]);
    handheld.confirm(receipt(1));
    handheld.push_all();
    let mut tries = 0;
    while server.hooks()[0].disabled.is_none() {
        assert_eq!(server.deliver(ANYWHERE), turn(0, 1));
        tries += 1;
        let hook = server.hooks().remove(0);
        if let Some(next) = hook.next_at {
            server.later(next.0 - server.now().0);
        }
    }
    let days = server.now().0 - MORNING;
    assert!((GIVE_UP_MS..GIVE_UP_MS + 4_320_000).contains(&days), "{days}");
    assert!((100..160).contains(&tries), "about one an hour: {tries}");
    let hook = server.hooks().remove(0);
    assert_eq!((hook.state(), hook.problem.as_str(), hook.behind), ("disabled", "answered 500", 1));
    let (act, subject) = server.acts_and_subjects().pop().unwrap();
    assert_eq!(act, Act::WebhookDisabled);
    assert_eq!(subject, format!("erp at {}: answered 500", receiver.addr));
    server.later(GIVE_UP_MS);
    assert_eq!(server.deliver(ANYWHERE), turn(0, 0), "until somebody enables it");
    let figures = call(server.addr, "GET", "/metrics", &[], b"").text();
    for line in [
        "firstout_webhooks{site=\"1\",state=\"disabled\"} 1\n".to_owned(),
        "firstout_webhooks{site=\"1\",state=\"active\"} 0\n".to_owned(),
        format!("firstout_webhook_tries_total{{site=\"1\",outcome=\"failed\"}} {tries}\n"),
    ] {
        assert!(figures.contains(&line), "{line} is not in\n{figures}");
    }

    let enable = async |storage: Storage| admin::enable(&storage, (SITE, "erp"), "test", server.now()).await;
    server.background.run(enable).unwrap();
    for n in tries..200 {
        assert_eq!(server.deliver(ANYWHERE), turn(0, 1), "{n}");
        server.background.run(enable).unwrap();
    }
    assert_eq!(server.deliver(ANYWHERE), turn(1, 0), "what waited was kept");
    handheld.confirm(receipt(2));
    handheld.push(1, 2);
    assert_eq!(server.deliver(ANYWHERE), turn(0, 1));
    let hook = server.hooks().remove(0);
    assert_eq!(
        (hook.state(), hook.problem.as_str()),
        ("disabled", "answered 410"),
        "at once where it is gone"
    );
}

fn nothing_is_sent_where_it_may_not_be(db: Db) {
    let server = TestServer::start(db, "webhooks-inner");
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(1));
    handheld.push_all();
    let receiver = Receiver::start(|_| OK);
    let port = receiver.addr.port();
    let check = |url: &str, policy: Policy, problem: &str| {
        server.hook_after(url, &[Topic::GoodsReceived], Some(0));
        assert_eq!(server.deliver(policy), turn(0, 1), "{url}");
        let said = server.hooks().remove(0).problem;
        assert!(said.contains(problem), "{url}: {said}");
        let remove =
            async |storage: Storage| admin::remove(&storage, (SITE, "erp"), "test", server.now()).await;
        server.background.run(remove).unwrap();
    };
    let open = Policy { allow_http: true, ..Policy::default() };
    check(&receiver.url(), Policy::default(), "not https");
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "0x7f.1", "2130706433"] {
        check(&format!("http://{host}:{port}/"), open.clone(), "--webhooks-allow-private");
    }
    for host in ["10.0.0.1", "192.168.0.1", "169.254.169.254", "[fd00::1]"] {
        check(&format!("https://{host}:{port}/"), Policy::default(), "--webhooks-allow-private");
    }
    check("https://nobody.invalid/", Policy::default(), "cannot be found");
    let inside = Policy { allow_private: true, ..Policy::default() };
    check(&format!("https://localhost:{port}/"), inside, "no secure connection");
    assert_eq!(receiver.got(), [], "not a byte came");
}

fn two_secrets_sign_for_a_while(db: Db) {
    let server = TestServer::start(db, "webhooks-rotate");
    let mut handheld = server.enrol("HH-01");
    let receiver = Receiver::start(|_| OK);
    let old = server.hook(&receiver.url(), &[Topic::GoodsReceived]);
    let rotate = async |storage: Storage| {
        admin::rotate(&storage, (SITE, "erp"), 3_600_000, "test", server.now()).await
    };
    let new = server.background.run(rotate).unwrap();
    assert_ne!(old, new);
    for (n, wait_ms) in [(0, 3_599_999), (1, 1)] {
        handheld.confirm(receipt(1));
        server.later(wait_ms);
        handheld.push(n, n + 1);
        assert_eq!(server.deliver(ANYWHERE), turn(1, 0));
    }
    let got = receiver.got();
    let both = [got[0].signature(new.reveal()), got[0].signature(old.reveal())];
    assert_eq!(got[0].signatures, both);
    assert_eq!(got[1].signatures, [got[1].signature(new.reveal())]);
}

fn programs_make_and_change_them_by_the_api(db: Db) {
    let server = TestServer::start(db, "webhooks-api");
    let key = server.key(SITE, "erp", &[Scope::Webhooks]);
    let ask = |method: &str, path: &str, body: &Value| -> Answer {
        let headers =
            [("authorization", format!("Bearer {key}")), ("content-type", "application/json".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        call(server.addr, method, &format!("/api/v1/webhooks{path}"), &headers, body.as_bytes())
    };
    let receiver = Receiver::start(|_| OK);
    let new = json!({"name": "erp", "url": receiver.url(), "topics": ["order.closed", "goods.received"]});
    let made = ask("POST", "", &new);
    assert_eq!(made.status, 201, "{}", made.text());
    let secret: Value = made.json();
    assert!(SigningSecret::parse(secret["secret"].as_str().unwrap()).is_some(), "{secret}");
    refused(&ask("POST", "", &new), 422, "refused");
    for (field, wrong) in [
        ("name", json!("a/b")),
        ("name", json!("")),
        ("url", json!("erp.example")),
        ("url", json!("https://me:secret@erp.example/")),
        ("topics", json!([])),
        ("topics", json!(["goods.eaten"])),
    ] {
        let mut other = new.clone();
        other["name"] = json!("other");
        other[field] = wrong;
        refused(&ask("POST", "", &other), 422, "refused");
    }
    refused(&ask("POST", "", &json!({"name": "x", "secret": "mine"})), 400, "bad_request");
    let listed = ask("GET", "", &Value::Null);
    let row = &listed.json::<Value>()["webhooks"][0];
    assert_eq!((&row["name"], &row["state"], &row["url"]), (&json!("erp"), &json!("active"), &new["url"]));
    assert_eq!(row["topics"], json!(["goods.received", "order.closed"]));
    assert!(!listed.text().contains("whsec_"), "it was shown once");

    assert_eq!(ask("POST", "/erp/test", &Value::Null).status, 200);
    assert_eq!(server.deliver(ANYWHERE), turn(1, 0));
    assert_eq!(server.deliver(ANYWHERE), turn(0, 0));
    assert_eq!(receiver.got()[0].kind(), "webhook.test");
    let rotated: Value = ask("POST", "/erp/rotate?overlap_hours=0", &Value::Null).json();
    assert_ne!(rotated, secret);
    refused(&ask("POST", "/erp/rotate?overlap_hours=721", &Value::Null), 400, "bad_request");
    assert_eq!(ask("POST", "/erp/disable", &Value::Null).status, 200);
    assert_eq!(server.hooks()[0].state(), "disabled");
    assert_eq!(ask("POST", "/erp/enable", &Value::Null).status, 200);
    assert_eq!(server.hooks()[0].state(), "active");
    // Another site's key sees and changes nothing of this one.
    let other = server.key(firstout::domain::SiteId(2), "erp", &[Scope::Webhooks]);
    let bearer = format!("Bearer {other}");
    let foreign = |method: &str, path: &str| {
        call(server.addr, method, &format!("/api/v1/webhooks{path}"), &[("authorization", &bearer)], b"")
    };
    assert_eq!(foreign("GET", "").json::<Value>(), json!({"webhooks": []}));
    refused(&foreign("DELETE", "/erp"), 404, "not_found");
    refused(&foreign("POST", "/erp/rotate"), 404, "not_found");
    refused(&ask("DELETE", "/nobody", &Value::Null), 404, "not_found");
    refused(&ask("DELETE", "/a%00b", &Value::Null), 404, "not_found");
    assert_eq!(ask("DELETE", "/erp", &Value::Null).status, 200);
    assert_eq!(number(&server.database, "SELECT count(*) FROM webhook"), 0);

    let acts = server.acts_and_subjects();
    let of_webhooks: Vec<_> = acts.iter().filter(|(act, _)| act.code().starts_with("webhook_")).collect();
    let codes: Vec<_> = of_webhooks.iter().map(|(act, _)| act.code()).collect();
    let expected =
        ["webhook_made", "webhook_secret_replaced", "webhook_disabled", "webhook_enabled", "webhook_removed"];
    assert_eq!(codes, expected);
    let made = format!("erp: goods.received order.closed to {}", receiver.addr);
    assert_eq!(of_webhooks[0].1, made, "without what may be secret in an address");
}

/// TLS is checked: against the authority that was added, and for the name that was asked for. The receiver is a server
/// of our own, which knows nothing of webhooks.
fn receivers_are_who_they_should_be(db: Db) {
    let data = folder("webhooks-tls");
    std::fs::create_dir_all(&data).unwrap();
    let tls = Tls::own(&data, &["localhost".to_owned()]).unwrap();
    let roots = tls.authority.as_bytes().to_vec();
    let receiver = TestServer::start_with(Db::Sqlite, data, |config| config.tls = Some(tls));
    let port = receiver.addr.port();
    let server = TestServer::start(db, "webhooks-https");
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(1));
    handheld.push_all();
    let inside = |roots: &[u8]| Policy { allow_private: true, allow_http: false, roots: roots.to_vec() };
    for (host, roots, problem) in [
        ("localhost", roots.as_slice(), "answered 404"),
        ("localhost", b"", "no secure connection: invalid peer certificate: UnknownIssuer"),
        (
            "127.0.0.1",
            roots.as_slice(),
            "no secure connection: invalid peer certificate: certificate not valid for name",
        ),
        ("localhost", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "--webhooks-ca"),
    ] {
        server.hook_after(&format!("https://{host}:{port}/hooks"), &[Topic::GoodsReceived], Some(0));
        assert_eq!(server.deliver(inside(roots)), turn(0, 1));
        let said = server.hooks().remove(0).problem;
        assert!(said.contains(problem), "{host}: {said}");
        let remove =
            async |storage: Storage| admin::remove(&storage, (SITE, "erp"), "test", server.now()).await;
        server.background.run(remove).unwrap();
    }
}

#[cfg(feature = "postgres")]
#[test]
fn they_move_with_their_site_and_come_back_from_a_backup() {
    let server = TestServer::start(Db::Sqlite, "webhooks-move");
    let mut handheld = server.enrol("HH-01");
    let receiver = Receiver::start(|_| OK);
    let secret = server.hook(&receiver.url(), &[Topic::GoodsReceived, Topic::HoldPlaced]);
    handheld.confirm(receipt(1));
    handheld.push_all();
    server.deliver(ANYWHERE);
    handheld.confirm(receipt(2));
    handheld.push(1, 2);
    let backup = server.data.join("copy.bak");
    server.background.run(async |storage| storage.backup(&backup).await).unwrap();
    let hooks = server.hooks();
    let place = Db::Postgres.place(&server.data);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let findings = runtime.block_on(restore(&backup, &place, &server.data)).unwrap();
    assert_eq!(findings.problems, Vec::<String>::new());
    let moved =
        TestServer::start_with(Db::Sqlite, folder("webhooks-moved"), |config| config.database = Some(place));
    assert_eq!(moved.hooks(), hooks);
    assert_eq!(moved.deliver(ANYWHERE), turn(1, 0));
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[1].signatures, [got[1].signature(secret.reveal())]);
    // The server that was copied says the same under the same id.
    assert_eq!(server.deliver(ANYWHERE), turn(1, 0));
    assert_eq!(receiver.ids()[1..], vec![got[1].id.clone(); 2]);
}

on_every_database!(
    receivers_are_who_they_should_be,
    news_come_signed_in_order_and_as_they_were_asked_for,
    what_is_taken_back_or_does_not_add_up_is_told_too,
    what_was_not_taken_comes_again_before_anything_else,
    what_was_delivered_and_not_noted_comes_again_under_its_id,
    several_servers_tell_an_endpoint_once,
    an_endpoint_that_takes_nothing_for_days_is_disabled,
    nothing_is_sent_where_it_may_not_be,
    two_secrets_sign_for_a_while,
    programs_make_and_change_them_by_the_api,
);
