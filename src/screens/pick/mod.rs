//! Pick: a walk over an order's lines. Scan the place, scan the lot: that is the line, with its lot verified.

mod kept;
mod plan;
mod question;
mod scan;
mod weight;

pub use kept::Kept;
pub(super) use plan::is_picked;
pub(super) use scan::candidate;

use super::ages::holds_age;
use super::dispatch::Dispatch;
use super::entry::{Asked, Entry, read_quantity};
use super::resolve::{Meaning, Scan};
use super::screen::{Answer, Desk, Drawn, Frame, Next, Screen, button};
use super::view::{Goods, Page, PickPage};
use super::words::{Common, Picking, Words, reason_of_id};
use crate::domain::{
    Body, Item, Location, LotKey, Order, OrderStatus, Party, PartyKind, Quantity, Reason, Timestamp, Unit,
};
use crate::ledger::command;
use crate::store::{Store, StoreError};
use plan::{Passed, Plan, Stop};
use question::{Question, lot_name, skipped_words};

/// The page that walks over one order.
pub(super) struct Pick {
    order: Order,
    customer: Party,
    plan: Plan,
    /// Which stop is shown.
    focus: usize,
    /// Its place.
    place: Option<Location>,
    /// The place that was scanned last.
    here: Option<Location>,
    /// Typed where less is taken than asked.
    wanted: Option<Quantity>,
    question: Option<Question>,
    holds_as_of: Option<Timestamp>,
}

/// The order's customer; one without wishes where the device has not been told of it yet.
pub(super) fn customer_of(store: &Store, order: &Order) -> Result<Party, StoreError> {
    Ok(store.party(order.party)?.unwrap_or_else(|| Party {
        id: order.party,
        kind: PartyKind::Customer,
        code: String::new(),
        name: String::new(),
        days_on_dispatch: 0,
        active: true,
    }))
}

impl Pick {
    /// The walk for an open outbound order.
    pub(super) fn for_order(desk: &Desk<'_>, order: Order) -> Result<Self, StoreError> {
        Ok(Self {
            customer: customer_of(desk.store, &order)?,
            order,
            plan: Plan::default(),
            focus: 0,
            place: None,
            here: None,
            wanted: None,
            question: None,
            holds_as_of: None,
        })
    }

    fn stop(&self) -> Option<&Stop> {
        self.plan.stops.get(self.focus)
    }

    fn item(&self) -> Option<&Item> {
        self.stop().and_then(|stop| self.plan.items.get(&stop.item))
    }

    fn place_code(&self) -> &str {
        self.place.as_ref().map_or("", |place| place.code.as_str())
    }

    fn is_here(&self) -> bool {
        let planned = self.place.as_ref().map(|place| place.id);
        planned.is_some() && planned == self.here.as_ref().map(|here| here.id)
    }

    /// Shows the stop and reads its place.
    fn show(&mut self, desk: &Desk<'_>, focus: usize) -> Result<(), StoreError> {
        self.focus = focus;
        self.wanted = None;
        let location = self.stop().and_then(Stop::location);
        if location != self.place.as_ref().map(|place| place.id) {
            self.place = match location {
                Some(id) => desk.store.location(id)?,
                None => None,
            };
        }
        Ok(())
    }

    /// Plans the item that something was done with anew, and goes on.
    fn go_on(&mut self, desk: &Desk<'_>) -> Result<(), StoreError> {
        let Some(stop) = self.stop().cloned() else { return self.show(desk, 0) };
        self.plan.read_item(desk.store, &self.order, &self.customer, desk.today, stop.item)?;
        let next = self.plan.again(&stop).unwrap_or_else(|| self.plan.next(Some(&stop)));
        self.show(desk, next)
    }

    fn short(&mut self, desk: &mut Desk<'_>, reason: Reason) -> Result<Answer, StoreError> {
        match self.stop().map(|stop| (stop.line, stop.quantity)) {
            Some((line, quantity)) => self.give_up(desk, line, quantity, reason),
            None => Ok(Answer::silent()),
        }
    }

