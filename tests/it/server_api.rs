//! What other programs may do by `/api/v1`: their keys, and files into the site.

use crate::server_database::{Db, execute, number, on_every_database};
use crate::server_import::program;
use crate::server_support::{Answer, MORNING, SITE, TestServer, call, folder};
use firstout::domain::{SiteId, Timestamp};
use firstout::server::Rate;
use firstout::server::api_keys::{NewApiKey, Scope, make, revoke};
use firstout::server::storage::Act;
use serde_json::{Value, json};

pub const ITEMS: &str = "item,name,tracking\nOAT,Oat drink,lot\nGLOVE,Gloves,none\n=1+1,@SUM(A1),lot\n";
pub const LOCATIONS: &str = "location,kind,zone\nDOCK-1,dock,\nA-01,storage,dry\nA-02,storage,dry\n";
pub const STOCK: &str = "item,location,quantity,lot,expiry,hu\nOAT,A-01,24,L1,2027-03-14,P1\n\
    OAT,A-02,12,L1,2027-03-14,\nOAT,A-02,5,</script>,2027-01-31,\n=1+1,A-01,7,=1+1,2027-02-01,\nGLOVE,A-02,100,,,\n";

impl TestServer {
    /// A key of that site.
    pub fn key(&self, site: SiteId, name: &str, scopes: &[Scope]) -> String {
        self.key_until(site, name, scopes, None)
    }

    pub fn key_until(
        &self,
        site: SiteId,
        name: &str,
        scopes: &[Scope],
        expires: Option<Timestamp>,
    ) -> String {
        let new = NewApiKey { site, name: name.to_owned(), scopes: scopes.to_vec(), expires };
        self.background.run(async move |storage| make(&storage, new, Timestamp(MORNING)).await).unwrap()
    }

    pub fn ask(&self, key: &str, path: &str) -> Answer {
        let key = format!("Bearer {key}");
        call(self.addr, "GET", path, &[("authorization", &key)], b"")
    }

    /// Sends a file; the answer.
    pub fn send(&self, key: &str, path: &str, file: &str) -> Answer {
        let key = format!("Bearer {key}");
        let headers = [("authorization", key.as_str()), ("content-type", "text/csv")];
        call(self.addr, "POST", &format!("/api/v1/imports/{path}"), &headers, file.as_bytes())
    }
}

