//! A label that may say another lot than it seems to, on pages for goods that are here: where the lot that was read is
//! not known and another way to read the same symbol is, a person looks at the label and chooses.
//!
//! Goods-in asks for itself: there a lot is new more often than not.

use super::{Run, Session};
use crate::domain::LotNumber;
use crate::screens::resolve::{Label, Meaning, Scan};
use crate::screens::screen::{Answer, button};
use crate::screens::view::{Button, Fact, Sheet, Tone};
use crate::screens::words::{Common, Receiving, Words};
use crate::store::StoreError;

/// A scan that waits for a choice.
pub(super) struct WhichLot {
    scan: Scan,
    label: Label,
    /// The ways to read it whose lot is known here; never empty.
    known: Vec<Label>,
}

impl WhichLot {
    /// The question that a scan raises.
    fn of(run: &Run<'_>, scan: &Scan) -> Result<Option<Self>, StoreError> {
        let Meaning::Goods(label) = &scan.meaning else { return Ok(None) };
        let mut known = Vec::new();
        for other in &label.alternatives {
            if run.store.lot(&other.lot_key())?.is_some() {
                known.push(other.clone());
            }
        }
        let label = Label { alternatives: Vec::new(), ..(**label).clone() };
        Ok((!known.is_empty()).then(|| Self { scan: scan.clone(), label, known }))
    }

    /// The scan as it was meant; `None` where the id is none of the answers.
    fn answered(&self, id: &str) -> Option<Scan> {
        let index: usize = id.strip_prefix("lot:")?.parse().ok()?;
        let label = match index.checked_sub(1) {
            None => &self.label,
            Some(index) => self.known.get(index)?,
        };
        Some(Scan { meaning: Meaning::Goods(Box::new(label.clone())), ..self.scan.clone() })
    }

    fn sheet(&self, words: Words) -> Sheet {
        let answer = |(index, label): (usize, &Label)| -> Button {
            let lot = label.lot.as_ref().map_or("", LotNumber::as_str);
            button(&format!("lot:{index}"), words.say(Common::Lot { lot }))
        };
        let known = self.known.iter().enumerate().map(|(index, label)| answer((index + 1, label)));
        Sheet {
            tone: Tone::Question,
            title: words.say(Receiving::QWhichLot),
            facts: vec![Fact { label: words.say(Receiving::FactItem), value: self.label.item.name.clone() }],
            note: String::new(),
            answers: known.chain([answer((0, &self.label))]).collect(),
        }
    }
}

impl Session {
    /// Asks for the lot, where the page on top is for goods that are here and the scan leaves it open.
    pub(super) fn ask_lot(&mut self, run: &Run<'_>, scan: &Scan) -> Result<Option<Answer>, StoreError> {
        let is_for_known = self.stack.last().is_some_and(|page| page.gathers());
        self.which_lot = if is_for_known { WhichLot::of(run, scan)? } else { None };
        let asked = self.which_lot.is_some();
        Ok(asked.then(|| Answer::question(self.words().say(Receiving::QWhichLot))))
    }

    /// A tap while the question is open: one of its answers, or it is put aside.
    pub(super) fn answer_lot(&mut self, run: &mut Run<'_>, id: &str) -> Result<Option<Answer>, StoreError> {
        let Some(open) = self.which_lot.take() else { return Ok(None) };
        if let Some(scan) = open.answered(id) {
            return self.told(run, scan, &[]).map(Some);
        }
        let words = self.words();
        let read = open.label.lot.as_ref().map_or("", LotNumber::as_str);
        let dropped =
            || Answer::note(words.say(Common::Dropped { what: &words.say(Common::Lot { lot: read }) }));
        Ok(matches!(id, "undo" | "back").then(dropped))
    }

    /// The open question.
    pub(super) fn lot_sheet(&self, words: Words) -> Option<Sheet> {
        self.which_lot.as_ref().map(|open| open.sheet(words))
    }
}