    /// So much of a line stays short.
    fn give_up(
        &mut self,
        desk: &mut Desk<'_>,
        line: u32,
        quantity: Quantity,
        reason: Reason,
    ) -> Result<Answer, StoreError> {
        let (Some(line), Some(item)) = (self.plan.line(line), self.item()) else {
            return Ok(Answer::silent());
        };
        let amount = desk.words.amount(quantity, item.unit);
        let text = desk.say(Picking::ShortSaved { amount: &amount, item: &item.name });
        let open = line.demand.quantity;
        let Ok(body) = command::short(&self.order, &line.line, open, quantity, reason) else {
            return Ok(Answer::silent());
        };
        desk.confirm_leaving(body, &self.after_taking())?;
        self.go_on(desk)?;
        Ok(self.said(desk, text))
    }

    /// Leaves the lot of this stop out and plans without it.
    fn pass(&mut self, desk: &Desk<'_>, reason: Reason) -> Result<Answer, StoreError> {
        let Some(candidate) = self.stop().and_then(Stop::candidate).cloned() else {
            return Ok(Answer::silent());
        };
        let line = self.stop().map(|stop| stop.line);
        let lot = self.item().map(|item| lot_name(&candidate.key, item)).unwrap_or_default();
        self.plan.passed.push(Passed { candidate, reason });
        self.go_on(desk)?;
        let next = self.plan.stops.iter().position(|stop| Some(stop.line) == line).unwrap_or(self.focus);
        self.show(desk, next)?;
        let text = match &self.place {
            Some(place) => desk.say(Picking::PassedOver { lot: &lot, place: &place.code }),
            None => desk.say(Picking::PassedLast { lot: &lot }),
        };
        Ok(Answer::note(text))
    }

    /// Something was saved: with undo, or the end of the walk.
    fn said(&self, desk: &Desk<'_>, text: String) -> Answer {
        if self.plan.stops.is_empty() {
            Answer::done(desk.say(Picking::Finished { number: &self.order.number })).undoable()
        } else {
            Answer::accepted(text).undoable()
        }
    }

    fn because(&mut self, desk: &mut Desk<'_>, reason: Reason) -> Result<Answer, StoreError> {
        match self.question.clone() {
            Some(Question::Short { .. }) => {
                let answer = self.short(desk, reason)?;
                self.question = None;
                Ok(answer)
            }
            Some(Question::Pass { .. }) => {
                self.question = None;
                self.pass(desk, reason)
            }
            Some(Question::OtherFirst { line, scanned, judged, .. }) => {
                let fefo = judged.overridden(Some(reason));
                self.take(desk, line, &scanned, fefo, false)
            }
            _ => Ok(Answer::silent()),
        }
    }

    fn goods(&self, frame: &Frame<'_>) -> Goods {
        let words = frame.words;
        let Some(item) = self.item() else { return Goods::default() };
        let Some(candidate) = self.stop().and_then(Stop::candidate) else {
            return Goods { item: item.name.clone(), ..Goods::default() };
        };
        let lot = candidate.key.lot.as_ref();
        Goods {
            item: item.name.clone(),
            lot: lot.map(|lot| words.say(Common::Lot { lot: lot.as_str() })).unwrap_or_default(),
            good_to: words.good_to(candidate.good_to(), frame.today),
            in_days: words.in_days(candidate.good_to(), frame.today),
        }
    }

    fn prompt(&self) -> Picking<'static> {
        match (self.stop(), self.item()) {
            (None, _) | (_, None) => Picking::AllPicked,
            (Some(stop), _) if stop.takes.is_empty() => Picking::NoStock,
            (Some(_), Some(item)) if self.is_here() => {
                if item.tracking.needs_serial() {
                    Picking::ScanUnit
                } else if item.tracking.needs_lot() {
                    Picking::ScanLot
                } else {
                    Picking::ScanItem
                }
            }
            _ => Picking::GoTo,
        }
    }
}

