//! One handheld's session: who works, which pages are open, and what every input is answered with.
//!
//! A scan goes to the page on top. What it has no use for opens the job it belongs to; what nobody knows is parked with
//! its bytes. Words are green only after the commit.

mod device;
mod gathering;
mod leaving;
mod resume;
mod scans;
mod taps;
#[cfg(test)]
mod tests;
mod which_lot;

pub use device::{Look, chosen_language};
pub use resume::RESUME_MS;

use super::entry::Entry;
use super::gather::Gather;
use super::message::store_words;
use super::screen::{Answer, Desk, Drawn, EventIds, Frame, Next, Screen, Tally};
use super::sign_in::SignIn;
use super::thing::Thing;
use super::view::{Badge, BadgeLevel, Flash, Strip, Tone, View};
use super::words::{Common, Language, Words};
use crate::barcode::Profile;
use crate::domain::{Day, Site, Timestamp, User};
use crate::store::{Store, StoreError, SyncStatus};
use which_lot::WhichLot;

/// Within so many milliseconds the same symbol again is a bounce: longer than a scanner repeats, shorter than a person.
pub const BOUNCE_MS: i64 = 800;
/// Most bytes of a scan that are parked; no symbol carries more than 2,953.
pub const PARK_BYTES_MAX: usize = 8 * 1024;
/// The badge is late when the oldest event waits for longer.
pub const LATE_MS: i64 = 60 * 60 * 1000;
/// How often the badge's age is read again while nothing happens.
const STATUS_MS: i64 = 30_000;

/// What a handheld is told once.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// The name on its back, for example "HH-07".
    pub device_name: String,
    /// For operators who have no language of their own.
    pub language: Language,
    /// How its scanner talks.
    pub profile: Profile,
    /// See [`BOUNCE_MS`].
    pub bounce_ms: i64,
    /// How the screen looks where nobody has chosen on the device.
    pub look: Look,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            device_name: String::new(),
            language: Language::English,
            profile: Profile::default(),
            bounce_ms: BOUNCE_MS,
            look: Look::Auto,
        }
    }
}

/// What a person or the sync did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// One symbol, as the scanner sent it.
    Scan {
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A button, a row, a key: its id.
    Tap(String),
    /// A code typed in one go, treated like a scan of that text.
    Text(String),
    /// Time passes.
    Tick,
    /// The sync changed the file.
    SyncChanged,
    /// The device is becoming one of a site's.
    Enrolment(Enrolment),
}

/// How far the device is with becoming one of a site's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolment {
    /// The server of that name is being asked.
    Asking {
        /// Its name or address.
        server: String,
    },
    /// It did not become one, and why, in the session's words.
    Refused(String),
    /// It is one.
    Done {
        /// The name on its back.
        name: String,
    },
}

/// One handheld's session.
pub struct Session {
    config: SessionConfig,
    site: Option<Site>,
    user: Option<User>,
    signed_in: Timestamp,
    sign_in: SignIn,
    /// The page on top is last; empty while nobody is signed in.
    stack: Vec<Box<dyn Screen>>,
    entry: Option<Entry>,
    strip: Option<Strip>,
    flash: Flash,
    status: Option<SyncStatus>,
    status_at: Timestamp,
    tally: Tally,
    /// The page on top could not be read after something was saved: it is read again before the next input.
    stale: bool,
    /// The file was asked how the scanner talks.
    profile_read: bool,
    last_scan: Option<(Vec<u8>, Timestamp)>,
    /// What was scanned of one thing, for pages that want it whole.
    gather: Gather,
    /// The symbols of the thing in hand.
    thing: Thing,
    /// A label that may say another lot: the person looks and chooses.
    which_lot: Option<WhichLot>,
    /// What the file has of the operator's work in hand.
    kept: Option<String>,
    /// True once the file was asked for choices and for work that was cut short.
    resumed: bool,
    look: Look,
    /// Chosen on this device: for all who have no language of their own.
    language: Option<Language>,
    /// The device is being handed in.
    handing_in: Option<device::HandIn>,
}

/// What an input is handled with.
struct Run<'a> {
    store: &'a mut Store,
    now: Timestamp,
    ids: &'a mut dyn EventIds,
}

