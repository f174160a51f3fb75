//! What a scan does on the pick page: the place, then the lot, and what speaks against it.

use super::super::gather::ask_for;
use super::super::resolve::{Label, Meaning, Scan};
use super::super::screen::{Answer, Desk};
use super::super::view::Tone;
use super::super::words::Picking;
use super::Pick;
use super::plan::Stop;
use super::question::{Question, lot_name, skip_words};
use super::weight::piece;
use crate::domain::{FefoOverride, HuCode, Item, ItemId, Location, LotKey, Place, Quantity, Unit};
use crate::ledger::command::{self, Judged, Verdict, judge};
use crate::ledger::fefo::unfit;
use crate::ledger::{Candidate, Take};
use crate::store::{StockRow, Store, StoreError};

/// Most rows of a place that are looked through for an item.
const PLACE_ROWS: u64 = 100;

impl Pick {
    pub(super) fn scanned(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        match &scan.meaning {
            Meaning::Location(place) => self.scan_place(desk, place),
            Meaning::Goods(label) => self.scan_goods(desk, label, None),
            Meaning::Hu(code, label) => self.scan_hu(desk, code, label.as_deref()),
            Meaning::Order(order) if order.id == self.order.id => {
                Ok(Answer::note(desk.say(Picking::ThisOrder { number: &order.number })))
            }
            _ => Ok(Answer::pass(desk.say(Picking::Hint))),
        }
    }

    fn scan_place(&mut self, desk: &Desk<'_>, place: &Location) -> Result<Answer, StoreError> {
        let Some(stop) = self.stop() else { return Ok(self.nothing_left(desk)) };
        let planned = stop.location();
        let here = if planned == Some(place.id) {
            Some(self.focus)
        } else {
            self.plan.stops.iter().position(|stop| stop.location() == Some(place.id))
        };
        let item = stop.item;
        if let Some(focus) = here {
            let wanted = self.wanted.filter(|_| focus == self.focus);
            self.show(desk, focus)?;
            (self.wanted, self.here) = (wanted, Some(place.clone()));
            let lots = self.item().is_some_and(|item| item.tracking.needs_lot());
            let code = place.code.as_str();
            let text =
                if lots { Picking::AtPlace { place: code } } else { Picking::AtPlaceItem { place: code } };
            return Ok(Answer::accepted(desk.say(text)));
        }
        if !place.kind.is_pickable() {
            return Ok(Answer::refused(desk.say(Picking::StopPlace { place: &place.code })));
        }
        let rows = desk.store.stock_at(place.id, 0, PLACE_ROWS)?;
        if planned.is_none() || rows.iter().any(|row| row.key.item == item) {
            self.here = Some(place.clone());
            let item = self.item().map_or("", |item| item.name.as_str());
            return Ok(Answer::question(desk.say(Picking::AtOther { place: &place.code, item })));
        }
        Ok(Answer::refused(desk.say(Picking::WrongPlace { place: self.place_code() })))
    }

    fn nothing_left(&self, desk: &Desk<'_>) -> Answer {
        Answer::refused(desk.say(Picking::NotOrdered))
    }

    /// A pallet's code says place and, where it holds one lot, the lot too.
    fn scan_hu(
        &mut self,
        desk: &mut Desk<'_>,
        code: &HuCode,
        label: Option<&Label>,
    ) -> Result<Answer, StoreError> {
        let mut rows = desk.store.stock_in_hu(code)?;
        rows.retain(|row| row.quantity.is_positive());
        let Some(first) = rows.first() else {
            return Ok(Answer::refused(desk.say(Picking::PalletUnknown { code: code.as_str() })));
        };
        if rows.iter().any(|row| (row.key.item, &row.key.lot) != (first.key.item, &first.key.lot)) {
            return Ok(Answer::refused(desk.say(Picking::PalletMixed { code: code.as_str() })));
        }
        let label = match label.filter(|label| label.lot.is_some()) {
            Some(label) => label.clone(),
            None => match desk.store.item(first.key.item)? {
                Some(item) => Label { lot: first.key.lot.clone(), ..Label::of_item(item) },
                None => return Ok(Answer::refused(desk.say(Picking::PalletUnknown { code: code.as_str() }))),
            },
        };
        match desk.store.location(first.key.place.location)? {
            Some(place) if !place.kind.is_pickable() => {
                return Ok(Answer::refused(desk.say(Picking::StopPlace { place: &place.code })));
            }
            place => self.here = place.or(self.here.take()),
        }
        self.scan_goods(desk, &label, Some(code))
    }

