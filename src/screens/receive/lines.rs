//! A line's way: a label opens it, questions and the keypad complete it, the next scan saves it.

use super::super::entry::{Asked, Entry, read_date};
use super::super::gather::Part;
use super::super::message::refusal_words;
use super::super::resolve::{Label, Lack, Meaning, Scan};
use super::super::screen::{Answer, Desk};
use super::super::words::{Common, Receiving, Words};
use super::line::{Doubt, Line, Missing, Settled};
use super::parts::with_part;
use super::{Candidate, Receive, prefixed, question, units};
use crate::domain::{Day, HoldKind, HuCode, LocationKind, LotKey, LotNumber, Place, Quantity, SerialNumber};
use crate::ledger::command::{Arrival, Inbound, receive};
use crate::store::{Store, StoreError};

impl Receive {
    pub(super) fn scan_goods(
        &mut self,
        desk: &mut Desk<'_>,
        label: &Label,
        hu: Option<HuCode>,
    ) -> Result<Answer, StoreError> {
        if let Some(Candidate::Line { line, adds }) = &self.candidate
            && line.missing().is_some()
            && line.label.item.id == label.item.id
            && (line.label.lot.is_none() || label.lot.is_none() || line.label.lot == label.lot)
        {
            let (mut line, adds) = (line.clone(), *adds);
            line.learn(label);
            return self.settle(desk, *line, adds);
        }
        let left = self.first_answers(desk)?;
        let answer = self.begin_line(desk, label, hu)?;
        Ok(prefixed(answer, &left))
    }

    pub(super) fn begin_line(
        &mut self,
        desk: &mut Desk<'_>,
        label: &Label,
        hu: Option<HuCode>,
    ) -> Result<Answer, StoreError> {
        let hu = hu.or_else(|| self.into.clone());
        if let Some(serial) = label.serial.as_ref().filter(|_| label.item.tracking.needs_serial())
            && let Some(refusal) = self.serial_is_here(desk, label, serial)?
        {
            return Ok(Answer::refused(refusal));
        }
        if let Some(hand) = self.hand.as_ref().filter(|hand| hand.takes(label, hu.as_ref())) {
            let Some(quantity) =
                hand.quantity.checked_add(label.quantity).map(Quantity::units).and_then(units)
            else {
                return Ok(Answer::refused(desk.say(Common::QuantityTooLarge)));
            };
            let line = Line { quantity, ..hand.clone() };
            return self.settle(desk, line, true);
        }
        let needs_serial = label.item.tracking.needs_serial();
        let quantity = if needs_serial { Quantity::ONE } else { label.quantity };
        let line = Line {
            label: label.clone(),
            quantity,
            hu,
            number: None,
            reason: None,
            known: None,
            hold: None,
            settled: Settled::default(),
        };
        self.settle(desk, line, false)
    }

    pub(super) fn serial_is_here(
        &self,
        desk: &Desk<'_>,
        label: &Label,
        serial: &SerialNumber,
    ) -> Result<Option<String>, StoreError> {
        let in_hand = self.hand.as_ref().is_some_and(|hand| {
            hand.label.item.id == label.item.id && hand.label.serial.as_ref() == Some(serial)
        });
        if in_hand {
            return Ok(Some(desk.say(Receiving::SerialInHand { serial: serial.as_str() })));
        }
        let rows = desk.store.stock_of_serial(label.item.id, serial)?;
        let here = rows.iter().any(|row| row.quantity.is_positive());
        Ok(here.then(|| desk.say(Receiving::SerialHere { serial: serial.as_str() })))
    }

    /// Takes a line into the hand when nothing is missing and nothing speaks against it; else asks.
    pub(super) fn settle(
        &mut self,
        desk: &mut Desk<'_>,
        mut line: Line,
        adds: bool,
    ) -> Result<Answer, StoreError> {
        if line.known.is_none() && line.label.lot.is_some() {
            line.known = desk.store.lot(&line.label.lot_key())?.map(|passport| passport.facts);
        }
        line.number = self.expected.line_for(&line.label.item, line.label.lot.as_ref());
        line.hold = self.hold_on(desk, &line)?;
        let missing = line.missing();
        let doubt = self.doubt(&line, adds, desk.today);
        let early = matches!(doubt, Some(Doubt::WhichLot { .. } | Doubt::NotOnOrder));
        if let (Some(missing), false) = (missing, early) {
            let prompt = self.prompt(missing, &line, desk.words);
            let text = desk.say(Receiving::StillMissing { what: &missing.name(desk.words) });
            self.candidate = Some(Candidate::Line { line: Box::new(line), adds });
            return Ok(Answer::question(text).asking(prompt));
        }
        if let Some(doubt) = doubt {
            let title = question::sheet(&doubt, &line, desk.words).title;
            let text = format!("{title}: {}", line.label.name(desk.words));
            self.candidate = Some(Candidate::Line { line: Box::new(line), adds });
            return Ok(Answer::question(text));
        }
        self.accept(desk, line, adds)
    }

