//! One handheld's session: who works, which pages are open, and what every input is answered with.
//!
//! A scan goes to the page on top. What it has no use for opens the job it belongs to; what nobody knows is parked with
//! its bytes. Words are green only after the commit.

use super::entry::{Asked, Entry, Key};
use super::home::Home;
use super::jobs;
use super::message::{refusal_words, store_words};
use super::resolve::{Meaning, Scan, resolve};
use super::screen::{Answer, Desk, Drawn, EventIds, Frame, Leave, Next, Screen};
use super::sign_in::{SignIn, Verdict};
use super::view::{Badge, BadgeLevel, Flash, Strip, Tone, View};
use super::what::what;
use super::words::{Common, Language, Words};
use crate::barcode::{Profile, read};
use crate::domain::{Body, Day, OrderStatus, Park, Site, Timestamp, User};
use crate::ledger::command;
use crate::store::{Store, StoreError, SyncStatus};
use std::fmt::Write as _;

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
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            device_name: String::new(),
            language: Language::English,
            profile: Profile::default(),
            bounce_ms: BOUNCE_MS,
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
    pending: u64,
    last_scan: Option<(Vec<u8>, Timestamp)>,
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
            pending: 0,
            last_scan: None,
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
        let mut run = Run { store, now, ids };
        let answer = match self.react(&mut run, input) {
            Ok(answer) => answer,
            Err(error) => Some(self.failed(&error)),
        };
        if let Some(answer) = answer
            && let Err(error) = self.apply(&mut run, answer)
        {
            let failure = self.failed(&error);
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
            _ => self.sign_in.view(self.site.as_ref(), &self.config.device_name, words),
        };
        let in_hand = self.stack.last().is_some_and(|page| page.has_in_hand());
        let Drawn { title, progress, holds_age, page, primary, secondary, sheet } = top;
        View {
            title,
            progress,
            can_go_back: self.stack.len() > 1,
            badge: self.badge(now),
            holds_age,
            page,
            primary,
            secondary,
            strip: self.strip.clone().map(|strip| Strip { undo: strip.undo || in_hand, ..strip }),
            sheet,
            keypad: self.entry.as_ref().map(Entry::view),
            flash: self.flash,
        }
    }

    /// The operator's words, or the device's.
    #[must_use]
    pub fn words(&self) -> Words {
        let own = self.user.as_ref().and_then(|user| Language::of_tag(&user.language));
        Words::new(own.unwrap_or(self.config.language))
    }

    fn today(&self, now: Timestamp) -> Day {
        self.site.as_ref().map_or_else(|| now.utc().date_naive(), |site| site.zone.day(now))
    }

    fn failed(&self, error: &StoreError) -> Answer {
        Answer::refused(store_words(error, self.words()))
    }

    fn react(&mut self, run: &mut Run<'_>, input: Input) -> Result<Option<Answer>, StoreError> {
        if self.site.is_none() || input == Input::SyncChanged {
            self.site = run.store.site()?;
        }
        let due = run.now.ms_since(self.status_at) >= STATUS_MS;
        if self.status.is_none() || input == Input::SyncChanged || (due && input == Input::Tick) {
            self.read_status(run)?;
        }
        match input {
            Input::Tick => Ok(None),
            Input::SyncChanged => self.sync_changed(run),
            Input::Scan { bytes } => self.on_symbol(run, &bytes).map(Some),
            Input::Text(text) => self.on_bytes(run, text.as_bytes()).map(Some),
            Input::Tap(id) => self.on_tap(run, &id).map(Some),
        }
    }

    fn read_status(&mut self, run: &Run<'_>) -> Result<(), StoreError> {
        let status = run.store.sync_status()?;
        self.pending = status.pending;
        self.status = Some(status);
        self.status_at = run.now;
        Ok(())
    }

    /// What the server changed may concern the page on top, and the operator.
    fn sync_changed(&mut self, run: &mut Run<'_>) -> Result<Option<Answer>, StoreError> {
        if let Some(user) = &self.user {
            match run.store.user(user.id)? {
                Some(user) if !user.active => {
                    let text = self.words().say(Common::BadgeEnded { name: &user.name });
                    self.sign_out();
                    return Ok(Some(Answer::refused(text)));
                }
                Some(user) => self.user = Some(user),
                None => {}
            }
        }
        self.with_top(run, |page, desk| page.refresh(desk))?;
        Ok(None)
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
            pending: &mut self.pending,
        };
        act(page.as_mut(), &mut desk).map(Some)
    }

    fn on_symbol(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> Result<Answer, StoreError> {
        let bounced = self.last_scan.as_ref().is_some_and(|(last, at)| {
            last == bytes && (0..self.config.bounce_ms).contains(&run.now.ms_since(*at))
        });
        // A trigger that is held down goes on bouncing: the window begins again with each read.
        self.last_scan = Some((bytes.to_vec(), run.now));
        if bounced {
            let keep = self.entry.take();
            let note = Answer::note(self.words().say(Common::Bounce));
            return Ok(Answer { ask: keep, ..note });
        }
        self.on_bytes(run, bytes)
    }

    fn on_bytes(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> Result<Answer, StoreError> {
        let words = self.words();
        if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Ok(Answer { ask: self.entry.take(), ..Answer::refused(words.say(Common::EmptyScan)) });
        }
        let scan = resolve(run.store, read(bytes, &self.config.profile, self.today(run.now)))?;
        if self.user.is_none() {
            let verdict = self.sign_in.on_scan(&scan, run.now, self.site.as_ref(), words);
            return self.follow(run, verdict);
        }
        let answer = self.with_top(run, |page, desk| page.on_scan(desk, &scan))?;
        let answer = answer.unwrap_or_else(Answer::silent);
        let answer = match answer.next {
            Next::Pass => self.pass_on(run, &scan, bytes, answer.text)?,
            _ => answer,
        };
        // An open keypad stays where the scan changed nothing.
        let stays = answer.tone == Tone::Refused && answer.ask.is_none() && matches!(answer.next, Next::Stay);
        Ok(if stays { Answer { ask: self.entry.take(), ..answer } } else { answer })
    }

    /// What the page has no use for opens its own job; what nobody knows is kept.
    fn pass_on(
        &mut self,
        run: &mut Run<'_>,
        scan: &Scan,
        bytes: &[u8],
        why: String,
    ) -> Result<Answer, StoreError> {
        let words = self.words();
        match &scan.meaning {
            Meaning::Badge(user) => self.change_user(run, user),
            Meaning::Order(order) => match order.status {
                OrderStatus::Closed => {
                    Ok(Answer::refused(words.say(Common::OrderClosed { number: &order.number })))
                }
                OrderStatus::Cancelled => {
                    Ok(Answer::refused(words.say(Common::OrderCancelled { number: &order.number })))
                }
                OrderStatus::Open => self.leave_for(run, |desk| jobs::open_order(desk, order)),
            },
            Meaning::Unknown => self.park(run, bytes),
            Meaning::SeveralLots(lots) => {
                let lot = lots.first().and_then(|key| key.lot.as_ref()).map_or("", |lot| lot.as_str());
                Ok(Answer::refused(words.say(Common::SeveralItems { lot })))
            }
            _ => Ok(Answer::refused(why)),
        }
    }

    fn park(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> Result<Answer, StoreError> {
        let kept = bytes.get(..PARK_BYTES_MAX).unwrap_or(bytes);
        let bytes_hex = kept.iter().fold(String::with_capacity(kept.len() * 2), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.with_top(run, |page, desk| {
            desk.confirm(Body::Park(Park { bytes_hex, screen: page.name().to_owned() }))
        })?;
        Ok(Answer::refused(self.words().say(Common::Parked)))
    }

    /// Saves the work in hand, then opens another job over home.
    fn leave_for(
        &mut self,
        run: &mut Run<'_>,
        open: impl FnOnce(&mut Desk<'_>) -> Result<jobs::Opened, StoreError>,
    ) -> Result<Answer, StoreError> {
        let saved = match self.with_top(run, |page, desk| page.leave(desk))? {
            Some(Leave::NotYet(answer)) => return Ok(answer),
            Some(Leave::Ready(saved)) => saved,
            None => String::new(),
        };
        let opened = self.with_top(run, |_, desk| open(desk))?;
        Ok(match opened {
            Some(jobs::Opened::Page(page, text)) => {
                self.stack.truncate(1);
                Answer::accepted(join(&saved, &text)).then(Next::Open(page))
            }
            Some(jobs::Opened::Not(text)) => Answer::refused(join(&saved, &text)),
            None => Answer::silent(),
        })
    }

    fn change_user(&mut self, run: &mut Run<'_>, user: &User) -> Result<Answer, StoreError> {
        if let Some(Leave::NotYet(answer)) = self.with_top(run, |page, desk| page.leave(desk))? {
            return Ok(answer);
        }
        self.sign_out();
        let words = self.words();
        let verdict = self.sign_in.on_badge(user, run.now, self.site.as_ref(), words);
        self.follow(run, verdict)
    }

    fn follow(&mut self, run: &Run<'_>, verdict: Verdict) -> Result<Answer, StoreError> {
        match verdict {
            Verdict::Answer(answer) => Ok(answer),
            Verdict::Welcome(user) => {
                let user = *user;
                self.user = Some(user.clone());
                self.signed_in = run.now;
                self.stack.clear();
                self.read_status(run)?;
                let text = self.words().say(Common::Welcome { name: &user.name });
                Ok(Answer::accepted(text).then(Next::Open(Box::new(Home::default()))))
            }
        }
    }

    fn sign_out(&mut self) {
        self.user = None;
        self.stack.clear();
        self.entry = None;
        self.sign_in.forget();
    }

    fn on_tap(&mut self, run: &mut Run<'_>, id: &str) -> Result<Answer, StoreError> {
        if let Some(key) = id.strip_prefix("key:") {
            return self.on_key(run, key);
        }
        self.entry = None;
        match id {
            "type" => {
                let entry = Entry::new(Asked::Code, self.words().say(Common::TypeCode));
                Ok(Answer::silent().asking(entry))
            }
            "undo" => self.undo(run),
            "back" => self.back(run),
            "sign_out" => match self.with_top(run, |page, desk| page.leave(desk))? {
                Some(Leave::NotYet(answer)) => Ok(answer),
                _ => {
                    let text = self.words().say(Common::SignedOut);
                    self.sign_out();
                    Ok(Answer::note(text))
                }
            },
            _ => match jobs::of_tap(id) {
                Some(job) => {
                    let opened = self.with_top(run, |_, desk| jobs::open(desk, job))?;
                    Ok(match opened {
                        Some(jobs::Opened::Page(page, _)) => Answer::silent().then(Next::Open(page)),
                        Some(jobs::Opened::Not(text)) => Answer::refused(text),
                        None => Answer::silent(),
                    })
                }
                None => {
                    let answer = self.with_top(run, |page, desk| page.on_tap(desk, id))?;
                    Ok(answer.unwrap_or_else(Answer::silent))
                }
            },
        }
    }

    fn on_key(&mut self, run: &mut Run<'_>, key: &str) -> Result<Answer, StoreError> {
        let Some(mut entry) = self.entry.take() else { return Ok(Answer::silent()) };
        match entry.key(key) {
            Key::Typed => Ok(Answer::silent().asking(entry)),
            Key::Cancel => {
                self.sign_in.forget();
                if let Some(page) = self.stack.last_mut() {
                    page.on_cancel();
                }
                Ok(Answer::silent())
            }
            Key::Ok(text) if entry.asked == Asked::Code => self.on_bytes(run, text.as_bytes()),
            Key::Ok(text) if self.user.is_none() => {
                let words = self.words();
                let verdict = self.sign_in.on_pin(entry, &text, run.now, self.site.as_ref(), words);
                self.follow(run, verdict)
            }
            Key::Ok(text) => {
                let kept = Entry { text: text.clone(), ..entry.clone() };
                match self.with_top(run, |page, desk| page.on_entry(desk, entry, &text)) {
                    Ok(answer) => Ok(answer.unwrap_or_else(Answer::silent)),
                    Err(error) => Ok(self.failed(&error).asking(kept)),
                }
            }
        }
    }

    fn back(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        if self.stack.len() < 2 {
            return Ok(Answer::silent());
        }
        Ok(match self.with_top(run, |page, desk| page.leave(desk))? {
            Some(Leave::NotYet(answer)) => answer,
            Some(Leave::Ready(saved)) if !saved.is_empty() => Answer::accepted(saved).then(Next::Close),
            _ => Answer::silent().then(Next::Close),
        })
    }

    /// What is in hand is dropped; else the last thing of this operator in this session is taken back, by an event.
    fn undo(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        let words = self.words();
        if let Some(dropped) = self.stack.last_mut().and_then(|page| page.drop_in_hand(words)) {
            return Ok(Answer::note(words.say(Common::Dropped { what: &dropped })));
        }
        let since = self.signed_in;
        let answer = self.with_top(run, |page, desk| {
            let Some(event) = desk.store.last_undoable(desk.user.id, since)? else {
                return Ok(Answer::refused(desk.say(Common::NothingToUndo)));
            };
            let body = match command::undo(desk.user.role, &event, false) {
                Ok(body) => body,
                Err(refusal) => return Ok(Answer::refused(refusal_words(&refusal, desk.words))),
            };
            let taken_back = what(desk.store, &event.body, desk.words)?;
            desk.confirm(body)?;
            page.refresh(desk)?;
            Ok(Answer::accepted(desk.say(Common::TakenBack { what: &taken_back })))
        })?;
        Ok(answer.unwrap_or_else(Answer::silent))
    }

    fn apply(&mut self, run: &mut Run<'_>, mut answer: Answer) -> Result<(), StoreError> {
        self.show(&answer);
        self.entry = answer.ask.take();
        match answer.next {
            Next::Stay | Next::Pass => return Ok(()),
            Next::Close => {
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
        self.with_top(run, |page, desk| page.refresh(desk))?;
        Ok(())
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
        let pending = self.pending;
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

/// Two sentences, of which either may be empty.
fn join(first: &str, second: &str) -> String {
    [first, second].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