impl Session {
    /// A session that begins at sign-in.
    #[must_use]
    pub fn new(config: SessionConfig) -> Self {
        Self {
            look: config.look,
            config,
            site: None,
            user: None,
            signed_in: Timestamp(0),
            sign_in: SignIn::default(),
            stack: Vec::new(),
            entry: None,
            strip: None,
            flash: Flash { tone: Tone::Quiet, count: 0 },
            status: None,
            status_at: Timestamp(i64::MIN),
            tally: Tally::default(),
            stale: false,
            profile_read: false,
            last_scan: None,
            gather: Gather::default(),
            thing: Thing::default(),
            which_lot: None,
            kept: None,
            resumed: false,
            language: None,
            handing_in: None,
        }
    }

    /// Who works.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Takes one input and says what the display shows then.
    pub fn handle(
        &mut self,
        store: &mut Store,
        input: Input,
        now: Timestamp,
        ids: &mut dyn EventIds,
    ) -> View {
        if let Some(view) = self.several(store, &input, now, ids) {
            return view;
        }
        let mut run = Run { store, now, ids };
        let by_hand = !matches!(input, Input::Tick | Input::SyncChanged | Input::Enrolment(_));
        (self.tally.confirmed, self.tally.failed) = (0, false);
        let answer = match self.react(&mut run, input) {
            Ok(answer) => answer,
            // Everything was saved and only what follows could not be read: nobody may do it twice.
            Err(error) if self.tally.confirmed > 0 && !self.tally.failed => {
                run.store.note(&error);
                self.stale = true;
                Some(Answer::question(self.words().say(Common::SavedNotRead)))
            }
            Err(error) => Some(self.failed(&run, &error)),
        };
        if let Some(answer) = answer
            && let Err(error) = self.apply(&mut run, answer)
        {
            let failure = self.failed(&run, &error);
            self.show(&failure);
        }
        if by_hand && let Err(error) = self.keep(&mut run) {
            let failure = self.failed(&run, &error);
            self.show(&failure);
        }
        self.view(now)
    }

