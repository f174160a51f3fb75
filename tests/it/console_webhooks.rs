//! Webhooks at the console: what an administrator sees and does, and nobody else.

use crate::console::{demo_server, get, post, sign_in, token};
use crate::server_database::{Db, number, on_every_database};
use crate::server_receiver::{ANYWHERE, Do, OK, Receiver};
use crate::server_support::{Answer, TestServer, receipt};
use firstout::domain::SiteId;
use firstout::server::storage::StorageError;
use firstout::server::webhooks::Topic;
use firstout::server::webhooks::admin::{self, New};

const ADMIN: &str = "BADGE-1004";
const SUPERVISOR: &str = "BADGE-1003";

/// A form of the page, as a browser sends it.
fn form(server: &TestServer, cookie: &str, fields: &str) -> Answer {
    post(server, "/webhooks", cookie, &format!("token={}&{fields}", token(server, cookie)))
}

/// The secret that a page shows.
fn shown(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let (_, rest) = text.split_once("<code>whsec_").unwrap_or_else(|| panic!("{text}"));
    format!("whsec_{}", rest.split('<').next().unwrap().replace("&#43;", "+").replace("&#x2B;", "+"))
}

fn audited(server: &TestServer, act: &str) -> i64 {
    number(&server.database, &format!("SELECT count(*) FROM audit WHERE entry LIKE '%\"{act}\"%'"))
}

fn an_administrator_makes_one_and_sees_how_it_stands(db: Db) {
    let server = demo_server(db, "console-webhooks");
    let cookie = sign_in(&server, ADMIN);
    let page = |words: &str| {
        let text = get(&server, "/webhooks", &cookie).text();
        assert!(text.contains(words), "{words:?}: {text}");
        text
    };
    page("No program is told of what happens here.");
    let taken = Receiver::start(|n| if n == 0 { Do::Say("500 No\r\n") } else { OK });
    let url = taken.url().replace('/', "%2F").replace(':', "%3A").replace('?', "%3F").replace('=', "%3D");
    let made =
        form(&server, &cookie, &format!("do=add&name=erp&url={url}&topic=goods.received&topic=order.closed"));
    let secret = shown(&made);
    assert!(!page("1 webhook, and").contains("whsec_"), "a secret is shown once");
    let mut handheld = server.enrol("HH-01");
    handheld.confirm(receipt(1));
    handheld.confirm(receipt(2));
    handheld.push_all();
    page("2 entries behind");
    server.deliver(ANYWHERE);
    assert_eq!(taken.got()[0].signatures, [taken.got()[0].signature(&secret)]);
    assert_eq!(taken.got()[0].kind(), "goods.received");
    page("failing for");
    page("next try in");
    // A wait ends where somebody says so.
    assert_eq!(form(&server, &cookie, "do=enable&name=erp").status, 303);
    server.deliver(ANYWHERE);
    page("told of everything");
    page("just now");
    let second = shown(&form(&server, &cookie, "do=rotate&name=erp"));
    assert_ne!(second, secret);
    assert_eq!(form(&server, &cookie, "do=test&name=erp").status, 303);
    server.deliver(ANYWHERE);
    let last = taken.got().pop().unwrap();
    assert_eq!(last.kind(), "webhook.test");
    assert_eq!(last.signatures, [last.signature(&second), last.signature(&secret)]);
    let off = form(&server, &cookie, "do=disable&name=erp");
    assert_eq!(off.header("location"), Some("/webhooks?done=webhook-disabled"));
    page("1 of 1 webhook is not told: erp disabled");
    assert_eq!(form(&server, &cookie, "do=enable&name=erp").status, 303);
    page("1 webhook, and");
    assert!(!get(&server, "/webhooks", &cookie).text().contains("Remove"), "it is disabled first");
    assert_eq!(form(&server, &cookie, "do=disable&name=erp").status, 303);
    page("value=\"remove\"");
    let gone = form(&server, &cookie, "do=remove&name=erp");
    assert_eq!(gone.header("location"), Some("/webhooks?done=webhook-removed"));
    page("No program is told");
    assert_eq!(form(&server, &cookie, "do=remove&name=erp").status, 404);
    let acts =
        ["webhook_made", "webhook_secret_replaced", "webhook_disabled", "webhook_enabled", "webhook_removed"];
    assert_eq!(acts.map(|act| audited(&server, act)), [1, 1, 2, 2, 1]);
    let log = get(&server, "/audit", &cookie).text();
    assert!(log.contains("webhook made") && !log.contains("key=1"), "{log}");
}

