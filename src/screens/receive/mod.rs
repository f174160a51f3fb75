//! Goods-in: one scan for each line. A scan opens a line with the pack's quantity; the next scan saves it and opens its own.
//!
//! A line that lacks something or that a rule speaks against is a candidate: the line in hand stays in hand until a
//! person has answered. Scanning on means the first, safe answer.

mod answers;
mod expected;
mod kept;
mod line;
mod lines;
mod pallet;
mod parts;
mod question;
mod show;

pub use kept::Kept;

use super::entry::{Asked, Entry, read_quantity};
use super::gather::{Gather, Part};
use super::resolve::{Meaning, Scan};
use super::screen::{Answer, Desk, Drawn, Frame, Leave, Next, Screen};
use super::words::{Common, Receiving, Words};
use crate::domain::{
    Body, CloseOrder, HuCode, Location, LocationKind, Order, OrderKind, OrderLine, Place, Quantity, Reason,
    Timestamp, Unit,
};
use crate::store::StoreError;
use expected::Expected;
use line::{Doubt, Line};

/// What waits for a person's answer.
#[derive(Debug, Clone)]
enum Candidate {
    /// A line; `adds` where it replaces the one in hand instead of following it.
    Line { line: Box<Line>, adds: bool },
    /// A whole announced pallet whose goods are too old.
    Pallet { code: HuCode, lines: Vec<OrderLine>, doubt: Doubt, item: String },
}

/// The goods-in page.
pub(super) struct Receive {
    expected: Expected,
    title: String,
    dock: Location,
    /// The pallet whose boxes are scanned now.
    into: Option<HuCode>,
    hand: Option<Line>,
    candidate: Option<Candidate>,
    /// The line in hand waits for the scan of a quarantine place.
    damaged: bool,
    saved: u32,
    /// What was scanned before its item.
    parts: Gather,
    /// When the line in hand was last scanned.
    heard_at: Timestamp,
}

impl Receive {
    /// Goods-in against an order's papers.
    pub(super) fn for_order(desk: &Desk<'_>, order: Order) -> Result<Self, StoreError> {
        let party = desk.store.party(order.party)?.map(|party| party.name).unwrap_or_default();
        let paper = match order.kind {
            OrderKind::PurchaseOrder => "PO",
            OrderKind::ShippingNotice => "ASN",
            OrderKind::SalesOrder => "",
        };
        // Numbers often carry their kind already.
        let number = if order.number.to_uppercase().starts_with(paper) {
            order.number.clone()
        } else {
            format!("{paper} {}", order.number)
        };
        let title = if party.is_empty() { number } else { format!("{number} · {party}") };
        Self::begin(desk, Some(order), title)
    }

    /// Goods-in without papers.
    pub(super) fn blind(desk: &Desk<'_>) -> Result<Self, StoreError> {
        Self::begin(desk, None, desk.say(Receiving::BlindTitle))
    }

    /// Goods-in that this scan begins by itself: a pallet of an open notice.
    pub(super) fn begun_by(desk: &Desk<'_>, scan: &Scan) -> Result<Option<Self>, StoreError> {
        let Meaning::Hu(code, _) = &scan.meaning else { return Ok(None) };
        match desk.store.order_announcing(code)? {
            Some(order) => Self::for_order(desk, order).map(Some),
            None => Ok(None),
        }
    }

    fn begin(desk: &Desk<'_>, order: Option<Order>, title: String) -> Result<Self, StoreError> {
        let dock = match desk.store.location(desk.site.dock)? {
            Some(dock) => dock,
            // A site whose dock was not sent yet: the id is what counts.
            None => Location {
                id: desk.site.dock,
                code: String::new(),
                kind: LocationKind::Dock,
                zone: String::new(),
                walk: 0,
                active: true,
            },
        };
        let mut expected = Expected::new(order);
        expected.refresh(desk.store)?;
        Ok(Self {
            expected,
            title,
            dock,
            into: None,
            hand: None,
            candidate: None,
            damaged: false,
            saved: 0,
            parts: Gather::default(),
            heard_at: desk.now,
        })
    }

