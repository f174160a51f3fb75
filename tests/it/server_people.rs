//! People at the console: badge and PIN, locks, sessions, forms from elsewhere, and the trail that all of it leaves.

use crate::server_database::{Db, execute, number, on_every_database};
use crate::server_support::{Answer, MORNING, SITE, TestServer, call, enrolment, folder, new_key, receipt};
use firstout::domain::{Role, SiteId, Timestamp, User, UserId};
use firstout::server::Rate;
use firstout::server::devices;
use firstout::server::people::{NewUser, PeopleError, add, first_admin};
use firstout::server::storage::{
    Act, AuditEntry, AuditRow, IDLE_MS_MAX, LOCKED_MS, PIN_TRIES_MAX, SESSION_MS_MAX, Storage, StorageError,
};

const PIN: &str = "135790";

fn start(db: Db, name: &str) -> TestServer {
    let server = TestServer::start_with(db, folder(name), |config| {
        config.limits.sign_in = Rate { burst: 1_000, each_minute: 1_000 };
    });
    server.person(SITE, "Sam", "SAM", Role::Supervisor);
    server
}

impl TestServer {
    fn person(&self, site: SiteId, name: &str, badge: &str, role: Role) {
        let (name, badge) = (name.to_owned(), badge.to_owned());
        let new = NewUser { name, badge, role, language: String::new(), pin: Some(PIN.into()) };
        let now = Timestamp(MORNING);
        self.background.run(async move |storage| add(&storage, site, new, "test", now).await).unwrap();
    }

    fn trail(&self) -> Vec<AuditRow> {
        self.background.run(async |storage| storage.audit(1_000).await).unwrap()
    }

    fn acts(&self) -> Vec<Act> {
        self.trail().into_iter().rev().map(|row| row.entry.act).collect()
    }
}

fn post(server: &TestServer, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    call(server.addr, "POST", path, &[&kind, headers].concat(), form.as_bytes())
}

fn sign_in(server: &TestServer, badge: &str, pin: &str) -> Answer {
    post(server, "/sign-in", &[], &format!("badge={badge}&pin={pin}"))
}