    fn scan_goods(
        &mut self,
        desk: &mut Desk<'_>,
        label: &Label,
        hu: Option<&HuCode>,
    ) -> Result<Answer, StoreError> {
        let Some(focus) = self.stop_for(label) else { return Ok(self.wrong_item(desk, label.item.id)) };
        if let Some(answer) = ask_for(label, desk.words) {
            return Ok(answer);
        }
        let Some(here) = self.here.clone() else {
            return Ok(Answer::refused(match self.place_code() {
                "" => desk.say(Picking::Hint),
                place => desk.say(Picking::PlaceFirst { place }),
            }));
        };
        let before = self.stop().filter(|_| focus != self.focus).cloned();
        if before.is_some() {
            self.show(desk, focus)?;
        }
        if let Some(counted) = label.counted.filter(|_| label.item.unit == Unit::Each) {
            let most = self.stop().map_or(Quantity::ZERO, |stop| stop.quantity);
            if counted > most {
                let there = desk.words.figure(most, label.item.unit);
                return Ok(Answer::refused(desk.say(Picking::AllHere { there: &there })));
            }
            self.wanted = Some(counted);
        }
        let answer = self.scan_at(desk, label, hu, &here)?;
        if answer.tone == Tone::Refused && label.counted.is_some() {
            self.wanted = None;
        }
        // What must not be taken does not lead the picker away from where the walk is.
        if answer.tone == Tone::Refused
            && let Some(before) = before.and_then(|stop| self.plan.again(&stop))
        {
            self.show(desk, before)?;
        }
        Ok(answer)
    }

    fn scan_at(
        &mut self,
        desk: &mut Desk<'_>,
        label: &Label,
        hu: Option<&HuCode>,
        here: &Location,
    ) -> Result<Answer, StoreError> {
        let Some(stop) = self.stop().cloned() else { return Ok(self.nothing_left(desk)) };
        let scanned = found_at(desk.store, label, here, hu)?;
        let planned = label.serial.is_none()
            && hu.is_none()
            && piece(label).is_none()
            && stop.location() == Some(here.id)
            && stop.lot() == Some(&label.lot_key());
        if planned {
            let takes = up_to(stop.takes.iter().cloned(), self.wanted.unwrap_or(stop.quantity));
            // A hold that was placed a moment ago counts.
            if let Some(take) = takes.first()
                && let Some(line) = self.plan.line(stop.line)
                && scanned.iter().all(|candidate| unfit(candidate, &line.demand).is_none())
            {
                let fefo = self.plan.passed_for(&take.candidate, &line.demand);
                return self.take(desk, stop.line, &takes, fefo, false);
            }
        }
        let stop = self.plan_again(desk, stop)?;
        self.weigh(desk, label, here, &stop, scanned)
    }

    /// Plans the stop's item anew, so that a scan is judged by the best lot at this moment.
    fn plan_again(&mut self, desk: &Desk<'_>, stop: Stop) -> Result<Stop, StoreError> {
        let wanted = self.wanted;
        self.plan.read_item(desk.store, &self.order, &self.customer, desk.today, stop.item)?;
        let same_line = || self.plan.stops.iter().position(|other| other.line == stop.line);
        let Some(focus) = self.plan.again(&stop).or_else(same_line) else { return Ok(stop) };
        self.show(desk, focus)?;
        self.wanted = wanted;
        Ok(self.stop().cloned().unwrap_or(stop))
    }

    /// The stop that the label is for: this lot here, this item at the stop shown, here, or anywhere.
    fn stop_for(&self, label: &Label) -> Option<usize> {
        let (item, lot) = (label.item.id, label.lot_key());
        let here = self.here.as_ref().map(|here| here.id);
        let rank = |(index, stop): (usize, &Stop)| {
            let is_here = here.is_some() && stop.location() == here;
            let score = match (is_here, stop.lot() == Some(&lot), index == self.focus) {
                (true, true, true) => 0,
                (true, true, false) => 1,
                (_, _, true) => 2,
                (true, false, false) => 3,
                _ => 4,
            };
            (score, index)
        };
        let of_item = self.plan.stops.iter().enumerate().filter(|(_, stop)| stop.item == item);
        of_item.map(rank).min().map(|(_, index)| index)
    }

