//! `firstout demo`: a warehouse, its server and a handheld, with one command; `--tour` plays its day without a display.

mod folder;
mod guide;
mod network;
mod server;
mod tour;

pub use network::{Switch, Switched};

use super::clock::now;
use super::controller::Controller;
use super::data;
use super::run::{self, RunArgs};
use super::ui::{self, AppWindow};
use super::worker::Connect;
use crate::demo::DEMO_PIN;
use crate::domain::Role;
use crate::exchange::Label;
use crate::sync::transport::Transport;
use folder::Prepared;
use slint::{ComponentHandle, Global, ModelRc, SharedString, VecModel};
use std::cell::RefCell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// `firstout demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// Plays the day without a display and leaves a picture of each screen in the folder.
    #[arg(long)]
    pub tour: bool,
    /// Where everything lies; an earlier demo there goes on.
    #[arg(long, default_value = "target/demo")]
    pub dir: PathBuf,
    /// Which warehouse.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Words for the operators: en or de.
    #[arg(long)]
    pub language: Option<String>,
    /// Light on dark.
    #[arg(long)]
    pub night: bool,
}

/// Runs the demo until its window is closed, or the tour.
///
/// # Errors
/// Where the server's program is missing or fails, where nothing can be written, or the tour finds something wrong.
pub fn run(args: &DemoArgs) -> anyhow::Result<()> {
    if args.tour {
        return tour::run(args);
    }
    if let Some(why) = no_display() {
        say(&format!("{why}, so the tour is played instead of opening a window."))?;
        return tour::run(args);
    }
    let prepared = folder::prepare(&args.dir, args.seed, now())?;
    welcome(&prepared)?;
    let switch = Switch::default();
    let options = RunArgs { db: None, language: args.language.clone(), night: args.night };
    let connect = connect(prepared.url(), args.dir.clone(), switch.clone());
    let handheld = run::open(&options, &prepared.handheld, connect)?;
    if let Some(controller) = &handheld.controller {
        drawer(&handheld.window, controller, &prepared.labels, switch);
    }
    handheld.window.run()?;
    Ok(())
}

/// Why no window can be opened.
fn no_display() -> Option<&'static str> {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !cfg!(target_os = "linux") || named("DISPLAY") {
        return None;
    }
    Some(if named("WAYLAND_DISPLAY") {
        "This build draws on X11 and DISPLAY is not set (XWayland would do)"
    } else {
        "There is no display (DISPLAY is not set)"
    })
}

fn welcome(prepared: &Prepared) -> anyhow::Result<()> {
    let begun = if prepared.fresh { "A new warehouse is ready." } else { "The earlier demo goes on." };
    let supervisor = prepared.warehouse.users.iter().find(|user| user.role == Role::Supervisor);
    let badge = supervisor.map(|user| user.badge.as_str()).unwrap_or_default();
    say(&format!(
        "{begun}\n\
         Server   {url}/  (the console; the browser does not know the demo's own authority and asks)\n\
         Sign in  badge {badge}, PIN {DEMO_PIN}\n\
         Labels   {sheet}  (print them, or open them on a second screen)\n\
         Handheld {file}\n\n\
         Scan a badge first: with a scanner in keyboard mode, or with the scan button at the bottom right.\n\
         There you can also cut the network: go on working, and watch the badge at the top right.\n\
         Close the window to end. The next start goes on where you left.",
        url = prepared.url(),
        sheet = prepared.sheet.display(),
        file = prepared.handheld.display(),
    ))
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// HTTP to where the demo's server listens now, behind the switch.
fn connect(url: String, folder: PathBuf, switch: Switch) -> Connect {
    Box::new(move |identity| match data::transport(identity, &url, &folder) {
        Ok(inner) => Some(Box::new(Switched { switch: switch.clone(), inner }) as Box<dyn Transport + Send>),
        Err(error) => {
            tracing::error!(%error, "the demo's server cannot be asked");
            None
        }
    })
}

/// Fills the drawer with labels to tap and connects the network's switch.
fn drawer(window: &AppWindow, controller: &Rc<RefCell<Controller>>, labels: &[Label], switch: Switch) {
    let demo = ui::Demo::get(window);
    demo.set_labels(ModelRc::new(VecModel::from(entries(labels))));
    demo.set_enabled(true);
    let texts: Vec<String> = labels.iter().map(|label| label.scan_text.clone()).collect();
    let this = Rc::clone(controller);
    demo.on_scan(move |id| {
        if let Some(text) = id.parse().ok().and_then(|i: usize| texts.get(i)) {
            this.borrow_mut().scan(text.clone().into_bytes());
        }
    });
    let (this, weak) = (Rc::clone(controller), window.as_weak());
    demo.on_toggle_network(move || {
        let cut = !switch.is_cut();
        switch.set_cut(cut);
        if let Some(window) = weak.upgrade() {
            ui::Demo::get(&window).set_network(!cut);
        }
        this.borrow().network_changed();
    });
}

/// The labels with a heading before each group.
fn entries(labels: &[Label]) -> Vec<ui::LabelData> {
    let mut entries = Vec::with_capacity(labels.len() + 8);
    let mut group = "";
    for (i, label) in labels.iter().enumerate() {
        if label.group != group {
            group = &label.group;
            entries.push(ui::LabelData { title: capital(group), heading: true, ..ui::LabelData::default() });
        }
        entries.push(ui::LabelData {
            id: SharedString::from(i.to_string()),
            title: SharedString::from(&label.title),
            detail: SharedString::from(&label.human_readable),
            heading: false,
        });
    }
    entries
}

fn capital(word: &str) -> SharedString {
    let mut chars = word.chars();
    chars.next().map_or_else(SharedString::default, |first| {
        SharedString::from(first.to_uppercase().collect::<String>() + chars.as_str())
    })
}

/// The folder's pictures.
fn picture(folder: &Path, number: usize, name: &str) -> PathBuf {
    folder.join(format!("{number:02}-{name}.png"))
}
