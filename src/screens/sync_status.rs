//! Sync status: how safe what was done is, and how old what is known is.

use super::ages::moment;
use super::resolve::Scan;
use super::screen::{Answer, Desk, Drawn, Frame, Screen, button};
use super::view::{Fact, Page, SyncPage};
use super::words::{Scanner, Syncing};
use crate::domain::Timestamp;
use crate::store::{StoreError, SyncStatus};

/// The page behind the badge.
#[derive(Default)]
pub(super) struct SyncStatusPage {
    status: SyncStatus,
    device: String,
    server: String,
}

impl Screen for SyncStatusPage {
    fn name(&self) -> &'static str {
        "sync"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.status = desk.store.sync_status()?;
        if let Some(identity) = desk.store.identity()? {
            (self.device, self.server) = (identity.name, identity.server_url);
        }
        Ok(())
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, _scan: &Scan) -> Result<Answer, StoreError> {
        Ok(Answer::pass(desk.say(Syncing::HintScan)))
    }

    /// "sync_now" reaches the worker, which wakes the sync; here it is only answered.
    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        match id {
            "sync_now" => {
                self.refresh(desk)?;
                Ok(Answer::note(desk.say(Syncing::Trying)))
            }
            _ => Ok(Answer::silent()),
        }
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let status = &self.status;
        let count = words.number(status.pending.try_into().unwrap_or(i64::MAX));
        let page = SyncPage {
            headline: match status.pending {
                0 => words.say(Syncing::AllSafe),
                _ => words.say(Syncing::NotYet { count: &count }),
            },
            facts: self.facts(frame),
            reassurance: words.say(match status.pending {
                0 => Syncing::ReassureSafe,
                _ => Syncing::Reassure,
            }),
            problem: status.last_problem.as_deref().map(|code| words.say(problem(code))).unwrap_or_default(),
        };
        let mut drawn = Drawn::new(words.say(Syncing::Title), Page::Sync(page));
        drawn.primary = Some(button("sync_now", words.say(Syncing::TryNow)));
        drawn.secondary.push(button("calibrate", words.say(Scanner::Open)));
        drawn
    }
}

impl SyncStatusPage {
    fn facts(&self, frame: &Frame<'_>) -> Vec<Fact> {
        let (words, status) = (frame.words, &self.status);
        let number = |number: u64| words.number(number.try_into().unwrap_or(i64::MAX));
        let when = |at: Option<Timestamp>| match at {
            None => words.say(Syncing::Never),
            Some(at) => {
                let time = moment(at, frame.now, frame.site.zone, words);
                words.say(Syncing::TimeAge { time: &time, age: &words.age(at, frame.now) })
            }
        };
        let fact = |label: Syncing<'_>, value: String| Fact { label: words.say(label), value };
        let mut facts = Vec::new();
        if status.oldest_pending.is_some() {
            facts.push(fact(Syncing::Oldest, when(status.oldest_pending)));
        }
        facts.push(fact(Syncing::LastContact, when(status.last_contact)));
        facts.push(fact(Syncing::HoldsAsOf, when(status.control_as_of)));
        facts.push(fact(Syncing::StockAsOf, when(status.site_as_of)));
        if status.refused > 0 {
            facts.push(fact(Syncing::Refused, number(status.refused)));
        }
        facts.push(fact(Syncing::Room, number(status.capacity.saturating_sub(status.pending))));
        facts.push(fact(Syncing::Device, self.device.clone()));
        facts.push(fact(Syncing::Server, self.server.clone()));
        facts.retain(|fact| !fact.value.is_empty());
        facts
    }
}

/// The same in words, for where there is no page.
#[must_use]
pub fn problem_words(code: &str, words: super::words::Words) -> String {
    words.say(problem(code))
}

/// What went wrong last, by the stable code of `sync::engine::Problem`.
fn problem(code: &str) -> Syncing<'static> {
    match code {
        "offline" => Syncing::ProblemOffline,
        "timeout" | "truncated" | "busy" => Syncing::ProblemTimeout,
        "tls" => Syncing::ProblemTls,
        "tls_untrusted" => Syncing::ProblemTlsUntrusted,
        "tls_time" => Syncing::ProblemTlsTime,
        "tls_name" => Syncing::ProblemTlsName,
        "tls_plain" => Syncing::ProblemTlsPlain,
        "portal" => Syncing::ProblemPortal,
        "server_error" => Syncing::ProblemServer,
        "unknown_device" | "revoked" => Syncing::ProblemDevice,
        "other_server" => Syncing::ProblemOtherServer,
        "protocol" => Syncing::ProblemProtocol,
        "storage" => Syncing::ProblemStorage,
        _ => Syncing::ProblemOther,
    }
}