    fn wrong_item(&self, desk: &Desk<'_>, scanned: ItemId) -> Answer {
        let ordered = self.order.lines.iter().any(|line| line.item == scanned);
        let text = match (ordered, self.plan.items.get(&scanned), self.item()) {
            (true, Some(item), _) => desk.say(Picking::LineDone { item: &item.name }),
            (_, _, Some(item)) if !self.place_code().is_empty() => {
                desk.say(Picking::WrongItem { item: &item.name, place: self.place_code() })
            }
            _ => desk.say(Picking::NotOrdered),
        };
        Answer::refused(text)
    }

    /// Compares the scanned lot with the best one at this moment.
    fn weigh(
        &mut self,
        desk: &mut Desk<'_>,
        label: &Label,
        here: &Location,
        stop: &Stop,
        mut scanned: Vec<Candidate>,
    ) -> Result<Answer, StoreError> {
        let known = !scanned.is_empty();
        if !known {
            scanned.push(unknown(desk.store, label, here)?);
        }
        let (Some(first), Some(line)) = (scanned.first().cloned(), self.plan.line(stop.line)) else {
            return Ok(Answer::silent());
        };
        let open = if label.item.tracking.needs_serial() { Quantity::ONE } else { line.demand.quantity };
        // More of a lot than the walk takes of it would leave an earlier one behind.
        let open = match self.plan.quantity_of(stop.line, &first.key) {
            planned if planned.is_positive() => open.min(planned),
            _ => open,
        };
        // What a piece weighs is what is taken; what was typed is what is wanted.
        let weight = piece(label).filter(|_| self.wanted.is_none());
        let wanted = weight.unwrap_or_else(|| self.wanted.unwrap_or(open).min(open));
        let best = self.plan.best(stop.line).cloned();
        let verdict = judge(&first, &line.demand, best.as_ref(), desk.site.fefo);
        let fefo = match verdict {
            Verdict::Accepted(fefo) => fefo.or_else(|| self.plan.passed_for(&first, &line.demand)),
            Verdict::Stop(stop) => return Ok(self.stopped(desk, &stop, &first, &label.item, here)),
            Verdict::Question(judged) => {
                let scanned = offer(&scanned, first, wanted);
                return self.ask(desk, stop.line, scanned, judged, here);
            }
        };
        if !known && !self.is_here() && !stop.takes.is_empty() {
            return Ok(Answer::refused(desk.say(Picking::PlaceFirst { place: self.place_code() })));
        }
        if known {
            let all = scanned.into_iter().map(|candidate| Take { quantity: candidate.quantity, candidate });
            return match weight {
                None => self.take(desk, stop.line, &up_to(all, wanted), fefo, false),
                Some(weight) => {
                    self.take_piece(desk, stop.line, heavy(up_to(all, weight), weight), fefo, &here.code)
                }
            };
        }
        let quantity = weight.unwrap_or_else(|| self.wanted.unwrap_or(stop.quantity).min(wanted));
        let take = Take { candidate: first, quantity };
        let lot = lot_name(&take.candidate.key, &label.item);
        self.question = Some(Question::NotKnown { line: stop.line, take, place: here.code.clone(), fefo });
        Ok(Answer::question(desk.say(Picking::QNotKnown { lot: &lot, place: &here.code })))
    }

    fn ask(
        &mut self,
        desk: &Desk<'_>,
        line: u32,
        scanned: Vec<Take>,
        judged: Judged,
        here: &Location,
    ) -> Result<Answer, StoreError> {
        let same_place = judged.first.place.location == here.id;
        let place = if same_place {
            here.code.clone()
        } else {
            desk.store.location(judged.first.place.location)?.map(|place| place.code).unwrap_or_default()
        };
        self.question = Some(Question::OtherFirst { line, scanned, judged, place, same_place, why: false });
        Ok(Answer::question(desk.say(Picking::QOtherFirst)))
    }

