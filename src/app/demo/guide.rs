//! The tour's hands and eyes: scans by real keys, taps by id, waits for answers, takes pictures.

#![expect(clippy::disallowed_methods, reason = "the app reads the clock")]

use super::network::Switch;
use super::{connect, folder::Prepared};
use crate::app::controller::{Controller, Seams};
use crate::app::data;
use crate::app::headless::{Canvas, SteadyClock};
use crate::app::run::RunArgs;
use crate::app::ui::{self, AppWindow};
use crate::app::worker::{Request, Update, Worker};
use crate::screens::{Look, Page, SessionConfig, Tone, View};
use anyhow::{Context as _, bail, ensure};
use slint::{ComponentHandle, Global};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// No answer of the device and none of the server takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Milliseconds between two keys of the tour's scanner.
const KEY_MS: u64 = 6;
/// The same symbol twice within the bounce window is one scan; the tour waits a little longer than that.
const BOUNCE: Duration = Duration::from_millis(850);
/// After so long the colour of an answer has gone.
const CALM: Duration = Duration::from_millis(1_000);

/// A handheld without a display, and who holds it.
pub struct Guide {
    canvas: Canvas,
    window: AppWindow,
    handheld: Option<Held>,
    clock: SteadyClock,
    folder: PathBuf,
    pictures: usize,
    last_scan: String,
    /// What was scanned while picking and was right: it goes on the truck later.
    pub picked: Vec<String>,
}

/// What belongs to one session.
struct Held {
    controller: Rc<RefCell<Controller>>,
    updates: Receiver<Update>,
    _worker: Worker,
}