#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
    let body: Value = answer.json();
    assert_eq!(
        body["request"].as_str(),
        answer.header("x-request-id"),
        "the log and the answer name one request"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

fn a_key_opens_its_site_for_its_scopes_until_it_is_taken_back(db: Db) {
    let server = TestServer::start(db, "api-keys");
    let import = server.key(SITE, "erp", &[Scope::Import]);
    let read = server.key(SITE, "shop", &[Scope::Read, Scope::Events, Scope::Read]);
    assert!(import.starts_with("firstout_1.") && import.len() == "firstout_1.".len() + 64, "{import}");
    assert_eq!(server.send(&import, "items", ITEMS).status, 200);
    refused(&server.send(&read, "items", ITEMS), 403, "missing_scope");
    for wrong in
        ["", "x", "firstout_1.00", &import[9..], &format!("{import}0"), &import.replace("_1.", "_2.")]
    {
        let answer = server.send(wrong, "items", ITEMS);
        refused(&answer, 401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let basic = call(
        server.addr,
        "POST",
        "/api/v1/imports/items",
        &[("authorization", &format!("Basic {import}"))],
        b"",
    );
    refused(&basic, 401, "unauthorized");
    refused(&call(server.addr, "POST", "/api/v1/imports/items", &[], b""), 401, "unauthorized");

    let take_back = async |storage| revoke(&storage, SITE, "erp", Timestamp(MORNING)).await;
    server.background.run(take_back).unwrap();
    refused(&server.send(&import, "items", ITEMS), 401, "unauthorized");
    let again = server.background.run(take_back).unwrap_err();
    assert_eq!(again.to_string(), "site 1 has no key named \"erp\" that is still good");
    // Of a second server on the same database too.
    let beside = server.beside();
    refused(&beside.send(&import, "items", ITEMS), 401, "unauthorized");

    let soon = server.key_until(SITE, "trial", &[Scope::Import], Some(Timestamp(MORNING + 1_000)));
    assert_eq!(server.send(&soon, "items", ITEMS).status, 200);
    server.later(1_000);
    refused(&server.send(&soon, "items", ITEMS), 401, "unauthorized");
}

fn a_key_is_stored_as_a_hash_and_leaves_a_trail(db: Db) {
    let server = TestServer::start(db, "api-trail");
    let key = server.key(SITE, " erp ", &[Scope::Import]);
    assert_eq!(server.send(&key, "items", ITEMS).status, 200);
    let hex = key.split_once('.').unwrap().1;
    let blob = if db == Db::Sqlite { format!("x'{hex}'") } else { format!("decode('{hex}', 'hex')") };
    assert_eq!(number(&server.database, "SELECT count(*) FROM api_key"), 1);
    assert_eq!(number(&server.database, &format!("SELECT count(*) FROM api_key WHERE key_hash = {blob}")), 0);
    let listed = server.background.run(async |storage| storage.api_keys().await).unwrap().remove(0);
    assert_eq!((listed.name.as_str(), listed.last_used), ("erp", Some(Timestamp(MORNING))));
    // A use within the minute is not written again.
    execute(&server.database, "UPDATE api_key SET last_used = last_used - 1000");
    server.send(&key, "items", ITEMS);
    let used = || number(&server.database, "SELECT last_used FROM api_key");
    assert_eq!(used(), MORNING - 1_000);
    server.later(60_000);
    server.send(&key, "items", ITEMS);
    assert_eq!(used(), MORNING + 60_000);
    let made = |name: &str, scopes: &[Scope]| {
        let new = NewApiKey { site: SITE, name: name.to_owned(), scopes: scopes.to_vec(), expires: None };
        let made = server.background.run(async move |storage| make(&storage, new, Timestamp(MORNING)).await);
        made.unwrap_err().to_string()
    };
    assert_eq!(made("erp", Scope::ALL), "site 1 has or had a key named \"erp\"; a name is used once");
    assert_eq!(made("other", &[]), "a key needs at least one scope");
    for name in ["", " ", "a\nb", &"x".repeat(41)] {
        assert!(made(name, Scope::ALL).starts_with("a key's name has"), "{name:?}");
    }
    let then = Timestamp(MORNING + 60_001);
    let revoke = async |storage| revoke(&storage, SITE, "erp", then).await;
    server.background.run(revoke).unwrap();
    let trail = server.background.run(async |storage| storage.audit(10).await).unwrap();
    let trail: Vec<_> =
        trail.into_iter().rev().map(|row| (row.entry.act, row.entry.by, row.entry.subject)).collect();
    let line = |act, by: &str, subject: &str| (act, by.to_owned(), subject.to_owned());
    assert_eq!(trail.first(), Some(&line(Act::ApiKeyMade, "command line", "erp: import")));
    assert_eq!(trail[1], line(Act::FileImported, "api key erp", "items by the API: 3 new, 0 changed"));
    assert_eq!(trail.last(), Some(&line(Act::ApiKeyRevoked, "command line", "erp")));
    let problems = server.background.run(async |storage| storage.verify().await).unwrap().problems;
    assert_eq!(problems, Vec::<String>::new());
}

fn wrong_keys_wait_and_good_ones_do_not(db: Db) {
    let server = TestServer::start_with(db, folder("api-guess"), |config| {
        config.limits.wrong_key = Rate { burst: 3, each_minute: 6 };
    });
    let key = server.key(SITE, "erp", &[Scope::Import]);
    let wrong = format!("firstout_1.{}", "0".repeat(64));
    for _ in 0..3 {
        refused(&server.send(&wrong, "items", ITEMS), 401, "unauthorized");
    }
    let answer = server.send(&wrong, "items", ITEMS);
    refused(&answer, 429, "too_many");
    assert_eq!(answer.header("retry-after"), Some("11"));
    assert_eq!(server.send(&key, "items", ITEMS).status, 200, "from the same address");
    server.later(10_000);
    refused(&server.send(&wrong, "items", ITEMS), 401, "unauthorized");
}

fn a_file_is_taken_whole_or_not_at_all(db: Db) {
    let server = TestServer::start(db, "api-import");
    let key = server.key(SITE, "erp", &[Scope::Import]);
    let records = || server.background.run(async |storage| storage.records(SITE).await).unwrap().1.len();
    let tried: Value = server.send(&key, "items?dry_run=true", ITEMS).json();
    let expected = json!({"kind": "items", "saved": false, "lines": 3, "created": 3, "changed": 0, "unchanged": 0,
        "ignored": []});
    assert_eq!((tried, records()), (expected, 0));
    let saved: Value = server.send(&key, "items", ITEMS).json();
    assert_eq!((&saved["saved"], &saved["created"], records()), (&json!(true), &json!(3), 3));
    let again: Value = server.send(&key, "items", ITEMS).json();
    assert_eq!((&again["saved"], &again["unchanged"], records()), (&json!(true), &json!(3), 3));
    for (kind, file) in [("locations", LOCATIONS), ("stock", STOCK)] {
        assert_eq!(server.send(&key, kind, file).status, 200);
    }
    let before = records();

    let answer = server.send(&key, "locations", "location,kind\nB-01,storage\nB-02,cellar\nB-03,\n");
    refused(&answer, 422, "file_refused");
    let body: Value = answer.json();
    assert_eq!(body["message"], "the file has 2 problems; nothing was saved");
    let lines: Vec<_> =
        body["problems"].as_array().unwrap().iter().map(|p| (&p["line"], &p["column"])).collect();
    assert_eq!(lines, [(&json!(3), &json!("kind")), (&json!(4), &json!("kind"))]);
    assert!(body["problems"][0]["message"].as_str().is_some_and(|text| !text.is_empty()));

    let misspelt = "item,name,trakcing,</script>\nNEW,New,lot,\n";
    let answer = server.send(&key, "items", misspelt);
    refused(&answer, 422, "file_refused");
    let problems = answer.json::<Value>()["problems"].clone();
    assert_eq!((&problems[0]["line"], &problems[0]["column"]), (&json!(1), &json!("trakcing")));
    assert_eq!(problems[1]["column"], "</script>");
    let left: Value = server.send(&key, "items?ignore_columns=true&dry_run=true", misspelt).json();
    assert_eq!(left["ignored"], json!(["trakcing", "</script>"]));
    assert_eq!(records(), before);

    let twice = server.send(&key, "stock", STOCK);
    refused(&twice, 422, "file_refused");
    assert_eq!(twice.json::<Value>()["problems_total"], 5, "stock that is there is not opened again");
}

fn what_is_no_file_gets_a_precise_answer(db: Db) {
    let server = TestServer::start_with(db, folder("api-odd"), |config| {
        config.limits.body_timeout = std::time::Duration::from_secs(120);
    });
    let key = server.key(SITE, "erp", &[Scope::Import]);
    let check = |path: &str, file: &str, status: u16, code: &str| {
        refused(&server.send(&key, path, file), status, code)
    };
    check("items", "", 422, "file_refused");
    check("items", "\u{feff}", 422, "file_refused");
    check("items", "item,name\n", 422, "file_refused");
    check("items", "item,name\n\"OAT,Oat", 422, "file_refused");
    check("items", "item,name\nOAT,Oat,more,cells\n", 422, "file_refused");
    check("items", "item,name\nA\0B,Oat\n", 422, "file_refused");
    check("nothing", ITEMS, 404, "not_found");
    check("%00", ITEMS, 404, "not_found");
    check("%ff", ITEMS, 400, "bad_request");
    check("items?dryrun=true", ITEMS, 400, "bad_request");
    check("items?dry_run=perhaps", ITEMS, 400, "bad_request");
    check("items?dry_run=%00", ITEMS, 400, "bad_request");
    let with = |headers: &[(&str, &str)], body: &[u8]| {
        let bearer = format!("Bearer {key}");
        let headers = [&[("authorization", bearer.as_str())], headers].concat();
        call(server.addr, "POST", "/api/v1/imports/items", &headers, body)
    };
    refused(
        &with(&[("content-type", "multipart/form-data; boundary=x")], b"--x--"),
        415,
        "unsupported_media",
    );
    refused(&with(&[("content-encoding", "br")], b"x"), 415, "unsupported_encoding");
    refused(&with(&[("content-encoding", "zstd")], b"no zstd"), 400, "bad_request");
    let packed = zstd::encode_all(ITEMS.as_bytes(), 3).unwrap();
    let tried = with(&[("content-encoding", "zstd")], &packed);
    assert_eq!(tried.status, 200, "{}", tried.text());
    let bomb = zstd::encode_all(&vec![b' '; 65 << 20][..], 3).unwrap();
    refused(&with(&[("content-encoding", "zstd")], &bomb), 413, "too_large");
    refused(&with(&[], &vec![b' '; 65 << 20]), 413, "too_large");
    refused(&call(server.addr, "GET", "/api/v1/imports/items", &[], b""), 405, "method_not_allowed");
    // Latin-1 with semicolons, as a spreadsheet writes it.
    assert_eq!(with(&[], b"item;name\nK\xe4se;K\xe4se\n").status, 200);
}

#[test]
fn the_program_makes_lists_and_takes_back_keys() {
    let server = TestServer::start(Db::Sqlite, "api-program");
    let keys = |arguments: &[&str]| program(&server.data, &[&["api-key"], arguments].concat());
    let (code, key, said) = keys(&["add", "erp", "--scope", "import", "--scope", "read", "--days", "30"]);
    assert_eq!((code, said.as_str()), (0, "The key is shown once; keep it like a password.\n"), "{key}");
    // Made by another process, good at once in the one that serves; its clock stands still in the past.
    assert_eq!(server.send(key.trim(), "items", ITEMS).status, 200);
    let (code, _, error) = keys(&["add", "erp", "--scope", "read"]);
    assert_eq!(code, 2);
    assert!(error.contains("a name is used once"), "{error}");
    for wrong in
        [&["add", "x"][..], &["add", "x", "--scope", "all"], &["add", "x", "--scope", "read", "--days", "0"]]
    {
        assert_eq!(keys(wrong).0, 64, "{wrong:?}");
    }
    let (_, listed, _) = keys(&["list"]);
    let secret = key.trim().split_once('.').unwrap().1;
    assert!(
        listed.starts_with("  1  erp") && listed.contains("read import") && !listed.contains(secret),
        "{listed}"
    );
    assert!(listed.contains("last used 2026-11-23T08:00:00.000Z, until "), "{listed}");
    assert_eq!(keys(&["revoke", "erp"]), (0, "erp is taken back\n".to_owned(), String::new()));
    refused(&server.send(key.trim(), "items", ITEMS), 401, "unauthorized");
    let (code, _, error) = keys(&["revoke", "erp"]);
    assert!(code == 2 && error.contains("no key named \"erp\""), "{error}");
    assert!(keys(&["list"]).1.contains(", revoked 2"));
    let (_, trail, _) = program(&server.data, &["audit"]);
    assert!(trail.contains("api_key_made") && trail.contains("api_key_revoked"), "{trail}");
}

on_every_database!(
    a_key_opens_its_site_for_its_scopes_until_it_is_taken_back,
    a_key_is_stored_as_a_hash_and_leaves_a_trail,
    wrong_keys_wait_and_good_ones_do_not,
    a_file_is_taken_whole_or_not_at_all,
    what_is_no_file_gets_a_precise_answer,
);