    pub(super) fn doubt(&self, line: &Line, adds: bool, today: Day) -> Option<Doubt> {
        let in_hand = match &self.hand {
            Some(hand) if !adds && hand.label.item.id == line.label.item.id => hand.quantity,
            _ => Quantity::ZERO,
        };
        line.doubt(&self.expected, in_hand, today)
    }

    pub(super) fn prompt(&self, missing: Missing, line: &Line, words: Words) -> Entry {
        let item = line.label.item.name.as_str();
        match missing {
            Missing::Lot => Entry::new(Asked::Lot, words.say(Receiving::AskLot { item })),
            Missing::Serial => Entry::new(Asked::Serial, words.say(Receiving::AskSerial { item })),
            Missing::Date => Entry::new(Asked::Date, words.say(Receiving::AskDate { item })),
        }
    }

    /// The line before is saved, this one is in hand.
    fn accept(&mut self, desk: &mut Desk<'_>, line: Line, adds: bool) -> Result<Answer, StoreError> {
        let what = line.label.name(desk.words);
        let saved = if adds {
            None
        } else {
            match self.save_in_hand(desk, Some(&line))? {
                Ok(saved) => saved,
                Err(answer) => return Ok(answer),
            }
        };
        let quantity = desk.words.amount(line.quantity, line.label.item.unit);
        self.candidate = None;
        self.damaged = false;
        self.hand = Some(line);
        Ok(match saved {
            Some(number) => {
                Answer::accepted(desk.say(Receiving::Saved { number: &number, what: &what })).undoable()
            }
            None if adds => {
                Answer::note(desk.say(Receiving::Added { quantity: &quantity, what: &what })).undoable()
            }
            None => Answer::note(desk.say(Receiving::InHand { what: &what })).undoable(),
        })
    }

    /// Saves a line, at the dock or at the place given, and names it; a refusal in words where the rules stop it. `next`
    /// is in hand after it.
    pub(super) fn save(
        &mut self,
        desk: &mut Desk<'_>,
        line: &Line,
        to: Place,
        kind: LocationKind,
        next: Option<&Line>,
    ) -> Result<Result<String, String>, StoreError> {
        let label = &line.label;
        let lot = label.lot_key().lot.and(label.facts());
        let arrival = Arrival {
            item: &label.item,
            lot,
            serial: label.serial.clone().filter(|_| label.item.tracking.needs_serial()),
            quantity: line.quantity,
            to,
            kind,
            hold: self.hold_on(desk, line)?,
            known: line.known.as_ref(),
        };
        let order = self.expected.order.as_ref();
        let inbound =
            Inbound { order, closed: false, progress: &self.expected.progress_rows, supplier: None };
        let body = match receive(&[arrival], &inbound, desk.today, line.reason) {
            Ok(body) => body,
            Err(refusal) => return Ok(Err(refusal_words(&refusal, label.item.unit, desk.words))),
        };
        let number = line.number;
        let event = desk.confirm_leaving(body, &self.after_saving(next))?;
        self.saved += 1;
        self.expected.booked(desk.store, event.body.lines());
        Ok(Ok(number.unwrap_or(self.saved).to_string()))
    }

    /// The gravest open stop on a line's lot or on its pallet.
    fn hold_on(&self, desk: &Desk<'_>, line: &Line) -> Result<Option<HoldKind>, StoreError> {
        let holds = desk.store.holds_on(&line.label.lot_key(), self.dock.id, line.hu.as_ref())?;
        Ok(holds.iter().map(|state| state.hold.kind).max())
    }

    /// Where a line stands: at the dock, on its pallet.
    fn at_dock(&self, line: &Line) -> Place {
        Place { location: self.dock.id, hu: line.hu.clone() }
    }

    /// Saves what is in hand before `next`; `Err` with words where the rules stop it, and it stays in hand.
    pub(super) fn save_in_hand(
        &mut self,
        desk: &mut Desk<'_>,
        next: Option<&Line>,
    ) -> Result<Result<Option<String>, Answer>, StoreError> {
        let Some(hand) = self.hand.clone() else { return Ok(Ok(None)) };
        let to = self.at_dock(&hand);
        Ok(match self.save(desk, &hand, to, LocationKind::Dock, next)? {
            Ok(number) => {
                self.hand = None;
                self.damaged = false;
                Ok(Some(number))
            }
            Err(words) => Err(Answer::refused(words)),
        })
    }