impl Guide {
    /// A canvas of a handheld's size and a window on it.
    ///
    /// # Errors
    /// Where this process draws on something else already.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let canvas = Canvas::install(480, 800)?;
        let window = AppWindow::new()?;
        window.show()?;
        Ok(Self {
            canvas,
            window,
            handheld: None,
            clock: SteadyClock::default(),
            folder: folder.to_owned(),
            pictures: 0,
            last_scan: String::new(),
            picked: Vec::new(),
        })
    }

    /// Begins a session on the demo's handheld; an earlier one ends.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn start(&mut self, prepared: &Prepared, language: &str) -> anyhow::Result<()> {
        self.handheld = None;
        let (store, _) = data::open(&prepared.handheld).map_err(|error| data::in_words(&error))?;
        let name = store.identity()?.context("the handheld is not enrolled")?.name;
        let args = RunArgs { language: Some(language.to_owned()), ..RunArgs::default() };
        let (sender, updates) = mpsc::channel();
        let link = connect(prepared.url(), prepared.folder.clone(), Switch::default());
        // The pictures are the same at every hour of the day.
        let look = if ui::Theme::get(&self.window).get_night() { Look::Night } else { Look::Day };
        let config = SessionConfig { look, ..args.config(name) };
        let worker = Worker::start(store, config, link, move |update| drop(sender.send(update)))?;
        let requests = worker.requests();
        let clock = self.clock.clone();
        let seams = Seams {
            send: Box::new(move |request: Request| drop(requests.send(request))),
            clock_ms: Box::new(move || clock.now_ms()),
            feedback: Box::new(|_| {}),
        };
        let controller = Controller::attach(&self.window, seams);
        self.handheld = Some(Held { controller, updates, _worker: worker });
        self.until("the first page", |_| true)?;
        Ok(())
    }

    /// Another size of window.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.canvas.resize(width, height);
    }

    /// Day or night.
    pub fn night(&self, night: bool) {
        ui::Theme::get(&self.window).set_night(night);
    }

    /// A scanner in keyboard mode sends this; the answer must have that tone.
    ///
    /// # Errors
    /// Where it has another one.
    pub fn scan(&mut self, text: &str, expected: Tone) -> anyhow::Result<()> {
        self.scan_any(text)?;
        self.expect(expected).with_context(|| format!("scanned {text:?}"))
    }

    /// The same, whatever the answer is.
    ///
    /// # Errors
    /// Where no answer comes.
    pub fn scan_any(&mut self, text: &str) -> anyhow::Result<()> {
        if self.last_scan == text {
            std::thread::sleep(BOUNCE);
        }
        text.clone_into(&mut self.last_scan);
        let picking = self.view().is_ok_and(|view| matches!(view.page, Page::Pick(_)));
        for c in text.chars().chain(['\n']) {
            self.clock.advance(KEY_MS);
            self.canvas.key(&self.window, c);
        }
        self.clock.advance(1_000);
        self.answered()?;
        if picking && text.starts_with("]d2") && !self.picked.iter().any(|known| known == text) {
            self.picked.push(text.to_owned());
        }
        Ok(())
    }

    /// The last answer had this tone.
    ///
    /// # Errors
    /// Where it had another one, with its words.
    pub fn expect(&self, expected: Tone) -> anyhow::Result<()> {
        let view = self.view()?;
        let said = view.strip.as_ref().map(|strip| strip.text.as_str()).unwrap_or_default();
        let tone = view.flash.tone;
        ensure!(tone == expected, "expected {expected:?}; the answer was {tone:?}: {said}");
        Ok(())
    }

    /// Back until there is nothing before.
    ///
    /// # Errors
    /// Where a page does not let go.
    pub fn home(&mut self) -> anyhow::Result<()> {
        for _ in 0..6 {
            if matches!(self.view()?.page, Page::Home(_)) {
                return Ok(());
            }
            self.tap("back")?;
        }
        bail!("there is no way home from {:?}", self.view()?.page)
    }

    /// The device noticed that the network is there again.
    ///
    /// # Errors
    /// Where there is no session.
    pub fn network_is_back(&mut self) -> anyhow::Result<()> {
        self.handheld.as_ref().context("no session")?.controller.borrow().network_changed();
        Ok(())
    }

    /// A finger on a control.
    ///
    /// # Errors
    /// Where no answer comes.
    pub fn tap(&mut self, id: &str) -> anyhow::Result<()> {
        ui::Shell::get(&self.window).invoke_tap(id.into());
        self.answered()
    }

    /// A finger on the control that ends in these words, for example a reason.
    ///
    /// # Errors
    /// Where there is no such answer.
    pub fn tap_answer(&mut self, wanted: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let view = self.view()?;
        let answers =
            view.sheet.iter().flat_map(|sheet| &sheet.answers).chain(&view.secondary).chain(&view.primary);
        let id = answers.map(|button| button.id.clone()).find(|id| wanted(id));
        let id = id.with_context(|| format!("no such answer on {:?}", view.sheet))?;
        self.tap(&id)
    }

    /// What is shown.
    ///
    /// # Errors
    /// Where nothing is.
    pub fn view(&self) -> anyhow::Result<View> {
        let held = self.handheld.as_ref().context("no session")?;
        let controller = held.controller.borrow();
        controller.screens().shown().cloned().context("nothing is shown")
    }

    /// Waits until the display says so.
    ///
    /// # Errors
    /// Where it never does.
    pub fn until(&mut self, what: &str, done: impl Fn(&View) -> bool) -> anyhow::Result<()> {
        let held = self.handheld.as_ref().context("no session")?;
        let began = Instant::now();
        loop {
            if self.view().is_ok_and(|view| done(&view)) {
                return Ok(());
            }
            match held.updates.recv_timeout(PATIENCE.saturating_sub(began.elapsed())) {
                Ok(update) => held.controller.borrow_mut().take(update),
                Err(_) => bail!("waited for {what} for {} s; shown is {:?}", PATIENCE.as_secs(), self.view()),
            }
        }
    }

    /// Waits for the answer to the last scan or tap.
    fn answered(&mut self) -> anyhow::Result<()> {
        let held = self.handheld.as_ref().context("no session")?;
        while !held.controller.borrow().is_answered() {
            match held.updates.recv_timeout(PATIENCE) {
                Ok(update) => held.controller.borrow_mut().take(update),
                Err(error) => bail!("no answer: {error}"),
            }
        }
        self.canvas.paint();
        Ok(())
    }

    /// Writes a picture of what is shown, with the colour of the last answer.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn picture(&mut self, name: &str) -> anyhow::Result<()> {
        // What an answer set in motion runs on the next turn; the picture is of what comes to rest.
        self.canvas.paint();
        std::thread::sleep(Duration::from_millis(300));
        self.canvas.paint();
        self.pictures += 1;
        let file = super::picture(&self.folder, self.pictures, name);
        self.canvas.save(&file).with_context(|| format!("cannot write {}", file.display()))
    }

    /// The same after the colour of an accepted answer has gone.
    ///
    /// # Errors
    /// See [`Guide::picture`].
    pub fn calm_picture(&mut self, name: &str) -> anyhow::Result<()> {
        self.canvas.paint();
        std::thread::sleep(CALM);
        self.picture(name)
    }

    /// How many pictures there are.
    #[must_use]
    pub fn pictures(&self) -> usize {
        self.pictures
    }
}