/// The cookie of somebody who signed in.
fn cookie(server: &TestServer, badge: &str) -> String {
    let answer = sign_in(server, badge, PIN);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn get(server: &TestServer, path: &str, cookie: &str) -> Answer {
    call(server.addr, "GET", path, &[("cookie", cookie)], b"")
}

#[track_caller]
fn refused(answer: &Answer, words: &str) {
    assert!(answer.status == 403 && answer.header("set-cookie").is_none(), "{}", answer.text());
    assert!(answer.text().contains(words), "{}", answer.text());
}

fn is_out(answer: &Answer) -> bool {
    (answer.status, answer.header("location")) == (303, Some("/sign-in"))
}

fn the_page_is_for_those_who_are_signed_in(db: Db) {
    let server = start(db, "sign-in");
    server.person(SITE, "Pia", "PIA", Role::Picker);
    assert!(is_out(&call(server.addr, "GET", "/", &[], b"")));
    assert!(is_out(&get(&server, "/", &format!("__Host-firstout=1.{}", "0".repeat(64)))));
    let form = call(server.addr, "GET", "/sign-in", &[], b"");
    let policy = form.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self'") && policy.contains("default-src 'none'"), "{policy}");

    refused(&sign_in(&server, "SAM", "000000"), "The badge or the PIN is not right.");
    refused(&sign_in(&server, "NOBODY", PIN), "The badge or the PIN is not right.");
    refused(&sign_in(&server, "sam", PIN), "The badge or the PIN is not right.");
    refused(&sign_in(&server, "PIA", PIN), "for supervisors and administrators");
    let again = sign_in(&server, "%22%3E%3Cscript%3E", "1").text();
    assert!(!again.contains("<script") && again.contains("&#34;&#62;&#60;script"), "{again}");

    let answer = sign_in(&server, "SAM", PIN);
    let given = answer.header("set-cookie").unwrap();
    for flag in ["__Host-firstout=1.", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(given.contains(flag), "{given}");
    }
    let cookie = given.split(';').next().unwrap();
    let page = get(&server, "/", cookie);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<span>Sam</span>"), "{}", page.text());
    // Other cookies beside it do no harm, and what is stored opens nothing.
    assert_eq!(get(&server, "/", &format!("a=b; {cookie}; c")).status, 200);
    let secret = cookie.split_once("=1.").unwrap().1;
    let stored = number(&server.database, "SELECT count(*) FROM session");
    let same = format!("SELECT count(*) FROM session WHERE token_hash = {}", blob(db, secret));
    assert_eq!((stored, number(&server.database, &same)), (1, 0));
}

fn blob(db: Db, hex: &str) -> String {
    if db == Db::Sqlite { format!("x'{hex}'") } else { format!("decode('{hex}', 'hex')") }
}

fn forms_from_elsewhere_do_nothing(db: Db) {
    let server = start(db, "forms");
    let form = format!("badge=SAM&pin={PIN}");
    for headers in [
        [("origin", "https://evil.example"), ("host", "test")],
        [("origin", "null"), ("host", "test")],
        [("sec-fetch-site", "cross-site"), ("host", "test")],
        [("sec-fetch-site", "same-site"), ("host", "test")],
    ] {
        let answer = post(&server, "/sign-in", &headers[..1], &form);
        assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_form"), "{headers:?}");
    }
    assert_eq!(post(&server, "/sign-in", &[("origin", "https://test")], &form).status, 303);
    for odd in ["", "badge=SAM", "%%%", "badge=SAM&pin=1&pin=2"] {
        let answer = post(&server, "/sign-in", &[], odd);
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{odd:?}");
    }
    let json = call(server.addr, "POST", "/sign-in", &[("content-type", "application/json")], b"{}");
    assert_eq!(json.status, 400);
    refused(&sign_in(&server, &"x".repeat(300), PIN), "not right");

    let cookie = cookie(&server, "SAM");
    let page = get(&server, "/", &cookie).text();
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let leave = |headers: &[(&str, &str)], form: &str| {
        post(&server, "/sign-out", &[&[("cookie", cookie.as_str())], headers].concat(), form)
    };
    assert_eq!(leave(&[], "token=").code(), "foreign_form");
    assert_eq!(leave(&[], &format!("token={}", "0".repeat(64))).code(), "foreign_form");
    let evil = [("origin", "https://evil.example")];
    assert_eq!(leave(&evil, &format!("token={token}")).code(), "foreign_form");
    assert_eq!(get(&server, "/", &cookie).status, 200);
    let left = leave(&[], &format!("token={token}"));
    assert!(is_out(&left) && left.header("set-cookie").unwrap().contains("Max-Age=0"), "{}", left.head);
    assert!(is_out(&get(&server, "/", &cookie)), "the session is gone on the server too");
}

fn five_wrong_pins_lock_a_person_for_a_while(db: Db) {
    let server = start(db, "lock");
    for _ in 1..PIN_TRIES_MAX {
        refused(&sign_in(&server, "SAM", "000000"), "not right");
    }
    cookie(&server, "SAM");
    // A right one begins a new count.
    for _ in 1..PIN_TRIES_MAX {
        refused(&sign_in(&server, "SAM", "000000"), "not right");
    }
    refused(&sign_in(&server, "SAM", "000000"), "locked for 15 minutes");
    refused(&sign_in(&server, "SAM", PIN), "locked for");
    server.later(LOCKED_MS - 1_000);
    refused(&sign_in(&server, "SAM", PIN), "locked for");
    server.later(2_000);
    refused(&sign_in(&server, "SAM", "000000"), "not right");
    cookie(&server, "SAM");
    let locks = server.acts().iter().filter(|act| **act == Act::UserLocked).count();
    assert_eq!(locks, 1);
}

fn many_at_once_get_no_more_tries(db: Db) {
    let server = start(db, "guess");
    let second = server.beside();
    let looked_at: usize = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..24)
            .map(|n| {
                let server = if n % 2 == 0 { &server } else { &second };
                scope.spawn(move || sign_in(server, "SAM", "000000").text().contains("not right"))
            })
            .collect();
        guesses.into_iter().map(|guess| usize::from(guess.join().unwrap())).sum()
    });
    // The fifth is told of the lock.
    assert!(looked_at < PIN_TRIES_MAX as usize, "{looked_at}");
    refused(&sign_in(&server, "SAM", PIN), "locked for");
}

