//! What the network does in a round, thrown by dice, and what the device may say of it.

use crate::dice::Dice;
use firstout::sync::engine::{Activity, Problem};
use std::fmt;

/// Towards the server, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both sides hear a goodbye.
    Close,
    /// Both sides hear that it was reset.
    Reset,
    /// The receiving side hears a goodbye; the other direction stays open.
    Half,
}

/// What happens to the connections that are made from now on. `to` is how a request begins; where it is empty, the
/// connection itself is meant.
#[derive(Debug, Clone)]
pub enum Fault {
    None,
    /// From the beginning of that request on, so many bytes get through in this direction.
    Cut {
        to: &'static str,
        way: Way,
        bytes: u64,
        end: End,
    },
    /// So many pieces of so many bytes, with a pause after each.
    Slow {
        pieces: u32,
        bytes: usize,
    },
    /// Somebody else answers that request.
    Answer {
        to: &'static str,
        with: Vec<u8>,
    },
    /// The server answers that request, and nobody hears it.
    Swallow {
        to: &'static str,
    },
    /// That request is kept from the server, and its connection ends.
    Hold {
        to: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { to, with } => write!(f, "{to} is answered {:?}", String::from_utf8_lossy(with)),
            other => write!(f, "{other:?}"),
        }
    }
}

impl Fault {
    pub fn to(&self) -> Option<&'static str> {
        match self {
            Self::None | Self::Slow { .. } => None,
            Self::Cut { to, .. } | Self::Answer { to, .. } | Self::Swallow { to } | Self::Hold { to } => {
                Some(to)
            }
        }
    }
}

pub const HELLO: &str = "GET /v1/hello";
pub const PUSH: &str = "POST /v1/push";
const PULL: &str = "GET /v1/pull";
const REQUESTS: [&str; 4] = [HELLO, PUSH, PUSH, PULL];
pub const ENDS: [End; 3] = [End::Close, End::Reset, End::Half];

/// The connection went away in the middle; where only the request was cut, the server says that it did not come.
const GONE: &[Problem] = &[Problem::Truncated, Problem::Offline, Problem::Timeout];
const PORTAL: &[Problem] = &[Problem::Portal];
/// Only a push and a page can meet a conflict.
const REFUSED: &[Problem] = &[Problem::Portal, Problem::Protocol];

/// What somebody else answers, and what the device may call it. None of it is an answer to a push.
pub const ANSWERS: &[(&[u8], &[Problem])] = &[
    (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<html>Welcome</html>", PORTAL),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n<html>Welcome</html>", PORTAL),
    (b"HTTP/1.1 302 Found\r\nlocation: http://portal.example/\r\ncontent-length: 0\r\n\r\n", PORTAL),
    (b"HTTP/1.1 511 Network Authentication Required\r\ncontent-length: 0\r\n\r\n", PORTAL),
    (b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", PORTAL),
    (b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>", PORTAL),
    (b"HTTP/1.1 401 Unauthorized\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>", PORTAL),
    (b"HTTP/1.1 409 Conflict\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>", REFUSED),
    (b"HTTP/1.1 409 Conflict\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", REFUSED),
    (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{\"login\":\"please\"}",
        PORTAL,
    ),
    (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\nnull", PORTAL),
    (b"HTTP/1.1 204 No Content\r\n\r\n", PORTAL),
    (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{\"acked_through\":", GONE),
    (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{\"acked_through\":", GONE),
    (b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n", &[Problem::ServerError]),
    (b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", &[Problem::Busy]),
    (b"HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", &[Problem::TooLarge]),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", GONE),
    (b"\x00\xff\x00\xffgarbage without an end", GONE),
    (b"", GONE),
];

/// A fault, and what the device may call it where it came about; `None` where all must go well.
pub struct Trial {
    pub fault: Fault,
    pub problems: Option<&'static [Problem]>,
}

/// One of everything that can happen to a plain connection.
pub fn plain(dice: &mut Dice) -> Trial {
    let to = *dice.pick(&REQUESTS);
    let cut = |way, bytes, end| Fault::Cut { to, way, bytes, end };
    let (fault, problems) = match dice.below(10) {
        0..=2 => (cut(Way::Up, dice.below(1_600), *dice.pick(&ENDS)), Some(GONE)),
        3..=5 => (cut(Way::Down, dice.below(1_000), *dice.pick(&ENDS)), Some(GONE)),
        6 => (Fault::Slow { pieces: 12, bytes: 1 + dice.below(300) as usize }, None),
        7 => (Fault::Swallow { to }, Some(GONE)),
        8 => {
            let (with, problems) = *dice.pick(ANSWERS);
            (Fault::Answer { to, with: with.to_vec() }, Some(problems))
        }
        _ => (Fault::Hold { to }, Some(GONE)),
    };
    Trial { fault, problems }
}

/// True where the device may say this of that fault.
pub fn is_truthful(activity: Activity, trial: &Trial, came_about: bool) -> bool {
    match (activity, trial.problems) {
        (Activity::Waiting(problem, _), Some(allowed)) => came_about && allowed.contains(&problem),
        // A cut after the last byte that matters does no harm.
        (Activity::InStep(_), Some(_)) => !came_about || matches!(trial.fault, Fault::Cut { .. }),
        (Activity::InStep(_), None) => true,
        _ => false,
    }
}
