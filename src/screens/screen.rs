//! What a page is to the session: it is told of scans, taps and entries, and says what it shows. Pages never talk to each other.

use super::entry::Entry;
use super::gather::Part;
use super::kept::Kept;
use super::resolve::{Label, Scan};
use super::view::{Button, Page, Sheet, Tone};
use super::words::{Message, Words};
use crate::barcode::Profile;
use crate::domain::{Body, Day, Event, EventId, LotKey, Quantity, Site, Timestamp, Unit, User};
use crate::store::{Draft, Store, StoreError};

/// Makes the ids of new events; only the app draws random ones.
pub trait EventIds {
    /// An id that was never given before.
    fn next_id(&mut self, now: Timestamp) -> EventId;
}

/// Where a page works: the file, the clock, the operator and the words.
pub struct Desk<'a> {
    /// The handheld's file.
    pub store: &'a mut Store,
    /// Now.
    pub now: Timestamp,
    /// The day at the site.
    pub today: Day,
    /// The site.
    pub site: &'a Site,
    /// Who works.
    pub user: &'a User,
    /// In which language.
    pub words: Words,
    pub(super) ids: &'a mut dyn EventIds,
    pub(super) tally: &'a mut Tally,
    /// What the file has of the operator's work in hand.
    pub(super) kept: &'a mut Option<String>,
}

/// What was saved during one input.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Events not yet on the server, after the last one confirmed here.
    pub pending: u64,
    /// Events confirmed during this input.
    pub confirmed: u32,
    /// True where one could not be saved.
    pub failed: bool,
    /// True where the scanner's profile is another one now.
    pub profile: bool,
}

impl Desk<'_> {
    /// Saves what happened. Only after this returned may a page say so.
    ///
    /// # Errors
    /// Where it could not be saved; nothing changed then.
    pub fn confirm(&mut self, body: Body) -> Result<Event, StoreError> {
        self.save(body, None)
    }

    /// Saves what happened and, in the same transaction, what is in hand after it.
    ///
    /// # Errors
    /// See [`confirm`](Self::confirm).
    pub fn confirm_leaving(&mut self, body: Body, in_hand: &Kept) -> Result<Event, StoreError> {
        let record = in_hand.record();
        let changes = record != *self.kept;
        let event = self.save(body, changes.then_some(record.as_deref()))?;
        *self.kept = record;
        Ok(event)
    }

    fn save(&mut self, body: Body, in_hand: Option<Option<&str>>) -> Result<Event, StoreError> {
        let id = self.ids.next_id(self.now);
        let draft = Draft { id, operator: self.user.id, at: self.now, body };
        match self.store.confirm_leaving(draft, in_hand) {
            Ok(confirmed) => {
                self.tally.pending = confirmed.pending;
                self.tally.confirmed += 1;
                Ok(confirmed.event)
            }
            Err(error) => {
                self.tally.failed = true;
                Err(error)
            }
        }
    }

    /// Keeps how the scanner talks; the next scan is read so.
    ///
    /// # Errors
    /// Where it could not be kept.
    pub fn keep_profile(&mut self, profile: &Profile) -> Result<(), StoreError> {
        self.store.keep_scanner_profile(&profile.to_json())?;
        self.tally.profile = true;
        Ok(())
    }

    /// A message in the operator's language.
    #[must_use]
    pub fn say(&self, message: impl Message) -> String {
        self.words.say(message)
    }
}

/// Where to go after an input.
pub enum Next {
    /// This page.
    Stay,
    /// The page below.
    Close,
    /// A page on top.
    Open(Box<dyn Screen>),
    /// Another page in this one's stead.
    Replace(Box<dyn Screen>),
    /// The page has no use for the scan: the session opens the job it belongs to, or says the answer's text.
    Pass,
}

/// What a page makes of an input.
pub struct Answer {
    /// Colour, sign and sound. [`Tone::Accepted`] and [`Tone::Done`] only for what was saved, or for what needs no saving.
    pub tone: Tone,
    /// The strip's words; empty leaves the strip as it is.
    pub text: String,
    /// True where `undo` takes back what the strip tells.
    pub undo: bool,
    /// Where to go.
    pub next: Next,
    /// Opens the keypad.
    pub ask: Option<Entry>,
}

impl Answer {
    fn new(tone: Tone, text: String) -> Self {
        Self { tone, text, undo: false, next: Next::Stay, ask: None }
    }

    /// The page changed and has nothing to say.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(Tone::Quiet, String::new())
    }

    /// Understood, nothing saved.
    #[must_use]
    pub fn note(text: String) -> Self {
        Self::new(Tone::Quiet, text)
    }

    /// Saved, or the right place or thing.
    #[must_use]
    pub fn accepted(text: String) -> Self {
        Self::new(Tone::Accepted, text)
    }

    /// A question is open.
    #[must_use]
    pub fn question(text: String) -> Self {
        Self::new(Tone::Question, text)
    }

    /// It cannot be done; the text says what to do instead.
    #[must_use]
    pub fn refused(text: String) -> Self {
        Self::new(Tone::Refused, text)
    }

    /// A job is finished.
    #[must_use]
    pub fn done(text: String) -> Self {
        Self::new(Tone::Done, text)
    }

    /// Not for this page; the text is said where no other page has a use for the scan either.
    #[must_use]
    pub fn pass(text: String) -> Self {
        Self { next: Next::Pass, ..Self::new(Tone::Refused, text) }
    }

    /// Goes there.
    #[must_use]
    pub fn then(self, next: Next) -> Self {
        Self { next, ..self }
    }

    /// With `undo` in the strip.
    #[must_use]
    pub fn undoable(self) -> Self {
        Self { undo: true, ..self }
    }

    /// Opens the keypad.
    #[must_use]
    pub fn asking(self, entry: Entry) -> Self {
        Self { ask: Some(entry), ..self }
    }
}

