//! The window's side of the app: keys and taps become requests, answers become what is drawn. It never waits.

use super::adapter::Screens;
use super::ui::{self, AppWindow};
use super::wedge::{Heard, Key, Wedge};
use super::worker::{Request, Update};
use crate::screens::words::Language;
use crate::screens::{Input, Tone};
use crate::sync::engine::Input as SyncInput;
use slint::{ComponentHandle, Global, SharedString, Timer};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What the window needs from outside.
pub struct Seams {
    /// Takes requests, at once.
    pub send: Box<dyn Fn(Request)>,
    /// Milliseconds on any steady clock.
    pub clock_ms: Box<dyn Fn() -> u64>,
    /// Sounds and shakes.
    pub feedback: Box<dyn FnMut(Tone)>,
}

/// The window, what it shows, and what is being typed.
pub struct Controller {
    window: slint::Weak<AppWindow>,
    seams: Seams,
    screens: Screens,
    wedge: Wedge,
    idle: Timer,
    /// The keypad for a code was asked for and is not there yet; keys wait for it in the worker's queue.
    opening: bool,
    asked: u64,
    answered: u64,
    heard_flash: u64,
    german: bool,
    night: Option<bool>,
}

impl Controller {
    /// Connects the window's callbacks. The window keeps the controller alive.
    #[must_use]
    pub fn attach(window: &AppWindow, seams: Seams) -> Rc<RefCell<Self>> {
        let controller = Rc::new(RefCell::new(Self {
            window: window.as_weak(),
            seams,
            screens: Screens::default(),
            wedge: Wedge::default(),
            idle: Timer::default(),
            opening: false,
            asked: 0,
            answered: 0,
            heard_flash: 0,
            german: false,
            night: None,
        }));
        let shell = ui::Shell::get(window);
        let this = Rc::clone(&controller);
        shell.on_tap(move |id| this.borrow_mut().tap(&id));
        let this = Rc::clone(&controller);
        shell.on_key(move |text, control, alt, meta, repeat| {
            let key = Key { text: &text, control, alt, meta, repeat };
            let taken = this.borrow_mut().key(key);
            Self::listen(&this);
            taken
        });
        controller
    }

    /// Draws an answer, unless a newer one is drawn already.
    pub fn take(&mut self, update: Update) {
        let Some(window) = self.window.upgrade() else { return };
        if update.generation < self.answered {
            return;
        }
        self.answered = update.generation;
        self.speak(update.language);
        self.opening = false;
        let (flash, night) = (update.view.flash, update.view.night);
        if self.night != Some(night) {
            self.night = Some(night);
            ui::Theme::get(&window).set_night(night);
        }
        self.screens.show(&window, update.view);
        if let Some(said) = &update.notice {
            notice(&window, true, &said.title, &said.text);
        }
        if flash.count > self.heard_flash {
            self.heard_flash = flash.count;
            (self.seams.feedback)(flash.tone);
        }
    }

    /// What is shown.
    #[must_use]
    pub fn screens(&self) -> &Screens {
        &self.screens
    }

    /// True once everything that was asked is drawn.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answered == self.asked
    }

    /// A symbol from a scanner, or from a label that was tapped.
    pub fn scan(&mut self, bytes: Vec<u8>) {
        self.send(Input::Scan { bytes });
    }

    /// The network came or went: the next try need not wait.
    pub fn network_changed(&self) {
        (self.seams.send)(Request::Sync(Box::new(SyncInput::NetworkChanged)));
    }

    fn tap(&mut self, id: &str) {
        self.send(Input::Tap(id.to_owned()));
    }

    fn key(&mut self, key: Key<'_>) -> bool {
        let typing = self.typing();
        let (taken, heard) = self.wedge.key(key, (self.seams.clock_ms)(), typing);
        heard.into_iter().for_each(|heard| self.hear(heard));
        taken
    }

    /// Asks the wedge again when the keys have stopped.
    fn listen(this: &Rc<RefCell<Self>>) {
        let wait = Wedge::wait_ms(this.borrow().typing()) + 5;
        let again = Rc::downgrade(this);
        this.borrow().idle.start(slint::TimerMode::SingleShot, Duration::from_millis(wait), move || {
            if let Some(this) = again.upgrade() {
                this.borrow_mut().keys_stopped();
            }
        });
    }

    fn keys_stopped(&mut self) {
        let typing = self.typing();
        let heard = self.wedge.idle((self.seams.clock_ms)(), typing);
        heard.into_iter().for_each(|heard| self.hear(heard));
    }

    /// True where single keys have a field to go to.
    fn typing(&self) -> bool {
        self.opening || self.screens.shown().is_some_and(|view| view.keypad.is_some())
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Scan(bytes) => self.scan(bytes),
            Heard::Typed(c) if self.typing() => self.tap(&format!("key:{}", c.to_ascii_uppercase())),
            Heard::Typed(c) => {
                self.tap("type");
                self.opening = true;
                self.tap(&format!("key:{}", c.to_ascii_uppercase()));
            }
            Heard::Enter if self.typing() => self.tap("key:ok"),
            Heard::Erase if self.typing() => self.tap("key:back"),
            Heard::Back if self.typing() => self.tap("key:cancel"),
            Heard::Back => self.tap("back"),
            Heard::Enter | Heard::Erase => {}
        }
    }

    fn send(&mut self, input: Input) {
        self.asked += 1;
        if let Some(window) = self.window.upgrade() {
            ui::Notice::get(&window).set_visible(false);
        }
        (self.seams.send)(Request::Input { generation: self.asked, input });
    }

    fn speak(&mut self, language: Language) {
        let german = language == Language::German;
        if self.german != german {
            self.german = german;
            let tag = if german { "de" } else { "" };
            if let Err(error) = slint::select_bundled_translation(tag) {
                tracing::warn!(%error, tag, "no such translation");
            }
        }
    }
}

/// What must be said before work can begin.
pub fn notice(window: &AppWindow, alarm: bool, title: &str, text: &str) {
    let global = ui::Notice::get(window);
    global.set_alarm(alarm);
    global.set_title(SharedString::from(title));
    global.set_text(SharedString::from(text));
    global.set_visible(true);
    let shell = ui::Shell::get(window);
    shell.set_title(SharedString::from("Firstout"));
    shell.set_can_go_back(false);
    shell.set_progress(SharedString::default());
}
