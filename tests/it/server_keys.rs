//! Keys and signatures: who comes in, what is a replay, what a wrong clock is told, and who is locked out.

use crate::server_database::{Db, execute, number, on_every_database};
use crate::server_support::SITE;
use crate::server_support::{Answer, Handheld, MORNING, TestServer, call, enrolment, new_key, receipt};
use firstout::domain::{DeviceId, Signature, SiteId, Timestamp};
use firstout::server::devices;
use firstout::server::storage::Findings;
use firstout::sync::wire::{Claim, PushRequest, SIGNED_MS_MAX, Status};
use std::sync::Arc;
use uuid::Uuid;

fn ask(server: &TestServer, method: &str, path: &str, authorization: &str, body: &[u8]) -> Answer {
    call(server.addr, method, path, &[("authorization", authorization)], body)
}

#[track_caller]
fn check(answer: &Answer, expected: (u16, &str)) {
    assert_eq!((answer.status, answer.code().as_str()), expected, "{}", answer.text());
}

fn only_a_device_that_signs_comes_in(db: Db) {
    let server = TestServer::start(db, "keys");
    let handheld = server.enrol("HH-01");
    let stranger = Handheld { key: new_key(), ..handheld.clone() };
    let unknown = Handheld { device: DeviceId(Uuid::now_v7()), ..handheld.clone() };
    for (method, path) in [("GET", "/v1/hello"), ("POST", "/v1/push"), ("GET", "/v1/snapshot/site")] {
        let good = handheld.claim(method, path, b"{}");
        let headers = [
            String::new(),
            "Firstout".into(),
            "Bearer 1.00".into(),
            good.to_string().replace("Firstout ", "Basic "),
            stranger.claim(method, path, b"{}").to_string(),
            unknown.claim(method, path, b"{}").to_string(),
            handheld.claim("PUT", path, b"{}").to_string(),
            handheld.claim(method, "/v1/pull", b"{}").to_string(),
            handheld.claim(method, path, b"{} ").to_string(),
            Claim { site: SiteId(2), ..good }.to_string(),
            Claim { time: good.time.plus_ms(1), ..good }.to_string(),
            Claim { nonce: Uuid::now_v7(), ..good }.to_string(),
            Claim { signature: Signature([0; 64]), ..good }.to_string(),
        ];
        for header in &headers {
            check(&ask(&server, method, path, header, b"{}"), (401, "unauthorized"));
        }
        let through = ask(&server, method, path, &good.to_string(), b"{}");
        assert_ne!(through.status, 401, "{path}: {}", through.text());
    }
    // Another device's push, under this one's own signature.
    let mut stolen = handheld.request(0, 0);
    stolen.device = unknown.device;
    check(&handheld.send(&stolen), (403, "other_device"));
}

fn a_request_is_served_once_by_all_servers_of_a_database(db: Db) {
    let first = TestServer::start(db, "replay");
    let second = first.beside();
    let mut handheld = first.enrol("HH-01");
    handheld.confirm(receipt(1));
    let body = handheld.sealed(&handheld.request(0, 1));
    let claim = handheld.claim("POST", "/v1/push", &body).to_string();
    assert_eq!(ask(&first, "POST", "/v1/push", &claim, &body).status, 200);
    for server in [&first, &second, &first] {
        let again = ask(server, "POST", "/v1/push", &claim, &body);
        check(&again, (401, "replayed"));
        assert_eq!(again.json::<serde_json::Value>()["now"], (handheld.clock)().0);
    }
    // Two at once: one is served.
    let hello = handheld.claim("GET", "/v1/hello", b"").to_string();
    let served: u16 = std::thread::scope(|scope| {
        let asked = [&first, &second, &first, &second]
            .map(|server| scope.spawn(|| ask(server, "GET", "/v1/hello", &hello, b"").status));
        asked.map(|one| one.join().unwrap()).iter().filter(|status| **status == 200).count() as u16
    });
    assert_eq!(served, 1);
    // As long as its time would let it in it is remembered, and then its time does not.
    first.later(SIGNED_MS_MAX);
    check(&ask(&first, "POST", "/v1/push", &claim, &body), (401, "replayed"));
    first.later(1);
    check(&ask(&first, "POST", "/v1/push", &claim, &body), (401, "clock"));
    // And forgotten: the table does not grow for ever.
    let nonces = || number(&first.database, "SELECT count(*) FROM nonce");
    assert_eq!(nonces(), 2);
    handheld.hello();
    assert_eq!(nonces(), 1);
}

fn a_time_that_is_too_far_off_is_answered_with_the_right_one(db: Db) {
    let server = TestServer::start(db, "clock");
    let handheld = server.enrol("HH-01");
    let now = (handheld.clock)();
    let hello = |time: Timestamp| {
        let claim = handheld.claim_at(time, "GET", "/v1/hello", b"").to_string();
        ask(&server, "GET", "/v1/hello", &claim, b"")
    };
    for ms in [0, SIGNED_MS_MAX, -SIGNED_MS_MAX] {
        assert_eq!(hello(now.plus_ms(ms)).status, 200, "{ms}");
    }
    for ms in [SIGNED_MS_MAX + 1, -SIGNED_MS_MAX - 1, i64::MAX, i64::MIN] {
        let told = hello(now.plus_ms(ms));
        check(&told, (401, "clock"));
        assert_eq!(told.json::<serde_json::Value>()["now"], now.0, "{ms}");
    }
    // A stranger is told nothing.
    let stranger = Handheld { key: new_key(), ..handheld.clone() };
    let claim = stranger.claim_at(Timestamp(0), "GET", "/v1/hello", b"").to_string();
    check(&ask(&server, "GET", "/v1/hello", &claim, b""), (401, "unauthorized"));
}

