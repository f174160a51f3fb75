//! `firstout-server doctor`: looks at everything that a server needs, and says in plain words what is wrong, why that
//! matters and what to do. It repairs nothing and makes nothing; a database that is not of this program is only looked at.

mod certificate;
mod database;
mod folder;
mod inbox;
mod port;

use super::storage::Place;
use crate::domain::Timestamp;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is to be looked at: the same as `serve` is told.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The data folder.
    pub data: PathBuf,
    /// The database.
    pub place: Place,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Certificate and key from elsewhere; the own authority where absent.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Folders that are watched for imports.
    pub inboxes: Vec<PathBuf>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Note,
    /// Something will go wrong.
    Warning,
    /// Something is wrong.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, as a stable code.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// Why it matters; empty where it is fine.
    pub why: &'static str,
    /// What to do; empty where there is nothing to do.
    pub todo: String,
}

impl Finding {
    fn fine(code: &'static str, what: impl Into<String>) -> Self {
        Self { code, level: Level::Fine, what: what.into(), why: "", todo: String::new() }
    }

    fn new(
        code: &'static str,
        level: Level,
        what: impl Into<String>,
        why: &'static str,
        todo: impl Into<String>,
    ) -> Self {
        Self { code, level, what: what.into(), why, todo: todo.into() }
    }
}

/// Looks at everything, in an order in which a reader understands one from the other.
pub async fn examine(ask: &Ask, now: Timestamp) -> Vec<Finding> {
    let mut found = vec![folder::writable(&ask.data), folder::space(&ask.data, &ask.place)];
    found.extend(folder::secrets(ask));
    found.push(certificate::certificate(ask, now));
    database::database(ask, now, &mut found).await;
    found.push(port::port(ask.listen).await);
    for folder in &ask.inboxes {
        inbox::inbox(folder, now, &mut found);
    }
    found
}

/// A time without its date: "3 days", "40 minutes".
fn span(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    let (count, unit) = match minutes {
        0..=119 => (minutes, "minute"),
        120..=2_879 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