fn what_is_wrong_with_a_form_is_said_and_nothing_is_saved(db: Db) {
    let server = demo_server(db, "console-webhooks-wrong");
    let cookie = sign_in(&server, ADMIN);
    for (fields, status, words) in [
        ("do=add&name=erp&url=erp.example&topic=goods.received", 400, "https://host/path"),
        ("do=add&name=erp&url=https://a:b@erp.example/&topic=goods.received", 400, "password"),
        ("do=add&name=e/rp&url=https://erp.example/&topic=goods.received", 400, "1 to 40 letters"),
        ("do=add&name=erp&url=https://erp.example/", 400, "at least one kind"),
        ("do=add&name=erp&url=https://erp.example/&topic=<b>", 400, "no kind of news"),
        ("do=rotate&name=nobody", 404, "no such webhook"),
        ("do=disable&name=%00", 404, "no such webhook"),
        ("do=else&name=erp", 400, "no such form"),
    ] {
        let answer = form(&server, &cookie, fields);
        assert_eq!(answer.status, status, "{fields}: {}", answer.text());
        assert!(answer.text().contains(words), "{fields}: {}", answer.text());
        assert!(!answer.text().contains("<b>"), "{fields}");
    }
    let good = "do=add&name=erp&url=https://erp.example/&topic=goods.received";
    let forged = post(&server, "/webhooks", &cookie, &format!("token=0000&{good}"));
    assert_eq!((forged.status, number(&server.database, "SELECT count(*) FROM webhook")), (403, 0));
    assert_eq!(form(&server, &cookie, good).status, 200);
    assert_eq!(form(&server, &cookie, good).status, 400, "the name is in use");
    assert_eq!(audited(&server, "webhook_made"), 1);
}

fn only_administrators_and_only_of_their_site(db: Db) {
    let server = demo_server(db, "console-webhooks-others");
    let topics = vec![Topic::GoodsReceived];
    let (name, url) = ("other".to_owned(), "https://other.example/".to_owned());
    let new = New { site: SiteId(2), name, url, topics, after: None };
    let now = firstout::domain::Timestamp(0);
    let made = server.background.run(async move |storage| {
        let made = admin::add(&storage, new, "test", now).await;
        Ok::<_, StorageError>(made.is_ok())
    });
    assert!(made.unwrap());
    let supervisor = sign_in(&server, SUPERVISOR);
    assert_eq!(get(&server, "/webhooks", &supervisor).status, 403);
    assert!(!get(&server, "/", &supervisor).text().contains("/webhooks"), "a link to a page that is refused");
    let form_of = |act: &str| format!("do={act}&name=other&url=https://erp.example/&topic=goods.received");
    let admin = sign_in(&server, ADMIN);
    assert!(!get(&server, "/webhooks", &admin).text().contains("other.example"));
    for act in ["rotate", "enable", "disable", "remove", "test"] {
        assert_eq!(form(&server, &supervisor, &form_of(act)).status, 403, "{act}");
        assert_eq!(form(&server, &admin, &form_of(act)).status, 404, "{act}");
    }
    assert_eq!(form(&server, &supervisor, &form_of("add")).status, 403);
    assert_eq!(number(&server.database, "SELECT count(*) FROM webhook"), 1);
}

on_every_database!(
    an_administrator_makes_one_and_sees_how_it_stands,
    what_is_wrong_with_a_form_is_said_and_nothing_is_saved,
    only_administrators_and_only_of_their_site,
);
