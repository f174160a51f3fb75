//! PNGs of every screen, for the eye: `target/ui/`.

use super::stage::{SIZES, Stage};
use super::views;

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
