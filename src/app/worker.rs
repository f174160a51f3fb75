//! The thread that owns the file, the session and the sync: requests come in, what to show goes out.
//!
//! Nothing else touches the file. The network has a thread of its own (the courier); its answers are requests like any
//! other, so that no scan ever waits for a server.

use super::clock::{Ids, now};
use super::data::{self, Refusal};
use super::upkeep::{Plan, Upkeep, Wait};
use crate::domain::Timestamp;
use crate::screens::words::{Common, Language, Repair, Words};
use crate::screens::{
    Enrolment, EventIds, Input, Notice, Session, SessionConfig, View, salvage_words, store_words,
};
use crate::store::{Healed, Identity, Store, StoreError};
use crate::sync::driver::{Courier, Step, SyncWorker};
use crate::sync::engine::{Input as SyncInput, Problem};
use crate::sync::transport::Transport;
use crate::sync::wire::Invitation;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often the clock's words are drawn again while nothing happens.
const TICK_MS: i64 = 15_000;
/// Where damage could not be repaired, for example on a full disk, it is tried again after this.
const MEND_AGAIN_MS: i64 = 60_000;
/// Where the file is whole and its content cannot be used, it is fetched again, but not more often than this.
const REFETCH_AGAIN_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a device is called where the server gives it no name.
const NAME: &str = "HH-01";

/// What the worker is asked.
#[derive(Debug)]
pub enum Request {
    /// A person did something; the answer carries the same number.
    Input {
        /// Grows with each request.
        generation: u64,
        /// What was done.
        input: Input,
    },
    /// The network answered, came back, or went away.
    Sync(Box<SyncInput>),
    /// The server was asked to take this device.
    Enrolled(Box<Result<Identity, Refusal>>),
    /// The check beside the work has ended.
    Checked(Result<(), StoreError>),
    /// The window closes.
    Stop,
}

/// What the window shows next.
#[derive(Debug, Clone)]
pub struct Update {
    /// The number of the last request that it answers.
    pub generation: u64,
    /// What to draw.
    pub view: View,
    /// In which language.
    pub language: Language,
    /// What must be said before work goes on.
    pub notice: Option<Notice>,
}

/// Makes the transport once the device is enrolled.
pub type Connect = Box<dyn FnMut(&Identity) -> Option<Box<dyn Transport + Send>> + Send>;

/// The running thread.
pub struct Worker {
    requests: Sender<Request>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. `show` is called on it with each answer.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start(
        store: Store,
        config: SessionConfig,
        connect: Connect,
        show: impl FnMut(Update) + Send + 'static,
    ) -> std::io::Result<Self> {
        Self::start_with(store, config, connect, Plan::default(), show)
    }

    /// The same, with another plan for what is done while nobody wants anything.
    ///
    /// # Errors
    /// See [`Worker::start`].
    pub fn start_with(
        store: Store,
        config: SessionConfig,
        connect: Connect,
        plan: Plan,
        show: impl FnMut(Update) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (requests, waiting) = mpsc::channel();
        let back = requests.clone();
        let thread = thread::Builder::new().name("store".into()).spawn(move || {
            Loop {
                store,
                session: Session::new(config),
                ids: Ids,
                sync: SyncWorker::new(std::process::id().into()),
                courier: None,
                enrolling: false,
                upkeep: Upkeep::new(plan, now()),
                mend: None,
                generation: 0,
                shown: None,
                notice: None,
                show,
            }
            .run(&waiting, back, connect);
        })?;
        Ok(Self { requests, thread: Some(thread) })
    }

    /// Where requests go; never waits.
    #[must_use]
    pub fn requests(&self) -> Sender<Request> {
        self.requests.clone()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's thread ended badly");
        }
    }
}

struct Loop<F> {
    store: Store,
    session: Session,
    ids: Ids,
    sync: SyncWorker,
    courier: Option<Courier>,
    /// A server is being asked to take this device.
    enrolling: bool,
    upkeep: Upkeep,
    /// Until when a repair that was no use is not tried again.
    mend: Option<Wait>,
    generation: u64,
    shown: Option<(View, Language)>,
    notice: Option<Notice>,
    show: F,
}

impl<F: FnMut(Update)> Loop<F> {
    /// What a salvage has lost goes to the server like everything that happened here.
    fn report_losses(&mut self) {
        loop {
            let at = now();
            match self.store.report_loss(self.ids.next_id(at), at) {
                Ok(Some(_)) => {}
                Ok(None) | Err(StoreError::NotEnrolled) => return,
                Err(error) => {
                    self.store.note(&error);
                    return tracing::error!(%error, "the loss is told later");
                }
            }
        }
    }

