//! What others do to a PostgreSQL between the steps of a push: it is done again, and no event is lost or doubled.

use crate::server_database::{Db, postgres};
use crate::server_support::{TestServer, receipt};
use firstout::server::storage::Place;
use firstout::sync::wire::{PushReply, Status};
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

const PATIENCE: Duration = Duration::from_secs(60);

fn url(server: &TestServer) -> &str {
    let Place::Postgres(url) = &server.database else { panic!("another database") };
    url
}

/// The database refuses the next statement on a table with this code; one such order for each `n`.
fn refuse(url: &str, table: &str, code: &str, n: u32) {
    let name = format!("refuse_{table}_{n}");
    let raise = format!("IF nextval('{name}') = 1 THEN RAISE 'refused' USING ERRCODE = '{code}'; END IF");
    for sql in [
        format!("CREATE SEQUENCE {name}"),
        format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raise}; RETURN NULL; END $$"
        ),
        format!(
            "CREATE TRIGGER {name} AFTER INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        ),
    ] {
        postgres::execute(url, &sql);
    }
}

/// Statements are sent before those in front of them are done: what follows one that failed fails too, for no reason of
/// its own, and must not hide why.
#[test]
fn what_the_database_rolls_back_is_done_again() {
    for (table, code) in [("event", "40001"), ("change", "40P01"), ("lot", "40001"), ("chain", "40P01")] {
        let server = TestServer::start(Db::Postgres, "again");
        let mut handheld = server.enrol("HH-01");
        // A connection that has seen a statement does not wait for it to be understood; one that is new does.
        for seen in 0..8 {
            refuse(url(&server), table, code, seen);
            for push in 0..2 {
                handheld.confirm(receipt(1));
                let at = handheld.made.len();
                assert_eq!(handheld.push(at - 1, at).results.len(), 1, "{table} {seen} {push}");
            }
        }
        assert_eq!((server.entries(), server.open().len()), (16, 0), "{table}");
    }
}

/// What is wrong for good is told, and nothing of the push is there.
#[test]
fn what_the_database_refuses_is_not_there() {
    for table in ["event", "change", "chain"] {
        let server = TestServer::start(Db::Postgres, "refused");
        let mut handheld = server.enrol("HH-01");
        refuse(url(&server), table, "23514", 0);
        handheld.confirm(receipt(1));
        let refused = handheld.send(&handheld.request(0, 1));
        assert_eq!(refused.status, 500, "{table}: {}", refused.text());
        assert_eq!(server.entries(), 0, "{table}");
        assert_eq!(handheld.push_all().results.len(), 1, "{table}: afterwards it is taken");
    }
}

/// Which events are here already is asked before it is a push's turn. Two servers find that neither of two pushes is.
#[test]
fn an_event_that_came_in_between_is_no_second_row() {
    let server = TestServer::start(Db::Postgres, "between");
    let other = server.beside();
    let (mut first, mut second) = (server.enrol("HH-01"), other.enrol("HH-02"));
    first.confirm(receipt(1));
    first.push_all();
    first.confirm(receipt(2));
    second.chain(first.made[1].bytes.clone());
    let replies = held(url(&server), || {
        let pushes =
            [std::thread::spawn(move || first.push(1, 2)), std::thread::spawn(move || second.push_all())];
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT next_seq%' \
                       AND datname = current_database()";
        let begun = Instant::now();
        while postgres::number(url(&server), waiting) < 2 {
            assert!(begun.elapsed() < PATIENCE, "the pushes do not wait for the site's counter");
        }
        pushes
    });
    let replies: Vec<PushReply> = replies.into_iter().map(|push| push.join().unwrap()).collect();
    let mut results: Vec<_> = replies.iter().flat_map(|reply| &reply.results).collect();
    results.sort_by_key(|result| result.status as u8);
    let told = results.iter().map(|result| (result.status, result.stream_seq)).collect::<Vec<_>>();
    assert_eq!(told, [(Status::Accepted, 2), (Status::Duplicate, 2)]);
    assert_eq!(server.entries(), 2);
}

/// Does something while nobody can append to a site's ledger.
fn held<T>(url: &str, work: impl FnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("BEGIN; SELECT * FROM stream WHERE name = 'site' FOR UPDATE").await.unwrap();
        client
    });
    let done = work();
    runtime.block_on(client.batch_execute("ROLLBACK")).unwrap();
    done
}