    fn scan_location(&mut self, desk: &mut Desk<'_>, place: &Location) -> Result<Answer, StoreError> {
        let code = place.code.as_str();
        let stopped = match &self.candidate {
            Some(Candidate::Line { line, .. }) if line.hold.is_some() && line.missing().is_none() => {
                Some(line.as_ref().clone())
            }
            _ => self.hand.clone().filter(|_| self.damaged),
        };
        if let Some(line) = stopped {
            return self.quarantine(desk, line, place);
        }
        if place.kind != LocationKind::Dock || !place.active {
            return Ok(Answer::refused(desk.say(Receiving::NotDock { place: code })));
        }
        // What is in hand came in at the dock before.
        if let Err(answer) = self.save_in_hand(desk, None)? {
            return Ok(answer);
        }
        self.dock = place.clone();
        self.into = None;
        Ok(Answer::accepted(desk.say(Receiving::DockNow { place: code })))
    }

    /// Damaged and stopped goods come in where nothing is taken from.
    fn quarantine(
        &mut self,
        desk: &mut Desk<'_>,
        line: Line,
        place: &Location,
    ) -> Result<Answer, StoreError> {
        let code = place.code.as_str();
        if place.kind != LocationKind::Quarantine || !place.active {
            return Ok(Answer::refused(desk.say(Receiving::NotQuarantine { place: code })));
        }
        let what = line.label.name(desk.words);
        let to = Place { location: place.id, hu: line.hu.clone() };
        let reason = if self.damaged { Some(Reason::Damaged) } else { line.reason };
        let line = Line { reason, ..line };
        let next = self.hand.clone().filter(|_| self.candidate.is_some());
        Ok(match self.save(desk, &line, to, place.kind, next.as_ref())? {
            Ok(_) => {
                match self.candidate.take() {
                    Some(_) => {}
                    None => self.hand = None,
                }
                self.damaged = false;
                let text = Receiving::QuarantineSaved { what: &what, place: code };
                Answer::accepted(desk.say(text)).undoable()
            }
            Err(words) => Answer::refused(words),
        })
    }

    fn done(&mut self, desk: &mut Desk<'_>) -> Result<Answer, StoreError> {
        if let Some(Candidate::Line { line, .. }) = &self.candidate
            && let Some(missing) = line.missing()
        {
            let entry = self.prompt(missing, line, desk.words);
            let what = missing.name(desk.words);
            return Ok(Answer::question(desk.say(Receiving::StillMissing { what: &what })).asking(entry));
        }
        let left = self.first_answers(desk)?;
        if let Err(answer) = self.save_in_hand(desk, None)? {
            return Ok(prefixed(answer, &left));
        }
        if let (true, Some(order)) = (self.expected.is_complete(), &self.expected.order) {
            desk.confirm(Body::CloseOrder(CloseOrder { order: order.id }))?;
        }
        let text = desk.say(Receiving::Finished { title: &self.title });
        Ok(prefixed(Answer::done(text), &left).then(Next::Close))
    }
}

