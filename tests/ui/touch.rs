//! Every control of every page: large enough for gloves, inside the window, apart from its neighbours, and it says
//! the view-models' word for it when it is tapped.

use super::kit::Kit;
use super::stage::{SIZES, Stage};
use super::views;
use firstout::screens::words::Language;
use firstout::screens::{Input, View};

const TARGET_PX: f32 = 64.0;
const GAP_PX: f32 = 12.0;

struct Box {
    id: String,
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

fn boxes(stage: &Stage) -> Vec<Box> {
    let controls = stage.controls().into_iter();
    let placed = controls.map(|(id, control)| {
        let (at, size) = (control.absolute_position(), control.size());
        Box { id, x: at.x, y: at.y, width: size.width, height: size.height }
    });
    placed.collect()
}

/// Rows of lists may lie half outside while they scroll; everything else may not.
pub fn scrolls(id: &str) -> bool {
    ["order:", "row:", "label:", "take:", "from:", "hold:"].iter().any(|row| id.starts_with(row))
}

pub fn check_page(name: &str, stage: &Stage, (width, height): (u32, u32)) {
    let boxes = boxes(stage);
    assert!(!boxes.is_empty(), "{name}: no controls");
    for it in &boxes {
        let what = format!("{name} at {width}×{height}: {}", it.id);
        assert!(
            it.width >= TARGET_PX - 0.5 && it.height >= TARGET_PX - 0.5,
            "{what} is {}×{}",
            it.width,
            it.height
        );
        if !scrolls(&it.id) {
            let inside = it.x >= -0.5
                && it.y >= -0.5
                && it.x + it.width <= width as f32 + 0.5
                && it.y + it.height <= height as f32 + 0.5;
            assert!(inside, "{what} lies at {},{} {}×{}", it.x, it.y, it.width, it.height);
        }
    }
    for (i, one) in boxes.iter().enumerate() {
        for other in boxes.iter().skip(i + 1).filter(|other| !scrolls(&other.id)) {
            let across = (other.x - (one.x + one.width)).max(one.x - (other.x + other.width));
            let down = (other.y - (one.y + one.height)).max(one.y - (other.y + other.height));
            let gap = across.max(down);
            // The header's own line: back, title and badge touch nothing else.
            let header = one.id == "badge" || one.id == "back" || other.id == "badge" || other.id == "back";
            let least = if header || scrolls(&one.id) { 0.0 } else { GAP_PX - 0.5 };
            assert!(
                gap >= least,
                "{name} at {width}×{height}: {} and {} are {gap} px apart",
                one.id,
                other.id
            );
        }
    }
}

fn check_size(index: usize) {
    let (width, height) = SIZES[index];
    for german in [false, true] {
        for (name, view) in views::all(german) {
            let mut stage = Stage::new(width, height);
            if german {
                stage.german();
            }
            stage.show(view);
            check_page(name, &stage, (width, height));
        }
    }
}

#[test]
fn targets_at_480_by_800() {
    check_size(0);
}

#[test]
fn targets_at_720_by_1280() {
    check_size(1);
}

#[test]
fn targets_at_800_by_480() {
    check_size(2);
}

/// Everything that a view names can be tapped, and the tap says that name.
#[test]
fn taps_make_the_round_trip() {
    let mut kit = Kit::new(480, 800);
    for (name, view) in views::all(false) {
        kit.answer(view.clone(), Language::English);
        for id in named(&view) {
            kit.tap(&id);
            assert_eq!(kit.asked(), [Input::Tap(id)], "on {name}");
        }
    }
}

fn named(view: &View) -> Vec<String> {
    let sheet = view.sheet.iter().flat_map(|sheet| &sheet.answers);
    let below =
        view.primary.iter().chain(&view.secondary).filter(|_| view.sheet.is_none() && view.keypad.is_none());
    let mut ids: Vec<String> =
        sheet.filter(|_| view.keypad.is_none()).chain(below).map(|button| button.id.clone()).collect();
    if view.strip.as_ref().is_some_and(|strip| strip.undo) && view.sheet.is_none() && view.keypad.is_none() {
        ids.push("undo".into());
    }
    if view.can_go_back {
        ids.push("back".into());
    }
    ids
}

#[test]
fn a_finger_reaches_what_it_touches() {
    let mut kit = Kit::new(480, 800);
    kit.answer(views::named("question"), Language::English);
    let keep = kit.stage.control("keep").unwrap();
    kit.stage.click(&keep);
    assert_eq!(kit.asked(), [Input::Tap("keep".into())]);
    kit.answer(views::named("home"), Language::English);
    let tile = kit.stage.control("tile:pick").unwrap();
    kit.stage.click(&tile);
    let badge = kit.stage.control("badge").unwrap();
    kit.stage.click(&badge);
    assert_eq!(kit.asked(), [Input::Tap("tile:pick".into()), Input::Tap("badge".into())]);
}
