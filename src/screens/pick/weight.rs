//! Weighed goods come in whole pieces: the label says what a piece weighs, and that is what is picked.
//!
//! The last piece is never exactly what was ordered. A little more is taken without a word, a lot more is asked about;
//! where a little is missing, one tap says that it is enough.

use super::super::resolve::Label;
use super::super::screen::{Answer, Desk};
use super::super::words::Picking;
use super::Pick;
use super::question::Question;
use crate::domain::{FefoOverride, Quantity, Reason, Unit};
use crate::ledger::Take;
use crate::store::StoreError;

/// So much of an order line may be missing or too much before somebody is asked.
const TOLERANCE_PERCENT: i64 = 10;

/// What the piece under the scanner weighs; `None` where the label does not say it.
pub(super) fn piece(label: &Label) -> Option<Quantity> {
    label.weight.filter(|_| label.item.unit == Unit::Gram)
}

/// A tenth of what was ordered.
fn tolerance(ordered: Quantity) -> Quantity {
    Quantity::balance(ordered.units().saturating_mul(TOLERANCE_PERCENT) / 100)
}

impl Pick {
    /// Takes a piece as heavy as it is. `known` is what stands there in the books.
    pub(super) fn take_piece(
        &mut self,
        desk: &mut Desk<'_>,
        line: u32,
        mut takes: Vec<Take>,
        fefo: Option<FefoOverride>,
        place: &str,
    ) -> Result<Answer, StoreError> {
        let Some(known) = self.plan.line(line) else { return Ok(Answer::silent()) };
        let (open, ordered) = (known.demand.quantity, known.line.quantity);
        let weight: Quantity = takes.iter().map(|take| take.quantity).sum();
        let over = weight - open;
        if over > tolerance(ordered) {
            self.question = Some(Question::Heavier { line, takes, fefo, over });
            return Ok(Answer::question(desk.say(Picking::QHeavier)));
        }
        let there: Quantity = takes.iter().map(|take| take.candidate.quantity).sum();
        if weight > there
            && let Some(mut take) = takes.pop()
        {
            take.quantity = weight;
            let lot = take.candidate.key.lot.as_ref().map_or("", |lot| lot.as_str()).to_owned();
            self.question = Some(Question::NotKnown { line, take, place: place.to_owned(), fefo });
            return Ok(Answer::question(desk.say(Picking::QNotKnown { lot: &lot, place })));
        }
        self.take(desk, line, &takes, fefo, false)
    }

    /// After a piece: asks whether a small rest matters.
    pub(super) fn ask_if_enough(&mut self, line: u32, piece: Quantity) {
        let Some(known) = self.plan.line(line) else { return };
        let rest = known.demand.quantity;
        if rest.is_positive() && rest <= tolerance(known.line.quantity) {
            let stop = self.plan.stops.iter().position(|stop| stop.line == line);
            self.focus = stop.unwrap_or(self.focus);
            self.question = Some(Question::Enough { line, piece, rest });
        }
    }

    /// The rest of the line is given up: nobody cuts a cheese for it.
    pub(super) fn enough(&mut self, desk: &mut Desk<'_>) -> Result<Answer, StoreError> {
        let Some(Question::Enough { line, rest, .. }) = self.question else { return Ok(Answer::silent()) };
        let answer = self.give_up(desk, line, rest, Reason::WeightDiffers)?;
        self.question = None;
        Ok(answer)
    }
}
