//! A window with its real controller; the worker's place is taken by a list of requests.

use super::stage::Stage;
use firstout::app::controller::{Controller, Seams};
use firstout::app::headless::SteadyClock;
use firstout::app::worker::{Request, Update};
use firstout::screens::words::Language;
use firstout::screens::{Input, Tone, View};
use slint::platform::WindowEvent;
use slint::{ComponentHandle, SharedString};
use std::cell::RefCell;
use std::rc::Rc;

pub struct Kit {
    pub stage: Stage,
    pub controller: Rc<RefCell<Controller>>,
    pub clock: SteadyClock,
    pub heard: Rc<RefCell<Vec<Tone>>>,
    requests: Rc<RefCell<Vec<Request>>>,
    generation: u64,
}

impl Kit {
    pub fn new(width: u32, height: u32) -> Self {
        let stage = Stage::new(width, height);
        let requests: Rc<RefCell<Vec<Request>>> = Rc::default();
        let heard: Rc<RefCell<Vec<Tone>>> = Rc::default();
        let clock = SteadyClock::default();
        clock.advance(10_000);
        let (sink, time, ears) = (Rc::clone(&requests), clock.clone(), Rc::clone(&heard));
        let seams = Seams {
            send: Box::new(move |request| sink.borrow_mut().push(request)),
            clock_ms: Box::new(move || time.now_ms()),
            feedback: Box::new(move |tone| ears.borrow_mut().push(tone)),
        };
        let controller = Controller::attach(&stage.window, seams);
        Self { stage, controller, clock, heard, requests, generation: 0 }
    }

    /// Draws a view as the answer to the newest request.
    pub fn answer(&mut self, view: View, language: Language) {
        for request in self.requests.borrow().iter() {
            if let Request::Input { generation, .. } = request {
                self.generation = self.generation.max(*generation);
            }
        }
        self.answer_as(self.generation, view, language);
    }

    pub fn answer_as(&mut self, generation: u64, view: View, language: Language) {
        self.controller.borrow_mut().take(Update { generation, view, language, notice: None });
        self.stage.wait(5);
    }

    /// What the window asked since the last call.
    pub fn asked(&self) -> Vec<Input> {
        let requests = std::mem::take(&mut *self.requests.borrow_mut());
        let inputs = requests.into_iter().map(|request| match request {
            Request::Input { input, .. } => input,
            other => panic!("{other:?}"),
        });
        inputs.collect()
    }

    pub fn key(&self, text: impl Into<SharedString>) {
        let text = text.into();
        let window = self.stage.window.window();
        window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
        window.dispatch_event(WindowEvent::KeyReleased { text });
    }

    /// Keys through the window's real handler, so many milliseconds apart.
    pub fn keys(&self, text: &str, gap_ms: u64) {
        for c in text.chars() {
            self.clock.advance(gap_ms);
            self.stage.wait(gap_ms);
            let key = if c == '\u{1d}' { slint::platform::Key::F8.into() } else { SharedString::from(c) };
            self.key(key);
        }
    }

    /// Keys with a modifier held, as Ctrl+] or Alt+029.
    pub fn chord(&self, modifier: slint::platform::Key, text: &str, gap_ms: u64) {
        let held: SharedString = modifier.into();
        self.clock.advance(gap_ms);
        self.stage.window.window().dispatch_event(WindowEvent::KeyPressed { text: held.clone() });
        self.keys(text, gap_ms);
        self.stage.window.window().dispatch_event(WindowEvent::KeyReleased { text: held });
    }

    /// The keys have stopped.
    pub fn pause(&self) {
        self.clock.advance(1_000);
        self.stage.wait(1_000);
    }

    pub fn tap(&self, id: &str) {
        let control = self.stage.control(id).unwrap_or_else(|| panic!("no control {id:?}"));
        control.invoke_accessible_default_action();
        self.stage.wait(5);
    }
}