fn a_revocation_acts_on_the_next_request(db: Db) {
    let server = TestServer::start(db, "revoke");
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(3));
    handheld.push_all();
    handheld.confirm(receipt(4));
    let revoke = |wanted: &str| {
        let wanted = wanted.to_owned();
        server
            .background
            .run(async move |storage| devices::revoke(&storage, SITE, &wanted, Timestamp(MORNING)).await)
    };
    let (device, changed) = revoke("HH-01").unwrap();
    assert_eq!((device.device, changed), (handheld.device, true));
    assert!(!revoke("HH-01").unwrap().1);
    assert!(!revoke(&handheld.device.to_string()).unwrap().1);
    assert_eq!(revoke("HH-99").unwrap_err().to_string(), "no device is called \"HH-99\"");

    let hello = handheld.hello();
    assert!(hello.revoked && hello.heads.site.seq == 0, "{hello:?}");
    let pull = format!("/v1/pull?stream=site&epoch={}", handheld.server_epoch.0);
    for path in [pull.as_str(), "/v1/snapshot/site"] {
        check(&handheld.get(path), (403, "revoked"));
    }
    let reply = handheld.push(0, 2);
    let verdicts: Vec<_> = reply.results.iter().map(|row| (row.status, row.reason.as_deref())).collect();
    let expected = [(Status::Duplicate, None), (Status::Quarantined, Some("revoked"))];
    assert_eq!(verdicts, expected);
    assert_eq!(reply.acked_through, 2);
    assert_eq!(server.entries(), 2);
    assert!(server.devices().iter().all(|device| device.revoked));
    assert_eq!(server.open()[0].kind, "revoked_device");
    assert!(findings(&server).problems.is_empty());

    for name in ["HH-02", "HH-02"] {
        server.enrol(name);
    }
    let several = revoke("HH-02").unwrap_err().to_string();
    assert!(several.starts_with("several devices are called \"HH-02\"; name one by its id: "), "{several}");
}

fn findings(server: &TestServer) -> Findings {
    server.background.run(async |storage| storage.verify().await).unwrap()
}

fn the_head_of_a_chain_is_signed_and_stays_so(db: Db) {
    let server = TestServer::start(db, "heads");
    let mut handheld = server.enrol("HH-01");
    for units in 1..=4 {
        handheld.confirm(receipt(units));
    }
    let unsigned = serde_json::to_vec(&handheld.request(0, 2)).unwrap();
    check(&handheld.post("/v1/push", &unsigned), (422, "bad_signature"));
    let other = new_key();
    let head = firstout::sync::wire::head_message(SITE, handheld.device, 1, handheld.request(0, 2).head());
    let foreign = PushRequest { signature: other.sign(&head), ..handheld.request(0, 2) };
    let foreign = serde_json::to_vec(&foreign).unwrap();
    check(&handheld.post("/v1/push", &foreign), (422, "bad_signature"));
    assert_eq!(handheld.hello().device_last_seq, 0, "nothing is stored");
    handheld.push(0, 2);
    handheld.push(0, 1);
    handheld.push(1, 4);
    assert!(findings(&server).problems.is_empty());
    execute(&server.database, "UPDATE device SET public_key = (SELECT token_hash FROM enrolment)");
    let problems = findings(&server).problems;
    let expected = format!("site 1: device {}, epoch 1, did not sign its chain up to 4", handheld.device);
    assert_eq!(problems, [expected]);
}

fn a_key_is_enrolled_by_its_owner_with_a_fresh_token(db: Db) {
    let server = TestServer::start(db, "proof");
    let token = server.background.token(SITE, "").unwrap();
    let (key, other) = (new_key(), new_key());
    let enrol =
        |body: &serde_json::Value| call(server.addr, "POST", "/v1/enrol", &[], body.to_string().as_bytes());
    let good = serde_json::to_value(enrolment(token.reveal(), "HH-01", &key)).unwrap();
    let with = |field: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    check(&enrol(&with("key", other.public().to_string().into())), (400, "bad_request"));
    check(&enrol(&with("name", "HH-02".into())), (400, "bad_request"));
    check(&enrol(&with("proof", "00".into())), (400, "bad_request"));
    check(&enrol(&with("key", serde_json::Value::Null)), (400, "bad_request"));
    // None of it has used the token up.
    assert_eq!(enrol(&good).status, 200);
    check(&enrol(&good), (403, "bad_token"));
}

fn two_servers_give_one_token_to_one_device(db: Db) {
    let first = TestServer::start(db, "token-race");
    let second = first.beside();
    let token = Arc::new(first.background.token(SITE, "").unwrap());
    let taken = std::thread::scope(|scope| {
        let asked = [&first, &second, &first, &second].map(|server| {
            let body = serde_json::to_vec(&enrolment(token.reveal(), "HH", &new_key())).unwrap();
            scope.spawn(move || call(server.addr, "POST", "/v1/enrol", &[], &body).status)
        });
        asked.map(|one| one.join().unwrap()).into_iter().filter(|status| *status == 200).count()
    });
    assert_eq!(taken, 1);
}

on_every_database!(
    only_a_device_that_signs_comes_in,
    a_request_is_served_once_by_all_servers_of_a_database,
    a_time_that_is_too_far_off_is_answered_with_the_right_one,
    a_revocation_acts_on_the_next_request,
    the_head_of_a_chain_is_signed_and_stays_so,
    a_key_is_enrolled_by_its_owner_with_a_fresh_token,
    two_servers_give_one_token_to_one_device,
);