fn sessions_end_by_themselves(db: Db) {
    let server = start(db, "sessions");
    let idle = cookie(&server, "SAM");
    server.later(IDLE_MS_MAX - 60_000);
    assert_eq!(get(&server, "/?by=itself", &idle).status, 200);
    server.later(61_000);
    assert!(is_out(&get(&server, "/", &idle)), "a page that reloads itself keeps nobody signed in");
    let busy = cookie(&server, "SAM");
    let begun = MORNING + IDLE_MS_MAX + 1_000;
    while server.clock.load(std::sync::atomic::Ordering::Relaxed) < begun + SESSION_MS_MAX - IDLE_MS_MAX {
        server.later(IDLE_MS_MAX - 60_000);
        assert_eq!(get(&server, "/", &busy).status, 200);
    }
    server.later(IDLE_MS_MAX - 1_000);
    get(&server, "/", &busy);
    server.later(IDLE_MS_MAX - 1_000);
    assert!(is_out(&get(&server, "/", &busy)), "twelve hours are the end");
    cookie(&server, "SAM");
    assert_eq!(number(&server.database, "SELECT count(*) FROM session"), 1, "what is over is forgotten");
}

fn a_role_acts_at_once(db: Db) {
    let server = start(db, "roles");
    let change = |change: &dyn Fn(&mut User)| {
        let (_, mut user) = server.background.run(async |storage| storage.users().await).unwrap().remove(0);
        change(&mut user);
        let entry = AuditEntry::at_the_machine(Timestamp(MORNING), Act::UserSaved, "test");
        let save = async move |storage: firstout::server::storage::Storage| {
            storage.append_master(SITE, vec![firstout::domain::MasterRecord::User(user.clone())]).await?;
            storage.note(SITE, entry).await
        };
        server.background.run(save).unwrap();
    };
    let cookie = cookie(&server, "SAM");
    change(&|user| user.role = Role::Clerk);
    assert!(is_out(&get(&server, "/", &cookie)));
    change(&|user| user.role = Role::Admin);
    assert_eq!(get(&server, "/", &cookie).status, 200);
    change(&|user| user.active = false);
    assert!(is_out(&get(&server, "/", &cookie)));
    refused(&sign_in(&server, "SAM", PIN), "not right");
}

fn each_site_sees_its_own(db: Db) {
    let server = start(db, "two-sites");
    server.person(SiteId(2), "Tom", "TOM", Role::Admin);
    let mut handheld = server.enrol("HH-ONE");
    handheld.confirm(receipt(1));
    handheld.push_all();
    let (ours, theirs) =
        (get(&server, "/", &cookie(&server, "SAM")), get(&server, "/", &cookie(&server, "TOM")));
    assert!(ours.text().contains("HH-ONE"), "{}", ours.text());
    assert!(!theirs.text().contains("HH-ONE"), "{}", theirs.text());
    assert!(theirs.text().contains("<span>Tom</span>"), "{}", theirs.text());
}

