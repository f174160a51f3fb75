//! Labels that say a lot, a date or a quantity and no item: they belong to the line in hand or wait for their item.

use super::super::gather::{Part, is_near};
use super::super::resolve::Label;
use super::super::screen::{Answer, Desk};
use super::super::words::Common;
use super::Receive;
use super::line::{Line, Settled};
use crate::store::StoreError;

impl Receive {
    /// A symbol without an item.
    pub(super) fn scan_part(&mut self, desk: &mut Desk<'_>, part: Part) -> Result<Answer, StoreError> {
        let near = is_near(self.heard_at, desk.now)
            && self.candidate.is_none()
            && self.parts.waiting(desk.now).is_none();
        if let Some(hand) = self.hand.clone().filter(|hand| near && part.fits(&hand.label)) {
            let line = with_part(&hand, &part);
            if line.label != hand.label || line.quantity != hand.quantity {
                self.heard_at = desk.now;
                return self.settle(desk, line, true);
            }
        }
        self.parts.keep(part, desk.now);
        let what = self.parts.named(desk.now, desk.words).unwrap_or_default();
        Ok(Answer::question(desk.say(Common::PartNoted { what: &what })))
    }

    /// The item's label with what was scanned before it.
    pub(super) fn with_parts(&mut self, desk: &Desk<'_>, label: &Label) -> Label {
        self.heard_at = desk.now;
        self.parts.join(label, desk.now)
    }
}

/// The line with what it does not say itself, and with another quantity where the part says one.
pub(super) fn with_part(line: &Line, part: &Part) -> Line {
    let mut line = line.clone();
    let step = line.quantity;
    line.quantity = part.quantity(&line.label).unwrap_or(step);
    line.label = Label { quantity: line.label.quantity, ..part.complete(&line.label) };
    if line.quantity != step {
        line.settled = Settled { many: false, ..line.settled };
    }
    line
}