    fn stopped(
        &self,
        desk: &Desk<'_>,
        stop: &command::Stop,
        scanned: &Candidate,
        item: &Item,
        here: &Location,
    ) -> Answer {
        let words = desk.words;
        let place = |candidate: &Candidate| {
            let found = desk.store.location(candidate.place.location);
            found.ok().flatten().map(|place| place.code).unwrap_or_default()
        };
        Answer::refused(match stop {
            command::Stop::WrongItem { .. } => return self.wrong_item(desk, item.id),
            command::Stop::Unfit(crate::ledger::Skip::OtherLotDemanded) => {
                let line = self.stop().and_then(|stop| self.plan.line(stop.line));
                let lot = line.and_then(|line| line.line.lot.as_ref()).map_or("", |lot| lot.as_str());
                words.say(Picking::StopOtherLot { lot })
            }
            command::Stop::Unfit(why) => skip_words(*why, &scanned.key, item, &here.code, words),
            command::Stop::NotFirst(Judged { first, .. }) => {
                let (lot, place) = (lot_name(&first.key, item), place(first));
                match first.good_to() {
                    Some(day) => {
                        let day = words.day(day);
                        words.say(Picking::WrongLot { lot: &lot, day: &day, place: &place })
                    }
                    None => words.say(Picking::WrongLotUndated { lot: &lot, place: &place }),
                }
            }
        })
    }

    /// Saves the pick and goes on.
    pub(super) fn take(
        &mut self,
        desk: &mut Desk<'_>,
        line: u32,
        takes: &[Take],
        fefo: Option<FefoOverride>,
        confirmed: bool,
    ) -> Result<Answer, StoreError> {
        let Some(focus) = self.plan.stops.iter().position(|stop| stop.line == line) else {
            return Ok(self.nothing_left(desk));
        };
        let (Some(known), Some(first)) = (self.plan.line(line), takes.first()) else {
            return Ok(self.nothing_left(desk));
        };
        let Some(item) = self.plan.items.get(&known.line.item).cloned() else {
            return Ok(self.nothing_left(desk));
        };
        if self.stop().is_none_or(|stop| stop.line != line) {
            self.show(desk, focus)?;
        }
        let total: Quantity = takes.iter().map(|take| take.quantity).sum();
        // The last piece of weighed goods is as heavy as it is.
        let open = match item.unit {
            Unit::Each => known_open(self, line),
            Unit::Gram => known_open(self, line).max(total),
        };
        let staging = Place::at(desk.site.staging);
        let whole = whole_units(desk.store, takes)?;
        let Some(known) = self.plan.line(line) else { return Ok(self.nothing_left(desk)) };
        let body = match command::pick(&self.order, &known.line, open, takes, &staging, fefo, confirmed) {
            Ok(body) => command::keep_whole(body, &whole),
            Err(_) => {
                let there = desk.words.amount(open, item.unit);
                return Ok(Answer::refused(desk.say(Picking::AllHere { there: &there })));
            }
        };
        desk.confirm_leaving(body, &self.after_taking())?;
        self.question = None;
        let before = self.stop().cloned();
        self.go_on(desk)?;
        if item.unit == Unit::Gram {
            self.ask_if_enough(line, total);
        }
        let amount = desk.words.amount(total, item.unit);
        let lot = lot_name(&first.candidate.key, &item);
        let (amount, lot) = (amount.as_str(), lot.as_str());
        let stays = before.is_some_and(|before| self.plan.again(&before) == Some(self.focus));
        let text = match (self.stop(), &self.place) {
            (Some(stop), Some(_)) if stays && self.is_here() => {
                let left = desk.words.amount(stop.quantity, item.unit);
                desk.say(Picking::PickedMore { amount, lot, left: &left })
            }
            (Some(_), Some(place)) if !self.is_here() => {
                desk.say(Picking::PickedNext { amount, lot, place: &place.code })
            }
            _ => desk.say(Picking::Picked { amount, lot }),
        };
        Ok(self.said(desk, text))
    }

    /// Goes to the lot that is first.
    pub(super) fn go_to_first(
        &mut self,
        desk: &Desk<'_>,
        line: u32,
        first: &Candidate,
    ) -> Result<Answer, StoreError> {
        let stop = self.plan.stops.iter().position(|stop| {
            stop.line == line
                && stop.lot() == Some(&first.key)
                && stop.location() == Some(first.place.location)
        });
        if let Some(focus) = stop {
            self.show(desk, focus)?;
        }
        let text = match self.is_here() {
            true => Picking::ScanLot,
            false => Picking::GoToPlace { place: self.place_code() },
        };
        Ok(Answer::note(desk.say(text)))
    }
}

/// A piece that is heavier than all that is known there is taken from the last of it.
fn heavy(mut takes: Vec<Take>, weight: Quantity) -> Vec<Take> {
    let taken: Quantity = takes.iter().map(|take| take.quantity).sum();
    if let Some(last) = takes.last_mut() {
        last.quantity += weight - taken;
    }
    takes
}