fn every_administrative_act_leaves_a_trail(db: Db) {
    let server = start(db, "audit");
    server.enrol("HH-01");
    sign_in(&server, "SAM", "000000");
    sign_in(&server, "GHOST", "000000");
    cookie(&server, "SAM");
    let revoke = async |storage| devices::revoke(&storage, SITE, "HH-01", Timestamp(MORNING)).await;
    server.background.run(revoke).unwrap();
    server.background.run(revoke).unwrap();
    let count = |wanted: Act| server.acts().iter().filter(|act| **act == wanted).count();
    let expected = [
        (Act::UserSaved, 1),
        (Act::DeviceInvited, 1),
        (Act::DeviceEnrolled, 1),
        (Act::SignInFailed, 2),
        (Act::SignedIn, 1),
        (Act::DeviceRevoked, 1),
    ];
    for (act, times) in expected {
        assert_eq!(count(act), times, "{act:?}");
    }
    let trail = server.trail();
    let ghost = trail.iter().find(|row| row.site == SiteId(0)).unwrap();
    assert_eq!((ghost.n, ghost.entry.subject.as_str(), ghost.entry.by.as_str()), (1, "GHOST", "127.0.0.1"));
    let mut numbers: Vec<_> = trail.iter().filter(|row| row.site == SITE).map(|row| row.n).collect();
    numbers.reverse();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "dense");
    assert!(!format!("{trail:?}").contains(PIN));

    let problems = || server.background.run(async |storage| storage.verify().await).unwrap().problems;
    assert_eq!(problems(), [""; 0]);
    let (site, last) = (SITE.0, numbers.len());
    let change = format!("UPDATE audit SET entry = replace(entry, 'HH-01', 'HH-02') WHERE site = {site}");
    execute(&server.database, &change);
    assert_eq!(problems()[0], "site 1: the audit trail is broken at entry 3");
    execute(&server.database, &change.replace("'HH-01', 'HH-02'", "'HH-02', 'HH-01'"));
    assert_eq!(problems(), [""; 0]);
    execute(&server.database, &format!("DELETE FROM audit WHERE site = {site} AND n = {last}"));
    assert_eq!(problems(), [format!("site 1: the audit trail does not end at entry {last}")]);
}

fn trails_of_many_at_once_stay_whole(db: Db) {
    let server = start(db, "audit-race");
    let second = server.beside();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let server = if n % 2 == 0 { &server } else { &second };
            scope.spawn(move || server.background.token(SITE, &format!("HH-{n}")).unwrap());
        }
    });
    assert_eq!(server.trail().len(), 9);
    assert_eq!(server.background.run(async |storage| storage.verify().await).unwrap().problems, [""; 0]);
}

fn guessing_is_slowed_down(db: Db) {
    let server = TestServer::start_with(db, folder("bucket"), |config| {
        config.limits.sign_in = Rate { burst: 3, each_minute: 6 };
        config.limits.enrol = Rate { burst: 2, each_minute: 6 };
    });
    for n in 0..3 {
        refused(&sign_in(&server, &format!("B{n}"), "1234"), "not right");
    }
    let full = sign_in(&server, "B9", "1234");
    assert_eq!((full.status, full.header("retry-after")), (429, Some("11")), "{}", full.text());
    assert!(full.text().contains("Too many tries. Wait 11 s."), "{}", full.text());
    server.later(10_000);
    refused(&sign_in(&server, "B9", "1234"), "not right");

    let enrol = || {
        let body = serde_json::to_vec(&enrolment("1.00", "HH", &new_key())).unwrap();
        call(server.addr, "POST", "/v1/enrol", &[], &body)
    };
    assert_eq!([enrol().code(), enrol().code()], ["bad_token", "bad_token"]);
    let full = enrol();
    assert_eq!(
        (full.status, full.code().as_str(), full.header("retry-after")),
        (429, "too_many", Some("11"))
    );
    // Errors name their line in the log.
    let value: serde_json::Value = full.json();
    assert_eq!(value["request"].as_str(), full.header("x-request-id"));
}

fn the_first_administrator_is_made_once(db: Db) {
    let server = TestServer::start(db, "first");
    let first =
        || server.background.run(async |storage| first_admin(&storage, Timestamp(MORNING)).await).unwrap();
    let (badge, pin) = first().unwrap();
    assert_eq!((badge.as_str(), pin.len()), ("ADMIN", 6));
    assert!(first().is_none());
    assert_eq!(sign_in(&server, &badge, &pin).status, 303);
    let again = |badge: &str, pin: &str| {
        let (name, badge) = ("Zoe".to_owned(), badge.to_owned());
        let new =
            NewUser { name, badge, role: Role::Clerk, language: String::new(), pin: Some(pin.to_owned()) };
        server.background.run(async move |storage| add(&storage, SITE, new, "test", Timestamp(MORNING)).await)
    };
    assert!(matches!(again("ADMIN", PIN), Err(PeopleError::Taken { .. })));
    assert!(matches!(again("  ", PIN), Err(PeopleError::Odd("badge"))));
    assert!(matches!(again("ZOE", "123"), Err(PeopleError::Pin(_))));
    assert_eq!(again("ZOE", PIN).unwrap().0.0, 2);
}

