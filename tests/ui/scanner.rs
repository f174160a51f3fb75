//! Scans from every page, through the window's real key handler.

use super::kit::Kit;
use super::views;
use firstout::screens::words::Language;
use firstout::screens::{Input, Tone};

const LABEL: &str = "]d2010950600013435217270314\u{1d}10L2231";

fn scan_of(text: &str) -> Input {
    Input::Scan { bytes: text.as_bytes().to_vec() }
}

#[test]
fn a_scan_works_from_every_page() {
    let mut kit = Kit::new(480, 800);
    for (name, view) in views::all(false) {
        kit.answer(view, Language::English);
        kit.keys(&format!("{LABEL}\n"), 4);
        assert_eq!(kit.asked(), [scan_of(LABEL)], "on {name}");
    }
}

/// The element that had the focus may be gone with its page; the scanner must take it back.
#[test]
fn focus_survives_taps_and_page_changes() {
    let mut kit = Kit::new(480, 800);
    let views = views::all(false);
    for (name, view) in views.iter().chain(views.iter().rev()) {
        kit.answer(view.clone(), Language::English);
        let ids: Vec<String> = kit.stage.controls().into_iter().map(|(id, _)| id).collect();
        for id in ids.iter().filter(|id| !id.starts_with("key:") && *id != "scan" && *id != "type") {
            if let Some(control) = kit.stage.control(id) {
                kit.stage.click(&control);
            }
        }
        kit.asked();
        kit.keys("A-03-2\n", 4);
        assert_eq!(kit.asked(), [scan_of("A-03-2")], "on {name}");
    }
}

fn taps(ids: &[&str]) -> Vec<Input> {
    ids.iter().map(|id| Input::Tap((*id).into())).collect()
}

#[test]
fn a_scan_while_a_code_is_typed_is_a_scan() {
    let mut kit = Kit::new(480, 800);
    kit.answer(views::named("code"), Language::English);
    kit.tap("key:A");
    kit.keys("7", 300);
    kit.clock.advance(300);
    kit.keys(&format!("{LABEL}\n"), 4);
    let mut expected = taps(&["key:A", "key:7"]);
    expected.push(scan_of(LABEL));
    assert_eq!(kit.asked(), expected);
}

#[test]
fn keys_and_fingers_go_to_the_open_keypad() {
    let mut kit = Kit::new(480, 800);
    kit.answer(views::named("quantity"), Language::English);
    kit.keys("7", 300);
    kit.pause();
    kit.keys("\u{8}", 300);
    kit.tap("key:4");
    kit.keys("\n", 300);
    kit.key("\u{1b}");
    assert_eq!(kit.asked(), taps(&["key:7", "key:back", "key:4", "key:ok", "key:cancel"]));
}

#[test]
fn slow_typing_opens_the_keypad_and_nothing_is_lost() {
    let mut kit = Kit::new(480, 800);
    kit.answer(views::named("home"), Language::English);
    kit.keys("p", 200);
    kit.pause();
    // The answer is not there yet, and typing goes on.
    kit.keys("o", 200);
    kit.pause();
    assert_eq!(kit.asked(), taps(&["type", "key:P", "key:O"]));
    kit.answer(views::named("code"), Language::English);
    kit.keys("7", 200);
    kit.pause();
    assert_eq!(kit.asked(), taps(&["key:7"]));
}

#[test]
fn keys_without_a_keypad_do_nothing_by_themselves() {
    let mut kit = Kit::new(480, 800);
    kit.answer(views::named("pick"), Language::English);
    kit.keys("\n\u{8}\u{f701}", 300);
    kit.pause();
    assert_eq!(kit.asked(), []);
    kit.key("\u{f748}");
    assert_eq!(kit.asked(), taps(&["back"]), "the system's back key");
}

#[test]
fn equal_answers_sound_twice_and_old_ones_are_dropped() {
    let mut kit = Kit::new(480, 800);
    let mut view = views::named("pick-here");
    kit.answer(view.clone(), Language::English);
    view.flash.count += 1;
    kit.answer(view.clone(), Language::English);
    assert_eq!(*kit.heard.borrow(), [Tone::Accepted, Tone::Accepted]);
    kit.answer(view.clone(), Language::English);
    assert_eq!(kit.heard.borrow().len(), 2, "the same answer drawn again is silent");
    let newer = views::named("refused");
    kit.answer_as(9, newer.clone(), Language::English);
    kit.answer_as(8, view, Language::English);
    assert_eq!(kit.controller.borrow().screens().shown(), Some(&newer));
}

#[test]
fn the_operator_s_language_is_the_window_s() {
    let mut kit = Kit::new(480, 800);
    kit.answer(views::named("receive"), Language::English);
    let undo = |kit: &Kit| kit.stage.control("undo").and_then(|it| it.accessible_label()).unwrap_or_default();
    assert_eq!(undo(&kit), "Undo");
    kit.answer(views::named("receive"), Language::German);
    assert_eq!(undo(&kit), "Rückgängig");
    kit.answer(views::named("receive"), Language::English);
    assert_eq!(undo(&kit), "Undo");
}

/// The frame is opaque colour at once; an accepted scan's fades, a question's stays until the next answer.
#[test]
fn the_frame_answers_and_calms() {
    let mut kit = Kit::new(480, 800);
    let edge = |kit: &Kit| kit.stage.pixel(3, 400);
    kit.answer(views::named("pick"), Language::English);
    let page = edge(&kit);
    kit.answer(views::named("pick-here"), Language::English);
    let accepted = edge(&kit);
    assert_ne!(accepted, page);
    assert_eq!(kit.stage.pixel(11, 400), accepted, "broad at first");
    kit.stage.wait(300);
    assert_ne!(kit.stage.pixel(11, 400), accepted, "then narrow");
    kit.stage.wait(700);
    assert_eq!(edge(&kit), page);
    kit.answer(views::named("refused"), Language::English);
    kit.stage.wait(60_000);
    assert!(edge(&kit) != page && edge(&kit) != accepted);
}

/// A scanner as fast as a keyboard can be, and one as slow as a cheap one is: two labels, one after the other.
#[test]
fn two_labels_in_one_burst_at_any_speed() {
    for gap_ms in [1, 40] {
        for page in ["home", "receive", "code", "quantity"] {
            let mut kit = Kit::new(480, 800);
            kit.answer(views::named(page), Language::English);
            kit.keys(&format!("{LABEL}\n{LABEL}\tA-03-2\n"), gap_ms);
            assert_eq!(
                kit.asked(),
                [scan_of(LABEL), scan_of(LABEL), scan_of("A-03-2")],
                "{page} {gap_ms} ms"
            );
        }
    }
}
