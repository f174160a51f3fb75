//! The databases that every test of the server runs on: a file, and a database of a PostgreSQL of our own.
//!
//! One cluster serves a test binary: in a folder of its own, reached through a socket in it, `fsync` on. A small shell
//! that holds it waits for its standard input to end, and ends it then: the test binary closes that pipe however it
//! ends, also by a panic, a kill or a crash.

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Db {
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

/// Makes a test of each function for each database. A function that is not listed is dead code, which is an error.
macro_rules! on_every_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name($crate::server_database::Db::Sqlite) })*
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test] fn $name() { super::$name($crate::server_database::Db::Postgres) })*
        }
    };
}
pub(crate) use on_every_database;

use firstout::server::storage::Place;
use std::path::Path;

impl Db {
    /// An empty database; `folder` takes the file where it is one.
    pub fn place(self, folder: &Path) -> Place {
        match self {
            Self::Sqlite => Place::in_folder(folder),
            #[cfg(feature = "postgres")]
            Self::Postgres => Place::Postgres(postgres::database()),
        }
    }
}

/// Runs a statement behind the server's back; how many rows it changed.
pub fn execute(place: &Place, sql: &str) -> usize {
    match place {
        Place::Sqlite(file) => {
            let connection = rusqlite::Connection::open(file).unwrap();
            connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
            connection.execute(sql, []).unwrap()
        }
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => usize::try_from(postgres::execute(url, sql)).unwrap(),
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => unreachable!("built without it"),
    }
}

/// The number that a query answers with.
pub fn number(place: &Place, sql: &str) -> i64 {
    match place {
        Place::Sqlite(file) => {
            let connection = rusqlite::Connection::open(file).unwrap();
            connection.query_row(sql, [], |row| row.get(0)).unwrap()
        }
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => postgres::number(url, sql),
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => unreachable!("built without it"),
    }
}

#[cfg(feature = "postgres")]
pub mod postgres {
    use std::io::{BufRead as _, BufReader};
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tokio_postgres::{Client, NoTls};

    /// Makes a cluster, says where, and ends it with its standard input.
    const KEEPER: &str = r#"
        trap '' INT TERM HUP
        bin=$1
        home=$(mktemp -d "${TMPDIR:-/tmp}/firstout-postgres-XXXXXX") || exit 1
        finish() { "$bin/pg_ctl" -D "$home/data" -m immediate -s stop; rm -rf "$home"; }
        trap finish EXIT
        "$bin/initdb" -N -D "$home/data" -U firstout -A trust --no-locale -E UTF8 >"$home/log" 2>&1 &&
            "$bin/pg_ctl" -D "$home/data" -w -s -l "$home/log" \
                -o "-k $home -c listen_addresses='' -c max_connections=300 -c fsync=on" start ||
            { cat "$home/log" >&2; exit 1; }
        echo "$home"
        cat >/dev/null
    "#;

    struct Cluster {
        home: String,
        /// Its standard input stays open as long as this process lives.
        _keeper: Child,
    }

    /// Where Debian keeps the newest version, or where it is on the path.
    fn programs() -> PathBuf {
        let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .filter(|bin| bin.join("initdb").is_file())
            .collect();
        found.sort();
        let on_path = || {
            let path = std::env::var_os("PATH")?;
            std::env::split_paths(&path).find(|bin| bin.join("initdb").is_file())
        };
        found.pop().or_else(on_path).expect(
            "PostgreSQL is not installed, so half of the server's tests cannot run: apt-get install postgresql",
        )
    }

    fn cluster() -> &'static Cluster {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
            // PostgreSQL does not run as root; its package brings a user.
            let mut command = if is_root {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
                command
            } else {
                Command::new("sh")
            };
            let command = command.args(["-c", KEEPER, "keeper"]).arg(programs()).current_dir("/");
            let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut home = String::new();
            BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut home).unwrap();
            assert!(!home.is_empty(), "PostgreSQL did not start");
            Cluster { home: home.trim().to_owned(), _keeper: keeper }
        })
    }

    fn url(home: &str, name: &str) -> String {
        format!("postgres://firstout@{}/{name}", home.replace('/', "%2F"))
    }

    /// A new, empty database.
    pub fn database() -> String {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let home = &cluster().home;
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        execute(&url(home, "postgres"), &format!("CREATE DATABASE {name}"));
        url(home, &name)
    }

    pub fn execute(url: &str, sql: &str) -> u64 {
        on(url, async |client| client.execute(sql, &[]).await.unwrap())
    }

    pub fn number(url: &str, sql: &str) -> i64 {
        on(url, async |client| client.query_one(sql, &[]).await.unwrap().get(0))
    }

    fn on<T>(url: &str, work: impl AsyncFnOnce(&Client) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            let driver = tokio::spawn(connection);
            let done = work(&client).await;
            drop(client);
            driver.await.unwrap().unwrap();
            done
        })
    }
}