/// As processes that start together on an empty database, and administrators who save at once.
fn people_of_many_at_once_stay_apart(db: Db) {
    const MANY: usize = 8;
    let server = TestServer::start(db, "apart");
    let at_once = |work: &(dyn Fn(usize) -> bool + Sync)| -> usize {
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..MANY).map(|n| scope.spawn(move || work(n))).collect();
            all.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
        })
    };
    let now = Timestamp(MORNING);
    let first =
        |_| server.background.run(async move |storage| first_admin(&storage, now).await).unwrap().is_some();
    assert_eq!(at_once(&first), 1, "one of them makes the first administrator");
    let save = |badge: String| {
        let (name, pin) = (format!("Zoe {badge}"), Some(PIN.to_owned()));
        let new = NewUser { name, badge, role: Role::Clerk, language: String::new(), pin };
        match server.background.run(async move |storage| add(&storage, SITE, new, "test", now).await) {
            Ok(_) => true,
            Err(PeopleError::Taken { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(at_once(&|_| save("ZOE".to_owned())), 1, "one badge is one person's");
    assert_eq!(at_once(&|n| save(format!("ZOE-{n}"))), MANY);
    let users = server.background.run(async move |storage| storage.users().await).unwrap();
    assert_eq!(
        users.iter().filter(|(_, user)| user.name.starts_with("Zoe")).count(),
        MANY + 1,
        "nobody was overwritten"
    );
}

/// Both looked before either saved, each at a site of its own, so that no counter of a stream stands between them.
fn a_badge_is_one_persons_at_all_sites(db: Db) {
    let server = start(db, "people-badge");
    let save = async |storage: Storage| {
        let person = |badge: &str, active| User {
            id: UserId(77),
            name: "Kim".to_owned(),
            badge: badge.to_owned(),
            pin: None,
            role: Role::Picker,
            language: String::new(),
            active,
        };
        let entry = || AuditEntry {
            at: Timestamp(MORNING),
            by: "test".to_owned(),
            act: Act::UserSaved,
            subject: "Kim".to_owned(),
        };
        let (_, one) = storage.users_and_head(SITE).await?;
        let (_, two) = storage.users_and_head(SiteId(2)).await?;
        let mut saved = vec![storage.save_user(SITE, one, person("KIM", true), entry()).await?];
        saved.push(storage.save_user(SiteId(2), two, person("KIM", true), entry()).await?);
        // Who has left has no badge, and who is saved again keeps the own one.
        saved.push(storage.save_user(SiteId(2), two, person("KIM", false), entry()).await?);
        let (_, one) = storage.users_and_head(SITE).await?;
        saved.push(storage.save_user(SITE, one, person("KIM", true), entry()).await?);
        Ok::<_, StorageError>(saved)
    };
    assert_eq!(server.background.run(save).unwrap(), [true, false, true, true]);
}

on_every_database!(
    a_badge_is_one_persons_at_all_sites,
    the_page_is_for_those_who_are_signed_in,
    forms_from_elsewhere_do_nothing,
    five_wrong_pins_lock_a_person_for_a_while,
    many_at_once_get_no_more_tries,
    sessions_end_by_themselves,
    a_role_acts_at_once,
    each_site_sees_its_own,
    every_administrative_act_leaves_a_trail,
    trails_of_many_at_once_stay_whole,
    guessing_is_slowed_down,
    the_first_administrator_is_made_once,
    people_of_many_at_once_stay_apart,
);