/// Whether a page can be left.
pub enum Leave {
    /// Yes, and nothing was saved by it; the words say what was dropped (empty where nothing was).
    Ready(String),
    /// Yes, and what was in hand is saved now; these are the words for it.
    Saved(String),
    /// Not yet: this has to be answered first.
    NotYet(Answer),
}

/// What a page shows.
pub struct Drawn {
    /// See [`View::title`](super::View::title).
    pub title: String,
    /// See [`View::progress`](super::View::progress).
    pub progress: String,
    /// See [`View::holds_age`](super::View::holds_age).
    pub holds_age: String,
    /// The middle.
    pub page: Page,
    /// The button at the bottom.
    pub primary: Option<Button>,
    /// At most three.
    pub secondary: Vec<Button>,
    /// See [`View::steps`](super::View::steps).
    pub steps: Vec<Button>,
    /// See [`View::counts`](super::View::counts).
    pub counts: bool,
    /// An open question.
    pub sheet: Option<Sheet>,
}

impl Drawn {
    /// A page with a title and no buttons.
    #[must_use]
    pub fn new(title: String, page: Page) -> Self {
        Self {
            title,
            progress: String::new(),
            holds_age: String::new(),
            page,
            primary: None,
            secondary: Vec::new(),
            steps: Vec::new(),
            counts: false,
            sheet: None,
        }
    }
}

/// What a page needs to draw itself, besides its own state.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// In which language.
    pub words: Words,
    /// Now.
    pub now: Timestamp,
    /// The day at the site.
    pub today: Day,
    /// The site.
    pub site: &'a Site,
    /// Who works.
    pub user: &'a User,
}

/// One page. It reads the file when it is told something, never while it is drawn.
pub trait Screen: Send {
    /// Its name in parked scans and flow files.
    fn name(&self) -> &'static str;

    /// Reads what it shows; called when it comes to the top and when sync changed something.
    ///
    /// # Errors
    /// Where the file cannot be read.
    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError>;

    /// A scan, never a bounce. [`Answer::pass`] hands it on.
    ///
    /// # Errors
    /// Where something could not be read or saved; the page is as before then.
    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError>;

    /// True where the session puts several symbols of one thing together before the page is told of them.
    fn gathers(&self) -> bool {
        false
    }

    /// True where the count on a label is booked.
    fn books_counts(&self) -> bool {
        false
    }

    /// Of lots with the same number the one that this page asks for.
    fn own_lot(&self, _lots: &[LotKey]) -> Option<LotKey> {
        None
    }

    /// A symbol says more of goods that the page was told of a moment ago; `None` where it is too late for that.
    ///
    /// # Errors
    /// See [`on_scan`](Self::on_scan).
    fn on_more(
        &mut self,
        _desk: &mut Desk<'_>,
        _label: &Label,
        _part: &Part,
    ) -> Result<Option<Answer>, StoreError> {
        Ok(None)
    }

    /// A tap on one of its buttons.
    ///
    /// # Errors
    /// See [`on_scan`](Self::on_scan).
    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError>;

    /// What was typed on the keypad it opened. An answer that opens the keypad again carries the problem.
    ///
    /// # Errors
    /// See [`on_scan`](Self::on_scan).
    fn on_entry(&mut self, _desk: &mut Desk<'_>, _entry: Entry, _text: &str) -> Result<Answer, StoreError> {
        Ok(Answer::silent())
    }

    /// The keypad it opened was closed without an answer.
    fn on_cancel(&mut self) {}

    /// True while something is in hand that is not saved: `undo` drops it.
    fn has_in_hand(&self) -> bool {
        false
    }

    /// Drops what is in hand and not saved, for `undo`; names it.
    fn drop_in_hand(&mut self, _words: Words) -> Option<String> {
        None
    }

    /// An event was taken back by this operator: reads what it shows, and goes to where the work is open again.
    ///
    /// # Errors
    /// Where the file cannot be read.
    fn undone(&mut self, desk: &mut Desk<'_>, _body: &Body) -> Result<(), StoreError> {
        self.refresh(desk)
    }

    /// What the file keeps of it while it is open, for the case that the device goes out.
    fn kept(&self) -> Option<Kept> {
        None
    }

    /// Saves what is in hand before another page is shown.
    ///
    /// # Errors
    /// See [`on_scan`](Self::on_scan).
    fn leave(&mut self, _desk: &mut Desk<'_>) -> Result<Leave, StoreError> {
        Ok(Leave::Ready(String::new()))
    }

    /// What it shows.
    fn view(&self, frame: &Frame<'_>) -> Drawn;
}

/// A button that works.
#[must_use]
pub fn button(id: &str, label: String) -> Button {
    Button { id: id.to_owned(), label, enabled: true }
}

/// The buttons that make a quantity smaller and larger by a step; a tap on the quantity itself opens the keypad.
#[must_use]
pub fn steps(step: Quantity, unit: Unit, words: Words) -> Vec<Button> {
    let step = words.figure(step, unit);
    vec![button("minus", format!("−{step}")), button("plus", format!("+{step}"))]
}