    /// What the display shows.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> View {
        let words = self.words();
        let top = match (&self.site, &self.user, self.stack.last()) {
            (Some(site), Some(user), Some(page)) => {
                let today = site.zone.day(now);
                page.view(&Frame { words, now, today, site, user })
            }
            _ => self.outside(words),
        };
        let top = self.with_choices(top, words);
        let open = self.lot_sheet(words);
        let in_hand = open.is_some()
            || self.stack.last().is_some_and(|page| page.has_in_hand())
            || self.gather.named(now, words).is_some();
        let Drawn { title, progress, holds_age, page, primary, secondary, steps, counts, sheet } = top;
        View {
            title,
            progress,
            can_go_back: self.stack.len() > 1,
            badge: self.badge(now),
            holds_age,
            page,
            primary,
            secondary,
            steps,
            counts,
            strip: self.strip.clone().map(|strip| Strip { undo: strip.undo || in_hand, ..strip }),
            sheet: open.or(sheet),
            keypad: self.entry.as_ref().map(Entry::view),
            flash: self.flash,
            night: self.is_night(now),
        }
    }

    /// The operator's words, or the device's.
    #[must_use]
    pub fn words(&self) -> Words {
        let own = || self.user.as_ref().and_then(|user| Language::of_tag(&user.language));
        let chosen = own().or(self.language);
        Words::new(chosen.unwrap_or(self.config.language))
    }

    fn today(&self, now: Timestamp) -> Day {
        self.site.as_ref().map_or_else(|| now.utc().date_naive(), |site| site.zone.day(now))
    }

    fn failed(&self, run: &Run<'_>, error: &StoreError) -> Answer {
        run.store.note(error);
        Answer::refused(store_words(error, self.words()))
    }

    fn react(&mut self, run: &mut Run<'_>, input: Input) -> Result<Option<Answer>, StoreError> {
        self.read_profile(run)?;
        if self.site.is_none() {
            self.sign_in.refresh(run.store)?;
        }
        if self.site.is_none() || input == Input::SyncChanged {
            self.site = run.store.site()?;
        }
        if self.stale {
            self.with_top(run, |page, desk| page.refresh(desk))?;
            self.stale = false;
        }
        let due = run.now.ms_since(self.status_at) >= STATUS_MS;
        if self.status.is_none() || input == Input::SyncChanged || (due && input == Input::Tick) {
            self.read_status(run)?;
        }
        if !self.resumed && self.site.is_some() {
            self.resumed = true;
            self.read_choices(run)?;
            if let Some(answer) = self.resume(run)? {
                self.apply(run, answer)?;
            }
        }
        match input {
            Input::Tick => Ok(self.forget_late(run.now)),
            Input::SyncChanged => self.sync_changed(run),
            Input::Scan { bytes } => self.on_symbol(run, &bytes).map(Some),
            Input::Text(text) => self.on_bytes(run, text.as_bytes()).map(Some),
            Input::Tap(id) => self.on_tap(run, &id).map(Some),
            Input::Enrolment(step) => Ok(Some(self.on_enrolment(step))),
        }
    }

    fn on_enrolment(&mut self, step: Enrolment) -> Answer {
        let words = self.words();
        match step {
            Enrolment::Asking { server } => Answer::note(words.say(Common::Enrolling { server: &server })),
            Enrolment::Refused(why) => Answer::refused(why),
            Enrolment::Done { name } => {
                let said = words.say(Common::Enrolled { name: &name });
                self.config.device_name = name;
                Answer::accepted(said)
            }
        }
    }

    /// What was learned of the scanner on this device counts before what the program was started with.
    fn read_profile(&mut self, run: &Run<'_>) -> Result<(), StoreError> {
        if self.profile_read && !self.tally.profile {
            return Ok(());
        }
        if let Some(json) = run.store.scanner_profile()?
            && let Ok(profile) = Profile::from_json(&json)
        {
            self.config.profile = profile;
        }
        (self.profile_read, self.tally.profile) = (true, false);
        Ok(())
    }

    fn read_status(&mut self, run: &Run<'_>) -> Result<(), StoreError> {
        let status = run.store.sync_status()?;
        self.tally.pending = status.pending;
        self.status = Some(status);
        self.status_at = run.now;
        Ok(())
    }

    /// Lets the page on top do something; `None` where nobody is signed in.
    fn with_top<T>(
        &mut self,
        run: &mut Run<'_>,
        act: impl FnOnce(&mut dyn Screen, &mut Desk<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let (words, today) = (self.words(), self.today(run.now));
        let (Some(site), Some(user), Some(page)) = (&self.site, &self.user, self.stack.last_mut()) else {
            return Ok(None);
        };
        let mut desk = Desk {
            store: &mut *run.store,
            now: run.now,
            today,
            site,
            user,
            words,
            ids: &mut *run.ids,
            tally: &mut self.tally,
            kept: &mut self.kept,
        };
        act(page.as_mut(), &mut desk).map(Some)
    }

    fn apply(&mut self, run: &mut Run<'_>, mut answer: Answer) -> Result<(), StoreError> {
        self.show(&answer);
        self.entry = answer.ask.take();
        // What was said on the page before is no word about the one that opens.
        if answer.text.is_empty() && matches!(answer.next, Next::Open(_) | Next::Replace(_)) {
            self.strip = None;
        }
        match answer.next {
            Next::Stay | Next::Pass => return Ok(()),
            Next::Close => {
                self.gather.forget();
                if self.stack.len() > 1 {
                    self.stack.pop();
                }
            }
            Next::Open(page) => self.stack.push(page),
            Next::Replace(page) => {
                self.stack.pop();
                self.stack.push(page);
            }
        }
        match self.with_top(run, |page, desk| page.refresh(desk)) {
            // What was saved stays said; the page is read again with the next input.
            Err(error) if matches!(answer.tone, Tone::Accepted | Tone::Done) => {
                run.store.note(&error);
                self.stale = true;
                Ok(())
            }
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    fn show(&mut self, answer: &Answer) {
        self.flash.tone = answer.tone;
        if answer.tone != Tone::Quiet {
            self.flash.count += 1;
        }
        if !answer.text.is_empty() {
            self.strip = Some(Strip { tone: answer.tone, text: answer.text.clone(), undo: answer.undo });
        }
    }

    fn badge(&self, now: Timestamp) -> Badge {
        let pending = self.tally.pending;
        let words = self.words();
        let text = if pending == 0 {
            words.say(Common::BadgeSafe)
        } else {
            words.number(pending.try_into().unwrap_or(i64::MAX))
        };
        let status = self.status.as_ref();
        let full = status.is_some_and(|status| SyncStatus { pending, ..status.clone() }.is_nearly_full());
        let late = status
            .and_then(|status| status.oldest_pending)
            .is_some_and(|oldest| now.ms_since(oldest) > LATE_MS);
        let level = if full || status.is_some_and(|status| status.refused > 0) {
            BadgeLevel::Alarm
        } else if pending == 0 {
            BadgeLevel::Safe
        } else if late {
            BadgeLevel::Late
        } else {
            BadgeLevel::Waiting
        };
        Badge { text, pending, level }
    }
}
