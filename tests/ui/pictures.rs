//! PNGs of every screen, for the eye: `target/ui/`.

use super::stage::{SIZES, Stage};
use super::views;
use firstout::app::controller::notice;
use firstout::screens::salvage_words;
use firstout::screens::words::{Language, Words};
use firstout::store::Salvage;
use std::path::PathBuf;

fn pictures(name: &str, (width, height): (u32, u32), night: bool, german: bool) {
    for (page, view) in views::all(german) {
        let mut stage = Stage::new(width, height);
        if german {
            stage.german();
        }
        stage.night(night);
        stage.show(view);
        stage.wait(300);
        stage.picture(&format!("{name}-{page}"));
    }
}

#[test]
fn portrait_day() {
    pictures("day", SIZES[0], false, false);
}

#[test]
fn portrait_night_german() {
    pictures("night-de", SIZES[0], true, true);
}

#[test]
fn large_day_german() {
    pictures("large-de", SIZES[1], false, true);
}

#[test]
fn landscape_day() {
    pictures("wide", SIZES[2], false, false);
}

/// The longest notice: what a damaged file has lost.
#[test]
fn a_salvage_is_said() {
    let (moved_to, why, lost) = (PathBuf::new(), String::new(), vec![87..=88, 91..=91, 1003..=1010]);
    let (events, pending, missing, complete) = (350, 312, 11, true);
    let looks = [("day", SIZES[0], false), ("large-de", SIZES[1], true), ("wide", SIZES[2], false)];
    for (name, (width, height), german) in looks {
        let (moved_to, why, lost) = (moved_to.clone(), why.clone(), lost.clone());
        let identity = !german;
        let salvage = Salvage { moved_to, why, events, pending, missing, lost, identity, complete };
        let language = if german { Language::German } else { Language::English };
        let said = salvage_words(&salvage, Words::new(language));
        let mut stage = Stage::new(width, height);
        let (_, view) = views::all(german).remove(0);
        stage.show(view);
        notice(&stage.window, true, &said.title, &said.text);
        stage.wait(300);
        stage.picture(&format!("{name}-salvage"));
    }
}
