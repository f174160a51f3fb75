//! Sign-in: a badge, and a PIN where one is set. Works offline; wrong PINs make the next try wait longer.

use super::entry::{Asked, Entry};
use super::resolve::{Meaning, Scan};
use super::screen::{Answer, Drawn};
use super::view::{Page, SignInPage, Tone};
use super::words::{Common, Words};
use crate::domain::{Site, Timestamp, User, verify_pin};
use crate::store::{PinTries, Store, StoreError};

/// Wrong PINs before the first wait.
pub const PIN_TRIES: u32 = 5;
/// The first wait; each further wrong PIN doubles it.
pub const PIN_WAIT_MS: i64 = 30_000;
/// The longest wait.
pub const PIN_WAIT_MS_MAX: i64 = 15 * 60_000;

/// What came of a badge or a PIN.
pub(super) enum Verdict {
    /// Not signed in yet.
    Answer(Answer),
    /// Signed in.
    Welcome(Box<User>),
}

/// Who is about to sign in.
#[derive(Debug, Default)]
pub(super) struct SignIn {
    waiting: Option<User>,
    /// The device belongs to a site that it may not have heard of yet.
    enrolled: bool,
    /// All records of that site are here, and the site itself is not among them.
    nothing_to_fetch: bool,
}

impl SignIn {
    pub(super) fn on_scan(
        &mut self,
        store: &mut Store,
        scan: &Scan,
        now: Timestamp,
        site: Option<&Site>,
        words: Words,
    ) -> Result<Verdict, StoreError> {
        Ok(match &scan.meaning {
            Meaning::Badge(user) => return self.on_badge(store, user, now, site, words),
            _ if site.is_none() => refused(words.say(self.no_site())),
            // People come after the site; nobody is unknown before all of them are here.
            Meaning::Unknown if store.sync_status()?.site_as_of.is_none() => {
                refused(words.say(Common::FetchingSite))
            }
            Meaning::Unknown => refused(words.say(Common::BadgeUnknown)),
            _ => refused(words.say(Common::ScanBadgeFirst)),
        })
    }

    pub(super) fn on_badge(
        &mut self,
        store: &mut Store,
        user: &User,
        now: Timestamp,
        site: Option<&Site>,
        words: Words,
    ) -> Result<Verdict, StoreError> {
        if !user.active {
            return Ok(refused(words.say(Common::BadgeEnded { name: &user.name })));
        }
        if user.pin.is_none() {
            self.forget();
            return Ok(Verdict::Welcome(Box::new(user.clone())));
        }
        let mut tries = store.pin_tries(user.id)?;
        let longest = now.plus_ms(wait_ms(tries.wrong));
        if tries.until > longest {
            // The clock was set back: nobody waits longer for that.
            tries.until = longest;
            store.keep_pin_tries(user.id, tries)?;
        }
        if let Some(wait) = wait(user, tries, now, site, words) {
            return Ok(refused(wait));
        }
        self.waiting = Some(user.clone());
        let entry = Entry::new(Asked::Pin, words.say(Common::EnterPin));
        Ok(Verdict::Answer(Answer::note(user.name.clone()).asking(entry)))
    }

    /// The try is counted in the file before the PIN is looked at: pulling the battery gives none back.
    pub(super) fn on_pin(
        &mut self,
        store: &mut Store,
        entry: Entry,
        pin: &str,
        now: Timestamp,
        site: Option<&Site>,
        words: Words,
    ) -> Result<Verdict, StoreError> {
        let Some(user) = self.waiting.clone() else {
            return Ok(refused(words.say(Common::ScanBadgeFirst)));
        };
        let wrong = store.pin_tries(user.id)?.wrong.saturating_add(1);
        let until = if wrong < PIN_TRIES { now } else { now.plus_ms(wait_ms(wrong)) };
        let tries = PinTries { wrong, until };
        store.keep_pin_tries(user.id, tries)?;
        if user.pin.as_deref().is_some_and(|hash| verify_pin(pin, hash)) {
            // Where this cannot be written, the worst is one try less the next time.
            let _ = store.keep_pin_tries(user.id, PinTries { wrong: 0, until: now });
            self.forget();
            return Ok(Verdict::Welcome(Box::new(user)));
        }
        Ok(match wait(&user, tries, now, site, words) {
            Some(wait) => {
                self.forget();
                refused(wait)
            }
            None => {
                let left = PIN_TRIES.saturating_sub(wrong).to_string();
                let problem = words.say(Common::WrongPin { left: &left });
                Verdict::Answer(Answer::refused(problem.clone()).asking(entry.refused(problem)))
            }
        })
    }

    /// Looks at the file while no site is known.
    pub(super) fn refresh(&mut self, store: &Store) -> Result<(), StoreError> {
        self.enrolled = store.identity()?.is_some();
        self.nothing_to_fetch = store.sync_status()?.master_as_of.is_some();
        Ok(())
    }

    fn no_site(&self) -> Common<'static> {
        match (self.enrolled, self.nothing_to_fetch) {
            (false, _) => Common::NotEnrolled,
            (true, false) => Common::FetchingSite,
            (true, true) => Common::NoSite,
        }
    }

    /// Nobody is about to sign in.
    pub(super) fn forget(&mut self) {
        self.waiting = None;
    }

    pub(super) fn view(&self, site: Option<&Site>, device: &str, words: Words) -> Drawn {
        let prompt = match (&self.waiting, site) {
            (Some(user), _) => user.name.clone(),
            (None, Some(_)) => words.say(Common::ScanBadge),
            (None, None) if !self.enrolled => words.say(Common::EnrolPrompt),
            (None, None) => words.say(self.no_site()),
        };
        let place = site.map_or("", |site| site.name.as_str());
        let detail: Vec<&str> = [place, device].into_iter().filter(|part| !part.is_empty()).collect();
        let detail = match (site, self.enrolled) {
            (None, false) => words.say(Common::EnrolWhere),
            _ => detail.join(" · "),
        };
        let page = SignInPage { prompt, detail, tone: Tone::Quiet };
        Drawn::new(words.say(Common::Title), Page::SignIn(page))
    }
}

fn refused(text: String) -> Verdict {
    Verdict::Answer(Answer::refused(text))
}

/// Until when nobody can sign in with this badge, in words; `None` where it can be tried now.
fn wait(user: &User, tries: PinTries, now: Timestamp, site: Option<&Site>, words: Words) -> Option<String> {
    if tries.wrong < PIN_TRIES || tries.until <= now {
        return None;
    }
    // Rounded up, so that the time said is never too early.
    let shown = tries.until.plus_ms(59_999);
    let time = match site {
        Some(site) => words.clock(shown, site.zone),
        None => shown.to_string(),
    };
    Some(words.say(Common::PinWait { name: &user.name, time: &time }))
}

/// 30 s after the fifth wrong PIN, then twice as long each time, up to 15 minutes.
fn wait_ms(wrong: u32) -> i64 {
    let doublings = wrong.saturating_sub(PIN_TRIES).min(16);
    (PIN_WAIT_MS << doublings).min(PIN_WAIT_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow() {
        for (wrong, seconds) in [(5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (u32::MAX, 900)] {
            assert_eq!(wait_ms(wrong), seconds * 1000, "{wrong}");
        }
    }
}