    /// A label of its own that fills what the candidate lacks.
    pub(super) fn fill(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Option<Answer>, StoreError> {
        let Some(Candidate::Line { line, adds }) = &self.candidate else { return Ok(None) };
        let other_thing = matches!(
            scan.meaning,
            Meaning::Badge(_) | Meaning::Order(_) | Meaning::Location(_) | Meaning::Hu(..)
        );
        if other_thing || scan.reading.gtin().is_some() {
            return Ok(None);
        }
        let (mut line, adds) = (line.clone(), *adds);
        let lack = match line.missing() {
            Some(Missing::Lot) => Some(Lack::Lot),
            Some(Missing::Serial) => Some(Lack::Serial),
            Some(Missing::Date) => None,
            None => return Ok(None),
        };
        let Some(part) = part_for(desk.store, scan, &mut line, lack)?.filter(|it| it.fits(&line.label))
        else {
            return Ok(None);
        };
        let alternatives = std::mem::take(&mut line.label.alternatives);
        let mut line = Box::new(with_part(&line, &part));
        line.label.alternatives = alternatives;
        self.heard_at = desk.now;
        if let Some(Candidate::Line { line: before, .. }) = &self.candidate
            && before.label == line.label
            && before.quantity == line.quantity
        {
            return Ok(None);
        }
        self.settle(desk, *line, adds).map(Some)
    }

    pub(super) fn change_quantity(
        &mut self,
        desk: &mut Desk<'_>,
        to: Option<Quantity>,
    ) -> Result<Answer, StoreError> {
        let Some(hand) = &self.hand else { return Ok(Answer::refused(desk.say(Receiving::NothingInHand))) };
        let Some(quantity) = to else { return Ok(Answer::refused(desk.say(Common::QuantityTooLarge))) };
        if !quantity.is_positive() {
            return Ok(Answer::refused(desk.say(Common::QuantityZero)));
        }
        let line = Line { quantity, settled: Settled { many: false, ..hand.settled }, ..hand.clone() };
        self.settle(desk, line, true)
    }

    pub(super) fn typed(
        &mut self,
        desk: &mut Desk<'_>,
        entry: Entry,
        text: &str,
    ) -> Result<Answer, StoreError> {
        let Some(Candidate::Line { line, adds }) = &self.candidate else { return Ok(Answer::silent()) };
        let (mut line, adds) = (line.clone(), *adds);
        let problem = match entry.asked {
            Asked::Lot => match LotNumber::new(text) {
                Ok(lot) => {
                    line.label.lot = Some(lot);
                    None
                }
                Err(_) => Some(Receiving::BadLot),
            },
            Asked::Serial => match SerialNumber::new(text) {
                Ok(serial) => {
                    line.label.serial = Some(serial);
                    None
                }
                Err(_) => Some(Receiving::BadLot),
            },
            Asked::Date => match read_date(text) {
                Some(day) => {
                    line.label.expiry = Some(day);
                    None
                }
                None => Some(Receiving::BadDate),
            },
            Asked::Quantity | Asked::Pin | Asked::Code => return Ok(Answer::silent()),
        };
        match problem {
            Some(problem) => {
                let problem = desk.say(problem);
                Ok(Answer::refused(problem.clone()).asking(entry.refused(problem)))
            }
            None => self.settle(desk, *line, adds),
        }
    }
}

/// What a symbol without an item says of the line that lacks something. A plain code is the lot or the serial number;
/// where it may be an element too, the lot that is known here counts, else a person is asked.
fn part_for(
    store: &Store,
    scan: &Scan,
    line: &mut Line,
    lack: Option<Lack>,
) -> Result<Option<Part>, StoreError> {
    let (reading, label) = (&scan.reading, &line.label);
    let Some(text) = reading.text() else { return Ok(Part::of(reading)) };
    let (unmarked, typed) = (Part::of_unmarked(reading), lack.and_then(|lack| Part::of_text(text, lack)));
    let (element, plain) = match (unmarked, typed) {
        (Some(element), Some(plain)) => (element, plain),
        (one, other) => return Ok(other.or(one)),
    };
    let known = |part: &Part| match &part.lot {
        Some(lot) => {
            store.lot(&LotKey { item: label.item.id, lot: Some(lot.clone()) }).map(|it| it.is_some())
        }
        None => Ok(false),
    };
    if known(&element)? || (element.lot.is_none() && element.serial.is_none() && !known(&plain)?) {
        return Ok(Some(element));
    }
    if lack == Some(Lack::Lot) && element.lot.is_some() && !known(&plain)? {
        line.label.alternatives = vec![element.complete(label)];
        line.settled.lot = false;
    }
    Ok(Some(plain))
}
