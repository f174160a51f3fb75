//! The pages as the view-models really make them: a day in the demo warehouse, in every size and language, for the eye
//! (`target/ui/real-*.png`) and for the hand (targets and gaps).

use super::stage::{SIZES, Stage};
use super::touch::check_page;
use firstout::domain::{EventId, Timestamp};
use firstout::flow::fill_demo;
use firstout::screens::words::Language;
use firstout::screens::{EventIds, Input, Session, SessionConfig, View};
use firstout::store::Store;
use uuid::Uuid;

/// 2026-11-23 08:00 UTC.
const MORNING: Timestamp = Timestamp(1_795_420_800_000);

struct Counter(u128);

impl EventIds for Counter {
    fn next_id(&mut self, _now: Timestamp) -> EventId {
        self.0 += 1;
        EventId(Uuid::from_u128(self.0))
    }
}

const CHEESE: &str = "]d2019952010400101631030043211026H9805";

/// A picture's name, and what is done before it: scans, and taps where they begin with `!`.
const DAY: &[(&str, &[&str])] = &[
    ("sign-in", &[]),
    ("pin", &["]C0BADGE-1003", "!key:2"]),
    ("home", &["!key:cancel", "]C0BADGE-1002"]),
    ("orders-in", &["!tile:receive"]),
    ("receive-list", &["]C0PO-7731"]),
    ("receive-line", &["]d201295201010000131727062110L2301"]),
    ("receive-saved", &["]d201295201010000201727062110L2302"]),
    ("receive-question", &["]d201295201010000131726120110L2399"]),
    ("receive-missing", &["!leave", "]d2012952010100001317270621"]),
    ("receive-weighed", &["!key:cancel", "!undo", "]d201995201040010163103004321172703071026H9999"]),
    ("receive-keypad", &["!leave", "!quantity", "!key:2", "!key:4"]),
    ("put-away-list", &["!key:cancel", "!done", "!tile:put_away"]),
    ("put-away", &["]C100395201010000013188"]),
    ("move", &["!undo", "!back", "!tile:move", "]C0A-03-2", "]d201295201010000131727031410L2231"]),
    ("pick-go", &["!undo", "]C010442"]),
    ("pick-here", &["]C0A-03-2"]),
    ("pick-question", &["]d201295201010000131727060210L2250"]),
    ("pick-why", &["!keep"]),
    ("pick-next", &["]d201295201010000131727031410L2231"]),
    ("pick-held", &["]C0A-04-1", "25-1188"]),
    ("pick-weighed", &["]C0L-20-1", CHEESE]),
    ("pick-short", &["!enough", "!short"]),
    ("dispatch", &["!leave", "!back", "!tile:dispatch", "!order:136"]),
    ("dispatch-loaded", &["L2231"]),
    ("dispatch-close", &["!close"]),
    ("look-up-lot", &["!go_on", "!back", "!tile:look_up", "L2231"]),
    ("look-up-place", &["]C0A-03-2"]),
    ("sync", &["!badge"]),
    ("hand-in", &["!hand_in"]),
    ("hold", &["]C0BADGE-1003", "!key:2", "!key:4", "!key:6", "!key:8", "!key:ok", "!tile:hold", "L2231"]),
    ("code", &["!type", "!key:A", "!key:-", "!key:0"]),
];

/// Every view of the day.
fn day(language: Language) -> Vec<(&'static str, View)> {
    let mut store = Store::open_in_memory().unwrap();
    fill_demo(&mut store, 1, MORNING.utc().date_naive(), MORNING).unwrap();
    let config = SessionConfig { device_name: "HH-07".into(), language, ..SessionConfig::default() };
    let (mut session, mut ids, mut now) = (Session::new(config), Counter(0), MORNING);
    let mut view = session.handle(&mut store, Input::SyncChanged, now, &mut ids);
    let mut views = Vec::new();
    for (name, inputs) in DAY {
        for what in *inputs {
            now = now.plus_ms(2_000);
            let input = match what.strip_prefix('!') {
                Some(id) => Input::Tap(id.to_owned()),
                None => Input::Scan { bytes: what.as_bytes().to_vec() },
            };
            view = session.handle(&mut store, input, now, &mut ids);
        }
        views.push((*name, view.clone()));
    }
    views
}

fn pictures(name: &str, (width, height): (u32, u32), night: bool, language: Language) {
    for (page, view) in day(language) {
        let mut stage = Stage::new(width, height);
        if language == Language::German {
            stage.german();
        }
        stage.night(night);
        stage.show(view);
        stage.wait(300);
        stage.picture(&format!("real-{name}-{page}"));
        check_page(page, &stage, (width, height));
    }
}

#[test]
fn small_day() {
    pictures("day", SIZES[0], false, Language::English);
}

#[test]
fn small_night_german() {
    pictures("night-de", SIZES[0], true, Language::German);
}

#[test]
fn large_day_german() {
    pictures("large-de", SIZES[1], false, Language::German);
}

#[test]
fn landscape_day() {
    pictures("wide", SIZES[2], false, Language::English);
}

#[test]
fn landscape_night_german() {
    pictures("wide-de", SIZES[2], true, Language::German);
}

/// In landscape a whole row of what is still to come is in sight beside the line in hand.
#[test]
fn landscape_shows_a_row_of_the_list() {
    let (width, height) = SIZES[2];
    let mut stage = Stage::new(width, height);
    let (_, view) = day(Language::English).into_iter().find(|(name, _)| *name == "receive-saved").unwrap();
    stage.show(view);
    let strip = stage.text("strip").absolute_position().y;
    let number = stage.control("quantity").unwrap();
    let list = strip - (number.absolute_position().y + number.size().height);
    assert!(list >= 72.0 + 2.0 * 12.0, "{list} px for rows of 72");
}

/// Nothing is drawn or tapped where the system or the device's frame covers the display.
#[test]
fn covered_edges_stay_free() {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height);
        stage.bezel(48.0, 24.0, 30.0, 16.0);
        for (page, view) in day(Language::English) {
            stage.show(view);
            for (id, control) in stage.controls() {
                if super::touch::scrolls(&id) {
                    continue;
                }
                let (at, size) = (control.absolute_position(), control.size());
                let inside = at.x >= 29.5
                    && at.y >= 47.5
                    && at.x + size.width <= width as f32 - 15.5
                    && at.y + size.height <= height as f32 - 23.5;
                assert!(inside, "{page} at {width}×{height}: {id} lies at {},{} {size:?}", at.x, at.y);
            }
        }
    }
}
