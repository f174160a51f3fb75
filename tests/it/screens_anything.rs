//! Anything may be scanned and tapped in any order: no input is without an answer, and the badge never lies.

use crate::flows::{Counter, MORNING, demo_store};
use crate::store_kit::Folder;
use firstout::demo::{Rng, labels, warehouse};
use firstout::screens::{Input, Page, Session, SessionConfig, Tone, View};
use std::collections::BTreeMap;

const INPUTS: usize = 400;
const ROWS_MAX: usize = 8;
const SECONDARY_MAX: usize = 3;

/// Every id that the view offers.
fn taps(view: &View) -> Vec<String> {
    let buttons = view
        .primary
        .iter()
        .chain(&view.secondary)
        .chain(&view.steps)
        .chain(view.sheet.iter().flat_map(|it| &it.answers));
    let mut ids: Vec<String> = buttons.map(|button| button.id.clone()).collect();
    ids.extend(rows(view));
    if let Page::Home(page) = &view.page {
        ids.extend(page.tiles.iter().map(|tile| tile.id.clone()));
    }
    if view.keypad.is_some() {
        ids.extend(["1", "0", "2", "back", "ok", "cancel"].map(|key| format!("key:{key}")));
    }
    ids.extend(["undo", "back", "badge", "type", "quantity", "plus", "minus"].map(str::to_owned));
    ids.retain(|id| !["sign_out", "hand_in"].contains(&id.as_str()));
    ids
}

fn rows(view: &View) -> Vec<String> {
    let rows = match &view.page {
        Page::Orders(page) => &page.rows,
        Page::Receive(page) => &page.rows,
        Page::PutAway(page) | Page::Move(page) => &page.rows,
        Page::Dispatch(page) => &page.rows,
        _ => return Vec::new(),
    };
    assert!(rows.len() <= ROWS_MAX, "{rows:?}");
    rows.iter().map(|row| row.id.clone()).filter(|id| !id.is_empty()).collect()
}

fn play(seed: u64) -> BTreeMap<String, u32> {
    let folder = Folder::new("anything");
    let mut store = demo_store(&folder);
    let codes: Vec<Vec<u8>> = labels(&warehouse(1, MORNING.utc().date_naive()))
        .iter()
        .filter(|label| label.group != "badges")
        .map(|label| label.scan_text.clone().into_bytes())
        .collect();
    let (mut session, mut ids, mut rng) =
        (Session::new(SessionConfig::default()), Counter::default(), Rng::new(seed));
    let mut now = MORNING;
    let badge = Input::Scan { bytes: b"BADGE-1002".to_vec() };
    let mut view = session.handle(&mut store, badge, now, &mut ids);
    let mut seen = BTreeMap::<String, u32>::new();
    for step in 0..INPUTS {
        now = now.plus_ms(rng.range(100, 4_000));
        let input = match rng.range(0, 9) {
            0 => Input::Scan { bytes: (0..rng.range(1, 60)).map(|_| rng.bits() as u8).collect() },
            1..=5 => Input::Scan { bytes: rng.pick(&codes).unwrap().clone() },
            _ => Input::Tap(rng.pick(&taps(&view)).unwrap().clone()),
        };
        let before = view.flash.count;
        let scanned = matches!(input, Input::Scan { .. });
        let what = format!("seed {seed}, step {step}: {input:?}");
        view = session.handle(&mut store, input, now, &mut ids);

        let pending = store.sync_status().unwrap().pending;
        assert_eq!(view.badge.pending, pending, "{what}");
        assert!(view.secondary.len() <= SECONDARY_MAX, "{what}: {:?}", view.secondary);
        assert!(!scanned || view.strip.is_some(), "{what}: a scan without an answer");
        let answered = view.flash.tone != Tone::Quiet;
        assert_eq!(view.flash.count, before + u64::from(answered), "{what}");
        let page = serde_json::to_value(&view.page).unwrap();
        *seen.entry(page.as_object().unwrap().keys().next().unwrap().clone()).or_default() += 1;
        if let Page::SignIn(_) = view.page {
            panic!("{what}: signed out");
        }
    }
    store.check().unwrap();
    seen
}

#[test]
fn whatever_is_scanned_or_tapped_is_answered() {
    let mut seen = BTreeMap::<String, u32>::new();
    for seed in 1..=6 {
        for (page, times) in play(seed) {
            *seen.entry(page).or_default() += times;
        }
    }
    // The walk is no walk in place.
    for page in ["home", "receive", "put_away", "move", "pick", "look_up", "orders", "sync"] {
        assert!(seen.contains_key(page), "{page} was never seen: {seen:?}");
    }
}