    fn run(mut self, waiting: &Receiver<Request>, back: Sender<Request>, mut connect: Connect) {
        self.report_losses();
        let identity = self.store.identity().inspect_err(|error| self.store.note(error)).ok().flatten();
        if let Some(identity) = &identity {
            self.connect(identity, &back, &mut connect);
        }
        self.input(Input::SyncChanged);
        loop {
            self.mend();
            match waiting.recv_timeout(self.patience()) {
                Ok(Request::Input { generation, input }) => {
                    self.generation = generation;
                    match invitation(&input) {
                        Some(invitation) => self.enrol(invitation, &back),
                        None => self.person(input),
                    }
                }
                Ok(Request::Enrolled(answer)) => self.enrolled(*answer, &back, &mut connect),
                Ok(Request::Sync(input)) => self.feed(*input),
                Ok(Request::Checked(Ok(()))) => {}
                Ok(Request::Checked(Err(error))) => self.store.note(&error),
                Err(RecvTimeoutError::Timeout) => self.idle(&back),
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// From now on the server is asked in this device's name.
    fn connect(&mut self, identity: &Identity, back: &Sender<Request>, connect: &mut Connect) {
        let Some(transport) = connect(identity) else { return };
        let answers = back.clone();
        let deliver = move |input| drop(answers.send(Request::Sync(Box::new(input))));
        match Courier::start(transport, deliver) {
            Ok(courier) => self.courier = Some(courier),
            Err(error) => tracing::error!(%error, "no thread for the network"),
        }
        let step = self.sync.start(&mut self.store, now());
        self.follow(step);
    }

    /// Asks beside the work, where this device belongs to nobody yet or its server refuses it; the answer comes as a
    /// request.
    fn enrol(&mut self, invitation: Invitation, back: &Sender<Request>) {
        let name = match self.name_to_take(&invitation) {
            Ok(Ok(name)) => name,
            Ok(Err(why)) => {
                self.refused(|_| why);
                // Where the server does refuse this device, the next scan finds that noted.
                return self.feed(SyncInput::TryNow);
            }
            Err(error) => {
                self.store.note(&error);
                return self.refused(|words| store_words(&error, words));
            }
        };
        let asking = Enrolment::Asking { server: invitation.host().to_owned() };
        if !std::mem::replace(&mut self.enrolling, true) {
            let back = back.clone();
            let asked = thread::Builder::new().name("enrol".into()).spawn(move || {
                let answer = data::join(&invitation, &name, "");
                let _ = back.send(Request::Enrolled(Box::new(answer)));
            });
            if let Err(error) = asked {
                tracing::error!(%error, "no thread to enrol");
                self.enrolling = false;
                return self.refused(|words| words.say(Common::EnrolBroken));
            }
        }
        self.input(Input::Enrolment(asking));
    }

    /// What the device is called where the server gives it no name, or why the code is not used: a device that works
    /// stays what it is, whatever is scanned, and one that was locked out comes back to its own server.
    fn name_to_take(&self, invitation: &Invitation) -> Result<Result<String, String>, StoreError> {
        let Some(known) = self.store.identity()? else { return Ok(Ok(NAME.to_owned())) };
        let is_refused = self.store.sync_status()?.last_problem.as_deref() == Some(Problem::Revoked.code());
        let at = |url: &str| url.trim_end_matches('/').to_owned();
        let words = self.session.words();
        Ok(if !is_refused {
            Err(words.say(Common::EnrolledAlready { name: &known.name }))
        } else if at(&known.server_url) != at(&invitation.url) {
            Err(words.say(Common::EnrolElsewhere))
        } else {
            Ok(known.name)
        })
    }

    fn enrolled(&mut self, answer: Result<Identity, Refusal>, back: &Sender<Request>, connect: &mut Connect) {
        self.enrolling = false;
        let identity = match answer {
            Ok(identity) => identity,
            Err(refusal) => {
                tracing::warn!(%refusal, "not enrolled");
                return self.refused(|words| refusal.words(words));
            }
        };
        let home = |identity: &Identity| (identity.server_id, identity.site);
        let kept = match self.store.identity() {
            // Somebody may be signed in, with the goods of that site on the page.
            Ok(Some(known)) if home(&known) != home(&identity) => {
                return self.refused(|words| words.say(Common::EnrolElsewhere));
            }
            // What waits is kept, and sent under the new key.
            Ok(_) => self.store.enrol(identity).and_then(|()| self.store.identity()),
            Err(error) => Err(error),
        };
        match kept {
            Ok(Some(identity)) => {
                self.input(Input::Enrolment(Enrolment::Done { name: identity.name.clone() }));
                self.report_losses();
                self.connect(&identity, back, connect);
            }
            Ok(None) => self.refused(|words| words.say(Common::NotEnrolled)),
            Err(error) => {
                self.store.note(&error);
                self.refused(|words| store_words(&error, words));
            }
        }
    }

    fn refused(&mut self, why: impl FnOnce(Words) -> String) {
        let why = why(self.session.words());
        self.input(Input::Enrolment(Enrolment::Refused(why)));
    }

    fn idle(&mut self, back: &Sender<Request>) {
        if self.sync.is_due(now()) {
            self.feed(SyncInput::Woke);
        }
        self.upkeep.idle(&mut self.store, now(), back);
        self.input(Input::Tick);
    }

    /// Damage that was met is said first, then repaired: what was confirmed is carried over, what was refused was never
    /// called saved.
    fn mend(&mut self) {
        if !self.store.is_suspect() || self.mend.is_some_and(|wait| !wait.is_over(now())) {
            return;
        }
        self.upkeep.stop_check();
        self.say(Repair::Repairing);
        match self.store.heal(now()) {
            Ok(Healed::Refetch) => {
                self.mend = Some(Wait::of(REFETCH_AGAIN_MS, now()));
                self.say(Repair::Refetch);
            }
            Ok(Healed::Salvaged(salvage)) => {
                tracing::error!(?salvage, "the file was damaged; what could be read is in a new one");
                self.notice = Some(salvage_words(&salvage, self.session.words()));
            }
            Err(error) => {
                tracing::error!(%error, "the damaged file could not be repaired");
                self.mend = Some(Wait::of(MEND_AGAIN_MS, now()));
                self.say(Repair::NotRepaired);
            }
        }
        self.report_losses();
        let step = self.sync.start(&mut self.store, now());
        self.follow(step);
        self.input(Input::SyncChanged);
    }

    /// Shows a notice at once.
    fn say(&mut self, what: Repair<'_>) {
        let words = self.session.words();
        self.notice = Some(Notice { title: words.say(Repair::Title), text: words.say(what) });
        self.input(Input::Tick);
    }

    fn patience(&self) -> Duration {
        let due = self.sync.wake_at().map_or(self.upkeep.wake_at(), |at| at.min(self.upkeep.wake_at()));
        let until = due.ms_since(now()).clamp(0, TICK_MS);
        Duration::from_millis(u64::try_from(until).unwrap_or(0))
    }

    /// The answer is shown before the network hears of it.
    fn person(&mut self, input: Input) {
        let try_now = matches!(&input, Input::Tap(id) if id == "sync_now" || id == "hand_in");
        let before = self.store.pending();
        self.input(input);
        if self.store.pending() != before {
            let confirmed = self
                .store
                .last_seq()
                .map(|last_seq| SyncInput::EventConfirmed { pending: self.store.pending(), last_seq });
            match confirmed {
                Ok(confirmed) => self.feed(confirmed),
                Err(error) => self.store.note(&error),
            }
        }
        if try_now {
            self.feed(SyncInput::TryNow);
        }
    }

    fn feed(&mut self, input: SyncInput) {
        let step = self.sync.feed(&mut self.store, now(), input);
        let changed = step.changed;
        self.follow(step);
        if changed {
            self.input(Input::SyncChanged);
        }
    }

    fn follow(&mut self, step: Step) {
        if let (Some((number, request)), Some(courier)) = (step.send, &self.courier)
            && !courier.send(number, request)
        {
            tracing::error!("the network's thread is gone");
        }
    }

    /// Draws only what changed, except for a person who waits for an answer.
    fn input(&mut self, input: Input) {
        let asked = !matches!(input, Input::Tick | Input::SyncChanged);
        let at: Timestamp = now();
        let view = self.session.handle(&mut self.store, input, at, &mut self.ids);
        let next = (view, self.session.words().language);
        let notice = self.notice.take();
        if asked || notice.is_some() || self.shown.as_ref() != Some(&next) {
            self.shown = Some(next.clone());
            let (view, language) = next;
            (self.show)(Update { generation: self.generation, view, language, notice });
        }
    }
}

/// The office's code. It never reaches the pages: what they do not know is kept in the ledger, and a token is not for it.
fn invitation(input: &Input) -> Option<Invitation> {
    match input {
        Input::Scan { bytes } => Invitation::find(bytes),
        Input::Text(text) => Invitation::find(text.as_bytes()),
        _ => None,
    }
}
