//! What can go wrong between a handheld and its server, as data: failures of one request and the standing problem
//! that the operator reads about.

use std::fmt;

/// Why a request brought no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server could not be reached: no network, no such host, nobody listens.
    Offline,
    /// It was reached but did not answer in time.
    TimedOut,
    /// The connection is not the secure one that was asked for.
    Tls(TlsFault),
    /// The answer ended early or could not be unpacked.
    Truncated,
    /// The answer is larger than this device takes.
    TooLarge,
    /// Somebody else answered: a page, a redirect, JSON without the fields of this protocol.
    NotFirstout,
    /// The server answered with an error.
    Status {
        /// The HTTP status.
        code: u16,
        /// The `Retry-After` header, in seconds.
        retry_after_s: Option<u32>,
    },
    /// This device could not keep the answer, for example a snapshot on a full disk.
    Storage,
}

/// What is wrong with a secure connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// No authority that this device trusts vouches for the server.
    Untrusted,
    /// The certificate is not valid at the time that this device's clock shows.
    Time,
    /// The certificate is for another address.
    Name,
    /// The server speaks no TLS.
    Plain,
    /// Anything else.
    Other,
}

/// What keeps this device from being in step with its server. The code is stable: the message table of the screens
/// has words for each, and the store keeps it over a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Problem {
    /// No network, or no server there.
    Offline,
    /// The network or the server is too slow.
    Timeout,
    /// The secure connection failed.
    Tls,
    /// Nobody whom this device trusts vouches for the server.
    TlsUntrusted,
    /// The server's certificate is out of date, or this device's clock is wrong.
    TlsTime,
    /// The server's certificate is for another address.
    TlsName,
    /// The address is `https` and the server speaks plain `http`.
    TlsPlain,
    /// Answers arrive broken.
    Truncated,
    /// The network wants a login of its own first (a page instead of the server).
    Portal,
    /// The server has trouble of its own (5xx).
    ServerError,
    /// The server asked to wait (429, 503).
    Busy,
    /// The server does not let this device in any more (401, 403). Everything stays on it.
    Revoked,
    /// Something is larger than the way to the server lets through.
    TooLarge,
    /// Another company's server answers at this address. Nothing is sent to it.
    OtherServer,
    /// Server and app share no protocol version, or the address is wrong.
    Protocol,
    /// The server's answers contradict each other.
    Confused,
    /// This device could not write what came.
    Storage,
}

impl Problem {
    /// All of them, for tables that must be complete.
    pub const ALL: [Self; 17] = [
        Self::Offline,
        Self::Timeout,
        Self::Tls,
        Self::TlsUntrusted,
        Self::TlsTime,
        Self::TlsName,
        Self::TlsPlain,
        Self::Truncated,
        Self::Portal,
        Self::ServerError,
        Self::Busy,
        Self::Revoked,
        Self::TooLarge,
        Self::OtherServer,
        Self::Protocol,
        Self::Confused,
        Self::Storage,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::TlsUntrusted => "tls_untrusted",
            Self::TlsTime => "tls_time",
            Self::TlsName => "tls_name",
            Self::TlsPlain => "tls_plain",
            Self::Truncated => "truncated",
            Self::Portal => "portal",
            Self::ServerError => "server_error",
            Self::Busy => "busy",
            Self::Revoked => "revoked",
            Self::TooLarge => "too_large",
            Self::OtherServer => "other_server",
            Self::Protocol => "protocol",
            Self::Confused => "confused",
            Self::Storage => "storage",
        }
    }

    /// The problem with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.code() == code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Failure {
    /// What the failure means to the operator.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Offline => Problem::Offline,
            Self::TimedOut => Problem::Timeout,
            Self::Tls(TlsFault::Untrusted) => Problem::TlsUntrusted,
            Self::Tls(TlsFault::Time) => Problem::TlsTime,
            Self::Tls(TlsFault::Name) => Problem::TlsName,
            Self::Tls(TlsFault::Plain) => Problem::TlsPlain,
            Self::Tls(TlsFault::Other) => Problem::Tls,
            Self::Truncated => Problem::Truncated,
            Self::TooLarge => Problem::TooLarge,
            Self::NotFirstout => Problem::Portal,
            Self::Storage => Problem::Storage,
            Self::Status { code, .. } => match code {
                401 | 403 => Problem::Revoked,
                408 | 504 => Problem::Timeout,
                413 => Problem::TooLarge,
                429 | 503 => Problem::Busy,
                300..=399 | 407 | 511 => Problem::Portal,
                500..=599 => Problem::ServerError,
                _ => Problem::Protocol,
            },
        }
    }

    /// How long the server asked to be left alone, in seconds.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Status { retry_after_s, .. } => *retry_after_s,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stable_and_unique() {
        for problem in Problem::ALL {
            assert_eq!(Problem::parse(problem.code()), Some(problem));
        }
        assert_eq!(Problem::parse("no such code"), None);
    }

    fn check(code: u16, expected: Problem) {
        assert_eq!(Failure::Status { code, retry_after_s: None }.problem(), expected, "{code}");
    }

    #[test]
    fn every_status_is_a_problem_with_words() {
        check(302, Problem::Portal);
        check(400, Problem::Protocol);
        check(401, Problem::Revoked);
        check(403, Problem::Revoked);
        check(404, Problem::Protocol);
        check(413, Problem::TooLarge);
        check(429, Problem::Busy);
        check(500, Problem::ServerError);
        check(502, Problem::ServerError);
        check(503, Problem::Busy);
        check(504, Problem::Timeout);
        check(511, Problem::Portal);
    }
}
