//! What the goods-in page shows.

use super::super::screen::{Drawn, Frame, button, steps};
use super::super::view::{Goods, Page, ReceivePage, Row, Tone};
use super::super::words::{Common, Receiving};
use super::expected::ROWS_BESIDE;
use super::line::Line;
use super::{Candidate, Receive, question};
use crate::domain::Unit;

/// Draws the page.
pub(super) fn draw(page: &Receive, frame: &Frame<'_>) -> Drawn {
    let words = frame.words;
    let shown = match &page.candidate {
        Some(Candidate::Line { line, .. }) => Some(line.as_ref()),
        _ => page.hand.as_ref(),
    };
    let prompt = prompt(page, shown, frame);
    let waiting = page.parts.waiting(frame.now).filter(|_| page.candidate.is_none());
    let prompt = match waiting {
        Some(part) => words.say(Common::PartNoted { what: &part.name(words) }),
        None => prompt,
    };
    let shown = shown.filter(|_| waiting.is_none());
    let (done, all) = page.expected.progress();
    let middle = ReceivePage {
        prompt,
        goods: shown.map(|line| goods(line, frame)),
        missing: match waiting {
            Some(_) => vec![words.say(Receiving::MissingItem)],
            None => shown.and_then(Line::missing).map(|missing| missing.name(words)).into_iter().collect(),
        },
        quantity: shown.map(|line| words.parts(line.quantity, line.label.item.unit).0).unwrap_or_default(),
        quantity_detail: shown.map(|line| detail(page, line, frame)).unwrap_or_default(),
        rows: rows(page, shown.is_some(), frame),
    };
    let mut drawn = Drawn::new(page.title.clone(), Page::Receive(middle));
    if page.expected.is_order() {
        drawn.progress = format!("{done}/{all}");
    } else {
        drawn.progress = page.dock.code.clone();
    }
    drawn.primary = Some(button("done", words.say(Receiving::Done)));
    if let (Some(hand), None) = (&page.hand, &page.candidate) {
        drawn.counts = true;
        // What a piece weighs is no number of packs.
        if hand.label.weight.is_none() {
            drawn.steps = steps(hand.step(), hand.label.item.unit, words);
        }
        drawn.secondary.push(button("damaged", words.say(Receiving::Damaged)));
    }
    drawn.sheet = match &page.candidate {
        Some(Candidate::Line { line, adds }) => {
            let doubt = page.doubt(line, *adds, frame.today);
            doubt
                .filter(|doubt| line.missing().is_none() || is_early(doubt))
                .map(|doubt| question::sheet(&doubt, line, words))
        }
        Some(Candidate::Pallet { code, doubt, item, .. }) => {
            Some(question::pallet_sheet(code.as_str(), doubt, item, words))
        }
        None => None,
    };
    drawn
}

/// What to do next.
fn prompt(page: &Receive, shown: Option<&Line>, frame: &Frame<'_>) -> String {
    let words = frame.words;
    match (&page.candidate, shown) {
        (Some(Candidate::Line { line, .. }), _) => match line.missing() {
            Some(missing) => words.say(Receiving::StillMissing { what: &missing.name(words) }),
            None => words.say(Receiving::AnswerOrGoOn),
        },
        (Some(Candidate::Pallet { .. }), _) => words.say(Receiving::AnswerOrGoOn),
        (None, Some(line)) if page.damaged => {
            words.say(Receiving::ScanQuarantine { what: &line.label.name(words) })
        }
        (None, Some(_)) => words.say(Receiving::NextSaves),
        (None, None) if page.expected.is_complete() => words.say(Receiving::AllReceived),
        (None, None) => match &page.into {
            Some(code) => words.say(Receiving::PalletOpen { code: code.as_str() }),
            None => words.say(Receiving::ScanBox),
        },
    }
}

/// Asked before what is missing.
fn is_early(doubt: &super::Doubt) -> bool {
    matches!(doubt, super::Doubt::WhichLot { .. } | super::Doubt::NotOnOrder)
}

fn goods(line: &Line, frame: &Frame<'_>) -> Goods {
    let words = frame.words;
    let lot = line.label.lot.as_ref().map(|lot| words.say(Common::Lot { lot: lot.as_str() }));
    let serial = line.label.serial.as_ref().map(|it| words.say(Common::Serial { serial: it.as_str() }));
    let parts: Vec<String> = lot.into_iter().chain(serial).collect();
    Goods {
        item: line.label.item.name.clone(),
        lot: parts.join(" · "),
        good_to: words.good_to(line.good_to(), frame.today),
        in_days: words.in_days(line.good_to(), frame.today),
    }
}

/// "of 240 · each · = 2 cases".
fn detail(page: &Receive, line: &Line, frame: &Frame<'_>) -> String {
    let words = frame.words;
    let item = &line.label.item;
    let unit = words.unit_and_packs(item, line.quantity);
    if !page.expected.has(item.id) {
        return unit;
    }
    let (ordered, _) = page.expected.of_item(item.id);
    // A weight's unit stands beside its own number: "kg · of 9 kg".
    let of = words.say(Receiving::Of { quantity: &words.figure(ordered, item.unit) });
    match item.unit {
        Unit::Each => format!("{of} · {unit}"),
        Unit::Gram => format!("{unit} · {of}"),
    }
}

fn rows(page: &Receive, in_hand: bool, frame: &Frame<'_>) -> Vec<Row> {
    let words = frame.words;
    let rows = page.expected.due.iter().map(|due| {
        let lot = due.lot.as_ref().map(|lot| words.say(Common::Lot { lot: lot.as_str() }));
        Row {
            id: String::new(),
            title: due.item.name.clone(),
            detail: lot.unwrap_or_default(),
            value: words.part_of(due.received, due.ordered, due.item.unit),
            tone: Tone::Quiet,
        }
    });
    rows.take(if in_hand { ROWS_BESIDE } else { usize::MAX }).collect()
}