impl Screen for Receive {
    fn name(&self) -> &'static str {
        "receive"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.expected.refresh(desk.store)
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        if let Some(answer) = self.fill(desk, scan)? {
            return Ok(answer);
        }
        if let Some(part) = Part::of(&scan.reading) {
            return self.scan_part(desk, part);
        }
        match &scan.meaning {
            Meaning::Goods(label) => {
                let label = &self.with_parts(desk, label);
                // The second symbol of an announced pallet says what is in it, not which one it is.
                let pallet = match scan.reading.content_gtin() {
                    Some(_) => self.expected.pallet_with(label.item.id, label.lot.as_ref()),
                    None => None,
                };
                match pallet {
                    Some(code) => self.scan_pallet(desk, &code, None),
                    None => self.scan_goods(desk, label, None),
                }
            }
            Meaning::Hu(code, content) => self.scan_pallet(desk, code, content.as_deref()),
            Meaning::Location(place) => self.scan_location(desk, place),
            Meaning::Order(order) if self.expected.order.as_ref().is_some_and(|own| own.id == order.id) => {
                Ok(Answer::note(desk.say(Receiving::ScanBox)))
            }
            _ => Ok(Answer::pass(desk.say(Receiving::ScanGoods))),
        }
    }

    fn books_counts(&self) -> bool {
        true
    }

    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        let hand = self.hand.as_ref();
        match id {
            "done" => self.done(desk),
            "plus" => {
                let to = hand.and_then(|hand| hand.quantity.checked_add(hand.step())).map(Quantity::units);
                self.change_quantity(desk, to.and_then(units))
            }
            "minus" => {
                let to = hand.map(|hand| hand.quantity - hand.step());
                self.change_quantity(desk, to)
            }
            "quantity" => Ok(match hand {
                Some(hand) => {
                    let prompt = question::how_many(hand.label.item.unit, desk.words);
                    Answer::silent().asking(Entry::new(Asked::Quantity, prompt))
                }
                None => Answer::refused(desk.say(Receiving::NothingInHand)),
            }),
            "damaged" => Ok(match hand {
                Some(hand) => {
                    let what = hand.label.name(desk.words);
                    self.damaged = true;
                    Answer::question(desk.say(Receiving::ScanQuarantine { what: &what }))
                }
                None => Answer::refused(desk.say(Receiving::NothingInHand)),
            }),
            _ => self.answer(desk, id),
        }
    }

    fn on_entry(&mut self, desk: &mut Desk<'_>, entry: Entry, text: &str) -> Result<Answer, StoreError> {
        if entry.asked != Asked::Quantity {
            return self.typed(desk, entry, text);
        }
        match read_quantity(text, None, Unit::Each, desk.words) {
            Ok(quantity) => self.change_quantity(desk, Some(quantity)),
            Err(problem) => Ok(Answer::refused(problem.clone()).asking(entry.refused(problem))),
        }
    }

    fn has_in_hand(&self) -> bool {
        self.hand.is_some() || self.candidate.is_some() || self.parts.is_held()
    }

    fn kept(&self) -> Option<super::Kept> {
        Some(super::Kept::Receive(Box::new(self.now())))
    }

    fn undone(&mut self, desk: &mut Desk<'_>, body: &Body) -> Result<(), StoreError> {
        if matches!(body, Body::Receipt(_)) {
            self.saved = self.saved.saturating_sub(1);
        }
        self.refresh(desk)
    }

    fn drop_in_hand(&mut self, words: Words) -> Option<String> {
        self.damaged = false;
        if self.parts.forget() {
            return Some(words.say(Receiving::MissingItem));
        }
        match self.candidate.take() {
            Some(Candidate::Line { line, .. }) => return Some(line.label.name(words)),
            Some(Candidate::Pallet { code, .. }) => {
                return Some(words.say(Common::Pallet { code: code.as_str() }));
            }
            None => {}
        }
        self.hand.take().map(|line| line.label.name(words))
    }

    fn leave(&mut self, desk: &mut Desk<'_>) -> Result<Leave, StoreError> {
        let left = self.first_answers(desk)?;
        Ok(match self.save_in_hand(desk, None)? {
            Ok(Some(number)) => {
                let saved = desk.say(Receiving::SavedOnly { number: &number });
                Leave::Saved(format!("{left} {saved}").trim_start().to_owned())
            }
            Ok(None) => Leave::Ready(left),
            Err(answer) => Leave::NotYet(answer),
        })
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        show::draw(self, frame)
    }
}

fn units(units: i64) -> Option<Quantity> {
    Quantity::new(units).ok()
}

/// Puts a sentence before an answer's own.
fn prefixed(mut answer: Answer, first: &str) -> Answer {
    if !first.is_empty() {
        answer.text = format!("{first} {}", answer.text).trim_end().to_owned();
    }
    answer
}