/// "How many?", "How many grams?".
fn how_many(item: &Item, words: Words) -> String {
    words.say(match item.unit {
        Unit::Each => Common::HowMany,
        Unit::Gram => Common::HowManyGrams,
    })
}

impl Screen for Pick {
    fn name(&self) -> &'static str {
        "pick"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        if let Some(order) = desk.store.order(self.order.id)? {
            self.order = order;
        }
        self.holds_as_of = desk.store.sync_status()?.control_as_of;
        let before = self.stop().cloned();
        self.plan.read(desk.store, &self.order, &self.customer, desk.today)?;
        let again = before.as_ref().and_then(|stop| self.plan.again(stop));
        let focus = again.unwrap_or_else(|| self.plan.next(before.as_ref()));
        let wanted = self.wanted.filter(|_| again.is_some());
        self.show(desk, focus)?;
        self.wanted = wanted;
        Ok(())
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        let asked = self.question.take();
        let answer = if self.order.status == OrderStatus::Open {
            self.scanned(desk, scan)
        } else {
            match &scan.meaning {
                Meaning::Goods(_) | Meaning::Location(_) | Meaning::Hu(..) => {
                    Ok(Answer::refused(desk.say(Common::OrderClosed { number: &self.order.number })))
                }
                _ => Ok(Answer::pass(desk.say(Picking::Hint))),
            }
        };
        // A question stays open until it is answered, or the right thing is scanned.
        let lacks = matches!(&scan.meaning, Meaning::Goods(label) if label.lacks().is_some());
        let unanswered = answer.as_ref().map_or(true, |answer| lacks || answer.tone == super::Tone::Refused);
        if unanswered && self.question.is_none() {
            self.question = asked;
        }
        answer
    }

    fn gathers(&self) -> bool {
        true
    }

    /// Of several items with that lot number, the one that this order asks for.
    fn own_lot(&self, lots: &[LotKey]) -> Option<LotKey> {
        let mut own = lots.iter().filter(|key| self.plan.lines.iter().any(|line| line.line.item == key.item));
        own.next().filter(|_| own.next().is_none()).cloned()
    }

    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        if let Some(reason) = reason_of_id(id) {
            return self.because(desk, reason);
        }
        let stop = self.stop().cloned();
        match (id, stop) {
            ("load", _) => {
                let page = Dispatch::for_order(desk, self.order.clone())?;
                return Ok(Answer::silent().then(Next::Replace(Box::new(page))));
            }
            ("short", Some(stop)) => {
                let unit = self.item().map_or(Unit::Each, |item| item.unit);
                self.question = Some(Question::Short { amount: desk.words.amount(stop.quantity, unit) });
            }
            ("other_lot", Some(_)) => {
                let lot =
                    self.stop().and_then(Stop::lot).zip(self.item()).map(|(key, item)| lot_name(key, item));
                self.question = lot.map(|lot| Question::Pass { lot });
            }
            ("quantity", Some(_)) => {
                if let Some(item) = self.item() {
                    let prompt = how_many(item, desk.words);
                    return Ok(Answer::silent().asking(Entry::new(Asked::Quantity, prompt)));
                }
            }
            ("keep", _) => {
                if let Some(Question::OtherFirst { why, .. }) = &mut self.question {
                    *why = true;
                }
            }
            ("take_first", _) => {
                if let Some(Question::OtherFirst { line, judged, .. }) = self.question.take() {
                    return self.go_to_first(desk, line, &judged.first);
                }
            }
            ("take_anyway", _) => {
                if let Some(Question::NotKnown { line, take, fefo, .. }) = self.question.clone() {
                    return self.take(desk, line, &[take], fefo, true);
                }
            }
            ("take_heavier", _) => {
                if let Some(Question::Heavier { line, takes, fefo, .. }) = self.question.clone() {
                    return self.take(desk, line, &takes, fefo, true);
                }
            }
            ("enough", _) => return self.enough(desk),
            ("leave", _) => self.question = None,
            _ => {}
        }
        Ok(Answer::silent())
    }

    fn on_entry(&mut self, desk: &mut Desk<'_>, entry: Entry, text: &str) -> Result<Answer, StoreError> {
        let (Some(stop), Some(item)) = (self.stop(), self.item()) else { return Ok(Answer::silent()) };
        match read_quantity(text, None, item.unit, desk.words) {
            Ok(quantity) if quantity > stop.quantity => {
                let there = desk.words.figure(stop.quantity, item.unit);
                let problem = desk.say(Picking::AllHere { there: &there });
                Ok(Answer::refused(problem.clone()).asking(entry.refused(problem)))
            }
            Ok(quantity) => {
                let amount = desk.words.amount(quantity, item.unit);
                self.wanted = Some(quantity);
                Ok(Answer::note(desk.say(Picking::TakeQuantity { amount: &amount })))
            }
            Err(problem) => Ok(Answer::refused(problem.clone()).asking(entry.refused(problem))),
        }
    }

    fn undone(&mut self, desk: &mut Desk<'_>, body: &Body) -> Result<(), StoreError> {
        self.question = None;
        self.refresh(desk)?;
        let (line, from) = match body {
            Body::Pick(pick) if pick.order == self.order.id => match pick.lines.first() {
                Some(taken) => (taken.line, Some(taken.from.location)),
                None => return Ok(()),
            },
            Body::Short(short) if short.order == self.order.id => (Some(short.line), None),
            _ => return Ok(()),
        };
        let of_line = |stop: &&Stop| Some(stop.line) == line;
        let stops = || self.plan.stops.iter();
        let there = stops().position(|stop| of_line(&stop) && from.is_some() && stop.location() == from);
        match there.or_else(|| stops().position(|stop| of_line(&stop))) {
            Some(focus) => self.show(desk, focus),
            None => Ok(()),
        }
    }

    fn kept(&self) -> Option<super::Kept> {
        Some(super::Kept::Pick(self.now()))
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let quantity = self.stop().map(|stop| self.wanted.unwrap_or(stop.quantity));
        let detail = quantity.zip(self.item()).map(|(quantity, item)| words.unit_and_packs(item, quantity));
        let skipped = |item| {
            let rows = self.stop().into_iter().flat_map(|stop| &stop.skipped);
            rows.map(|skipped| skipped_words(skipped, item, words)).collect()
        };
        let page = PickPage {
            prompt: words.say(self.prompt()),
            location: self.place_code().to_owned(),
            at_location: self.is_here(),
            goods: self.goods(frame),
            quantity: quantity
                .zip(self.item())
                .map(|(quantity, item)| words.parts(quantity, item.unit).0)
                .unwrap_or_default(),
            quantity_detail: detail.unwrap_or_default(),
            skipped: self.item().map(skipped).unwrap_or_default(),
        };
        let title = words.say(Picking::Order { number: &self.order.number });
        let mut drawn = Drawn::new(title, Page::Pick(page));
        drawn.progress = format!("{}/{}", (self.plan.done + 1).min(self.plan.all), self.plan.all);
        drawn.holds_age = holds_age(self.holds_as_of, frame);
        drawn.sheet = self.question.as_ref().zip(self.item()).map(|(asked, item)| asked.sheet(item, words));
        match self.stop() {
            None => drawn.primary = Some(button("load", words.say(Picking::Load))),
            Some(stop) => {
                drawn.counts = !stop.takes.is_empty();
                drawn.secondary.push(button("short", words.say(Picking::Short)));
                if stop.candidate().is_some() {
                    drawn.secondary.push(button("other_lot", words.say(Picking::OtherLot)));
                }
            }
        }
        drawn
    }
}
