//! Whole pallets: an announced one comes in with one scan, another is filled by the scans of its boxes.

use super::super::resolve::Label;
use super::super::screen::{Answer, Desk};
use super::super::words::Receiving;
use super::expected::lot_of;
use super::line::{Doubt, Line, Settled};
use super::{Candidate, Receive, prefixed, question};
use crate::domain::{Body, HuCode, OrderLine, Place, Quantity, Reason};
use crate::store::StoreError;

impl Receive {
    /// An announced pallet comes in with one scan; another one is filled by the scans of its boxes.
    pub(super) fn scan_pallet(
        &mut self,
        desk: &mut Desk<'_>,
        code: &HuCode,
        content: Option<&Label>,
    ) -> Result<Answer, StoreError> {
        let left = self.first_answers(desk)?;
        let (lines, here) = self.expected.pallet(code);
        if here {
            return Ok(Answer::refused(desk.say(Receiving::PalletHere { code: code.as_str() })));
        }
        let mut complete = !lines.is_empty();
        let mut worst: Option<(Doubt, String)> = None;
        for line in &lines {
            let Some(item) = desk.store.item(line.item)? else { continue };
            complete &= !(item.tracking.needs_serial() || item.tracking.needs_lot() && line.lot.is_none());
            let known = desk.store.lot(&lot_of(line))?.map(|passport| passport.facts);
            let probe = Line {
                label: Label { lot: line.lot.clone(), expiry: line.expiry, ..Label::of_item(item) },
                quantity: line.quantity,
                hu: None,
                number: None,
                reason: None,
                known,
                hold: None,
                settled: Settled { lot: true, order: true, date: true, many: true, life: false },
            };
            if let Some(doubt) = probe.doubt(&self.expected, Quantity::ZERO, desk.today) {
                worst.get_or_insert((doubt, probe.label.name(desk.words)));
            }
        }
        let answer = match (complete, worst) {
            (true, None) => self.save_pallet(desk, code, &lines, None)?,
            (true, Some((doubt, item))) => {
                let sheet = question::pallet_sheet(code.as_str(), &doubt, &item, desk.words);
                self.candidate = Some(Candidate::Pallet { code: code.clone(), lines, doubt, item });
                Answer::question(sheet.title)
            }
            (false, _) => self.open_pallet(desk, code, content)?,
        };
        Ok(prefixed(answer, &left))
    }

    pub(super) fn open_pallet(
        &mut self,
        desk: &mut Desk<'_>,
        code: &HuCode,
        content: Option<&Label>,
    ) -> Result<Answer, StoreError> {
        let rows = desk.store.stock_in_hu(code)?;
        if let Some(row) = rows.iter().find(|row| row.key.place.location != self.dock.id)
            && let Some(place) = desk.store.location(row.key.place.location)?
        {
            let text = Receiving::PalletElsewhere { code: code.as_str(), place: &place.code };
            return Ok(Answer::refused(desk.say(text)));
        }
        if let Some(label) = content {
            return self.begin_line(desk, label, Some(code.clone()));
        }
        self.into = Some(code.clone());
        Ok(Answer::note(desk.say(Receiving::PalletOpen { code: code.as_str() })))
    }

    pub(super) fn save_pallet(
        &mut self,
        desk: &mut Desk<'_>,
        code: &HuCode,
        lines: &[OrderLine],
        reason: Option<Reason>,
    ) -> Result<Answer, StoreError> {
        if let Err(answer) = self.save_in_hand(desk, None)? {
            return Ok(answer);
        }
        let to = Place::in_hu(self.dock.id, code.clone());
        let receipt = self.expected.receipt_of(lines, &to, reason);
        let count = receipt.lines.len().to_string();
        let event = desk.confirm(Body::Receipt(receipt))?;
        self.candidate = None;
        self.expected.booked(desk.store, event.body.lines());
        let text = Receiving::PalletSaved { code: code.as_str(), lines: &count };
        Ok(Answer::accepted(desk.say(text)).undoable())
    }
}
