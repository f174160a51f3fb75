//! What put-away and move show.

use super::{Carry, ROWS};
use crate::domain::{Item, MoveKind};
use crate::screens::load::{Extent, Load, LoadRow};
use crate::screens::screen::{Drawn, Frame, Screen, button, steps};
use crate::screens::view::{MovePage, Page, Row, Tone};
use crate::screens::words::{Common, Stock, Words};

/// Draws the page.
pub(super) fn draw(page: &Carry, frame: &Frame<'_>) -> Drawn {
    let words = frame.words;
    let suggestion = page.suggestion.as_ref();
    let prompt = match page.wants() {
        Stock::ScanGoods if page.waiting.is_empty() => Stock::NothingWaits,
        Stock::ScanTarget if suggestion.is_some_and(|it| !it.place.is_empty()) => Stock::GoTo,
        wants => wants,
    };
    let hand = page.hand.as_ref();
    let middle = MovePage {
        prompt: words.say(prompt),
        goods: hand.map(|load| load.goods(words, frame.today)),
        quantity: hand.map(|load| load.amount(words)).unwrap_or_default(),
        quantity_detail: hand.map(|load| load.detail(words)).unwrap_or_default(),
        from: hand.map(|load| place_name(load, words)).unwrap_or_default(),
        suggestion: suggestion.map(|it| it.place.clone()).unwrap_or_default(),
        suggestion_reason: suggestion.map(|it| it.reason.clone()).unwrap_or_default(),
        rows: if hand.is_some() { Vec::new() } else { rows(page, frame) },
    };
    let mut drawn = match page.kind {
        MoveKind::PutAway => Drawn::new(words.say(Common::TilePutAway), Page::PutAway(middle)),
        MoveKind::Move => Drawn::new(words.say(Common::TileMove), Page::Move(middle)),
    };
    if page.puts_away() && page.count > 0 {
        drawn.progress = words.say(Common::Wait { count: &page.count.to_string() });
    }
    if let Some(load) = hand.filter(|load| load.extent == Extent::Goods) {
        drawn.counts = true;
        drawn.steps = steps(load.step, load.item.unit, words);
    }
    if page.has_in_hand() {
        drawn.secondary.push(button("undo", words.say(Stock::PutDown)));
    }
    drawn
}

fn rows(page: &Carry, frame: &Frame<'_>) -> Vec<Row> {
    let words = frame.words;
    let row = |index: usize, prefix: &str, row: &LoadRow, item: &Item, place: Option<&str>| {
        let goods = row.goods(item, words, frame.today);
        let detail: Vec<&str> = [goods.lot.as_str(), goods.good_to.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        Row {
            id: format!("{prefix}:{index}"),
            title: place.map_or(goods.item, str::to_owned),
            detail: detail.join(" · "),
            value: words.amount(row.what.there, item.unit),
            tone: Tone::Quiet,
        }
    };
    if !page.choose.is_empty() {
        return page
            .choose
            .iter()
            .take(ROWS as usize)
            .enumerate()
            .filter_map(|(index, load)| {
                let first = load.rows.first()?;
                let place = place_name(load, words);
                Some(row(index, "from", first, &load.item, Some(&place)))
            })
            .collect();
    }
    page.waiting.iter().enumerate().map(|(index, (it, item))| row(index, "take", it, item, None)).collect()
}

/// "A-03-2", "A-03-2 · Pallet 3401…".
fn place_name(load: &Load, words: Words) -> String {
    match load.rows.first().and_then(|row| row.what.key.place.hu.as_ref()) {
        Some(code) => format!("{} · {}", load.from.code, words.say(Common::Pallet { code: code.as_str() })),
        None => load.from.code.clone(),
    }
}