/// Pallets and totes of which everything is taken: they go along as they are.
fn whole_units(store: &Store, takes: &[Take]) -> Result<Vec<HuCode>, StoreError> {
    let mut whole: Vec<HuCode> = Vec::new();
    for code in takes.iter().filter_map(|take| take.candidate.place.hu.as_ref()) {
        let taken = takes.iter().filter(|take| take.candidate.place.hu.as_ref() == Some(code));
        let taken: Quantity = taken.map(|take| take.quantity).sum();
        let holds: Quantity = store
            .stock_in_hu(code)?
            .iter()
            .filter(|row| row.quantity.is_positive())
            .map(|row| row.quantity)
            .sum();
        if taken == holds && !whole.contains(code) {
            whole.push(code.clone());
        }
    }
    Ok(whole)
}

fn known_open(pick: &Pick, line: u32) -> Quantity {
    pick.plan.line(line).map_or(Quantity::ZERO, |line| line.demand.quantity)
}

/// Takes from each in turn until there is enough.
fn up_to(from: impl Iterator<Item = Take>, wanted: Quantity) -> Vec<Take> {
    let mut open = wanted;
    let mut takes = Vec::new();
    for take in from {
        let quantity = take.quantity.min(open);
        if quantity.is_positive() {
            open = open - quantity;
            takes.push(Take { quantity, ..take });
        }
    }
    takes
}

/// What the picker keeps if the question is answered so: what is known there, or all that is wanted.
fn offer(scanned: &[Candidate], first: Candidate, wanted: Quantity) -> Vec<Take> {
    let known =
        scanned.iter().map(|candidate| Take { quantity: candidate.quantity, candidate: candidate.clone() });
    let takes = up_to(known, wanted);
    if takes.is_empty() { vec![Take { candidate: first, quantity: wanted }] } else { takes }
}

/// The scanned goods as the device knows them at that place.
fn found_at(
    store: &Store,
    label: &Label,
    here: &Location,
    hu: Option<&HuCode>,
) -> Result<Vec<Candidate>, StoreError> {
    let mut rows = match &label.serial {
        Some(serial) if label.item.tracking.needs_serial() => store.stock_of_serial(label.item.id, serial)?,
        _ => store.stock_of_lot(&label.lot_key())?,
    };
    rows.retain(|row| {
        row.quantity.is_positive()
            && row.key.place.location == here.id
            && (hu.is_none() || row.key.place.hu.as_ref() == hu)
    });
    rows.iter().map(|row| candidate(store, row, here)).collect()
}

/// A balance as the first-expiry rule sees it.
pub(in super::super) fn candidate(
    store: &Store,
    row: &StockRow,
    place: &Location,
) -> Result<Candidate, StoreError> {
    let key = LotKey { item: row.key.item, lot: row.key.lot.clone() };
    let passport = store.lot(&key)?;
    let holds = store.holds_on(&key, place.id, row.key.place.hu.as_ref())?;
    Ok(Candidate {
        place: row.key.place.clone(),
        serial: row.key.serial.clone(),
        expiry: row.expiry,
        best_before: row.best_before,
        produced: passport.as_ref().and_then(|lot| lot.facts.produced),
        received: passport.map_or(row.since, |lot| lot.received),
        walk: place.walk,
        kind: place.kind,
        quantity: row.quantity,
        hold: holds.iter().map(|state| state.hold.kind).max(),
        key,
    })
}

/// Goods that the device does not know there: dates from the passport, else from the label.
fn unknown(store: &Store, label: &Label, here: &Location) -> Result<Candidate, StoreError> {
    let key = label.lot_key();
    let passport = store.lot(&key)?;
    let facts = passport.as_ref().map(|lot| &lot.facts);
    let holds = store.holds_on(&key, here.id, None)?;
    Ok(Candidate {
        place: Place::at(here.id),
        serial: label.serial.clone(),
        expiry: facts.and_then(|facts| facts.expiry).or(label.expiry),
        best_before: facts.and_then(|facts| facts.best_before).or(label.best_before),
        produced: facts.and_then(|facts| facts.produced).or(label.produced),
        received: passport.as_ref().map_or(crate::domain::Timestamp(i64::MAX), |lot| lot.received),
        walk: here.walk,
        kind: here.kind,
        quantity: Quantity::ZERO,
        hold: holds.iter().map(|state| state.hold.kind).max(),
        key,
    })
}
