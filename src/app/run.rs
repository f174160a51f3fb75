//! Opens the window on the handheld's file.

#![expect(clippy::disallowed_methods, reason = "the app reads the clock")]

use super::controller::{Controller, Seams, notice};
use super::data;
use super::feedback::Feedback;
use super::ui::{self, AppWindow};
use super::worker::{Connect, Request, Update, Worker};
use crate::screens::words::{Language, Words};
use crate::screens::{Look, SessionConfig, chosen_language, salvage_words, store_words};
use crate::store::{OpenReport, Store};
use crate::sync::transport::Transport;
use slint::{ComponentHandle, Global};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// `firstout` without a command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RunArgs {
    /// The handheld's file; the user's own where absent.
    #[arg(long)]
    pub db: Option<PathBuf>,
    /// Words for operators who have no language of their own: en or de.
    #[arg(long)]
    pub language: Option<String>,
    /// Light on dark, until somebody chooses on the device.
    #[arg(long)]
    pub night: bool,
}

impl RunArgs {
    /// What the session is told once.
    #[must_use]
    pub fn config(&self, device_name: String) -> SessionConfig {
        let wanted = self.language.clone().or_else(|| std::env::var("LANG").ok()).unwrap_or_default();
        let language = Language::of_tag(&wanted).unwrap_or_default();
        let look = if self.night { Look::Night } else { Look::Auto };
        SessionConfig { device_name, language, look, ..SessionConfig::default() }
    }
}

/// A window at work.
pub struct Handheld {
    /// The window.
    pub window: AppWindow,
    /// Its side of the app; `None` where work cannot begin.
    pub controller: Option<Rc<RefCell<Controller>>>,
    _worker: Option<Worker>,
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// Where there is no window system or no place for the file.
pub fn run(args: &RunArgs) -> anyhow::Result<()> {
    let file = args.db.clone().map_or_else(data::default_file, Ok)?;
    let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
    let handheld = open(args, &file, connect(folder))?;
    handheld.window.run()?;
    Ok(())
}

/// Everything but the event loop.
///
/// # Errors
/// See [`run`].
pub fn open(args: &RunArgs, file: &Path, connect: Connect) -> anyhow::Result<Handheld> {
    let window = AppWindow::new()?;
    if args.night {
        ui::Theme::get(&window).set_night(true);
    }
    let words = Words::new(args.config(String::new()).language);
    let (controller, worker) = match data::open(file) {
        Ok((store, report)) => match store.identity() {
            Ok(identity) => {
                let words = chosen_language(&store).map_or(words, Words::new);
                let name = identity.map(|identity| identity.name).unwrap_or_default();
                window.set_window_title(format!("Firstout {name}").trim_end().into());
                let (controller, worker) = work(&window, store, args.config(name), connect)?;
                tell_salvage(&window, &report, words);
                (Some(controller), Some(worker))
            }
            Err(error) => {
                notice(&window, true, &store_words(&error, words), &error.to_string());
                (None, None)
            }
        },
        Err(error) => {
            tracing::error!(%error, file = %file.display(), "the file cannot be opened");
            notice(&window, true, &store_words(&error, words), &error.to_string());
            (None, None)
        }
    };
    Ok(Handheld { window, controller, _worker: worker })
}

/// HTTP to the server that the device was enrolled with.
#[must_use]
pub fn connect(folder: PathBuf) -> Connect {
    Box::new(move |identity| match data::transport(identity, &identity.server_url, &folder) {
        Ok(transport) => Some(Box::new(transport) as Box<dyn Transport + Send>),
        Err(error) => {
            tracing::error!(%error, "the server cannot be asked");
            None
        }
    })
}

type Arrivals = Arc<Mutex<VecDeque<Update>>>;

fn work(
    window: &AppWindow,
    store: Store,
    config: SessionConfig,
    connect: Connect,
) -> anyhow::Result<(Rc<RefCell<Controller>>, Worker)> {
    let arrivals = Arrivals::default();
    let worker = Worker::start(store, config, connect, deliver(window, &arrivals))?;
    let requests = worker.requests();
    let began = Instant::now();
    let mut feedback = Feedback::new(Box::new(|_| {}));
    let seams = Seams {
        send: Box::new(move |request: Request| {
            if requests.send(request).is_err() {
                tracing::error!("the store's thread is gone");
            }
        }),
        clock_ms: Box::new(move || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)),
        feedback: Box::new(move |tone| feedback.answer(tone)),
    };
    let controller = Controller::attach(window, seams);
    let this = Rc::clone(&controller);
    ui::Shell::get(window).on_arrived(move || {
        loop {
            let next = arrivals.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match next {
                Some(update) => this.borrow_mut().take(update),
                None => return,
            }
        }
    });
    Ok((controller, worker))
}

/// Answers wait in a queue that the window's thread empties when it is called.
fn deliver(window: &AppWindow, arrivals: &Arrivals) -> impl FnMut(Update) + Send + 'static {
    let (window, arrivals) = (window.as_weak(), Arc::clone(arrivals));
    move |update| {
        arrivals.lock().unwrap_or_else(PoisonError::into_inner).push_back(update);
        let called = window.upgrade_in_event_loop(|window| ui::Shell::get(&window).invoke_arrived());
        if let Err(error) = called {
            tracing::debug!(%error, "the window is closed");
        }
    }
}

/// A damaged file never passes in silence.
fn tell_salvage(window: &AppWindow, report: &OpenReport, words: Words) {
    let Some(salvage) = &report.salvage else { return };
    tracing::error!(?salvage, "the file was damaged; what could be read is in a new one");
    let said = salvage_words(salvage, words);
    notice(window, true, &said.title, &said.text);
}
