//! Several symbols of one thing, on every page: what a page is told, and what waits for the rest.

use super::{Run, Session};
use crate::domain::{LotKey, Timestamp};
use crate::screens::gather::{Heard, Part};
use crate::screens::resolve::{Label, Meaning, Scan};
use crate::screens::screen::{Answer, Next};
use crate::screens::thing::Mismatch;
use crate::screens::view::Tone;
use crate::screens::words::Common;
use crate::store::StoreError;

impl Session {
    /// Tells the page on top of a scan, together with those just before it; the scan as the page was told it.
    pub(super) fn tell_page(&mut self, run: &mut Run<'_>, scan: Scan) -> Result<(Scan, Answer), StoreError> {
        self.thing.hear(&scan.reading, run.now);
        let (scan, answer) = match self.stack.last().is_some_and(|page| page.gathers()) {
            true => self.gathered(run, scan)?,
            false => {
                let answer = self.with_top(run, |page, desk| page.on_scan(desk, &scan))?;
                (scan, answer.unwrap_or_else(Answer::silent))
            }
        };
        let answer = self.doubted(answer);
        Ok((scan, answer))
    }

    fn gathered(&mut self, run: &mut Run<'_>, scan: Scan) -> Result<(Scan, Answer), StoreError> {
        let (now, words) = (run.now, self.words());
        let scan = self.chosen(run, scan)?;
        let part = self.part_of(run, &scan)?;
        let (scan, part) = match self.gather.hear(scan.clone(), part, now) {
            Heard::Scan(scan, part) => (scan, part),
            Heard::Item(label) => {
                let (what, name) = (label.item.name.as_str(), label.name(words));
                return Ok((scan, Answer::note(words.say(Common::PartFits { what, name: &name }))));
            }
            Heard::More(label, part) => {
                let answer = self.with_top(run, |page, desk| page.on_more(desk, &label, &part))?.flatten();
                let (what, name) = (part.name(words), label.name(words));
                let (what, name) = (what.as_str(), name.as_str());
                let late = part.quantity(&label).is_some_and(|quantity| label.counted != Some(quantity));
                let own = || match late {
                    true => Answer::refused(words.say(Common::PartLate { what, name })),
                    false => Answer::note(words.say(Common::PartFits { what, name })),
                };
                return Ok((scan, answer.unwrap_or_else(own)));
            }
        };
        let mut answer =
            self.with_top(run, |page, desk| page.on_scan(desk, &scan))?.unwrap_or_else(Answer::silent);
        match (&scan.meaning, part) {
            (_, Some(part)) if matches!(answer.next, Next::Pass) => {
                self.gather.keep(part, now);
                let what = self.gather.named(now, words).unwrap_or_default();
                answer = Answer::question(words.say(Common::PartNoted { what: &what }));
            }
            (Meaning::Goods(label), part) => {
                let by_lot = part.is_some() || (scan.reading.text().is_some() && label.lot.is_some());
                self.gather.answered(label, answer.tone != Tone::Refused, by_lot, now);
            }
            _ => {}
        }
        Ok((scan, answer))
    }

    /// A lot number of several items, where the page asks for one of them.
    fn chosen(&mut self, run: &mut Run<'_>, scan: Scan) -> Result<Scan, StoreError> {
        let Meaning::SeveralLots(lots) = &scan.meaning else { return Ok(scan) };
        let Some(key) = self.stack.last().and_then(|page| page.own_lot(lots)) else { return Ok(scan) };
        let Some(item) = run.store.item(key.item)? else { return Ok(scan) };
        let label = Label { lot: key.lot, ..Label::of_item(item) };
        Ok(Scan { meaning: Meaning::Goods(Box::new(label)), ..scan })
    }

    /// What a scan says of an item that it does not name.
    ///
    /// A plain code may be the lot that the item before asks for; without symbology identifier it may also be an element.
    /// Then the lot that is known here counts.
    fn part_of(&self, run: &Run<'_>, scan: &Scan) -> Result<Option<Part>, StoreError> {
        let reading = &scan.reading;
        let is_thing = match &scan.meaning {
            Meaning::Unknown | Meaning::SeveralLots(_) => false,
            Meaning::Goods(label) => label.lot.is_none() || label.counted.is_some(),
            _ => true,
        };
        let part = Part::of(reading);
        let Some(text) = reading.text().filter(|_| part.is_none() && !is_thing) else { return Ok(part) };
        let unmarked = Part::of_unmarked(reading);
        let waiting = self.gather.item(run.now).and_then(|item| Some((item, item.lacks()?)));
        let Some((item, lack)) = waiting else {
            return Ok(unmarked.filter(|_| matches!(scan.meaning, Meaning::Unknown)));
        };
        let typed = Part::of_text(text, lack);
        for part in [&unmarked, &typed].into_iter().flatten() {
            let key = LotKey { item: item.item.id, lot: part.lot.clone() };
            if key.lot.is_some() && run.store.lot(&key)?.is_some() {
                return Ok(Some(part.clone()));
            }
        }
        let says_more = unmarked.filter(|part| part.lot.is_none() && part.serial.is_none());
        Ok(says_more.or(typed))
    }

    /// What waited for too long is forgotten, and said to be.
    pub(super) fn forget_late(&mut self, now: Timestamp) -> Option<Answer> {
        let words = self.words();
        let what = self.gather.expire(now, words)?;
        Some(Answer::note(words.say(Common::PartForgotten { what: &what })))
    }

    /// What the symbols of one thing say together and cannot both be right is said with the answer.
    fn doubted(&self, answer: Answer) -> Answer {
        let books_counts = self.stack.last().is_some_and(|page| page.books_counts());
        let words = self.words();
        let text = match self.thing.mismatch() {
            Some(Mismatch::HowMany) if books_counts => words.say(Common::NotHowMany),
            Some(Mismatch::Both(one, other)) => words.say(Common::SaysBoth { one: &one, other: &other }),
            _ => return answer,
        };
        if matches!(answer.tone, Tone::Refused) || matches!(answer.next, Next::Pass) {
            return answer;
        }
        Answer { tone: Tone::Question, text: format!("{} {text}", answer.text).trim().to_owned(), ..answer }
    }
}
