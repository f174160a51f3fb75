//! Put-away and move: scan what, scan where. Two scans, also for a whole pallet.

mod kept;
mod show;

pub use kept::Kept;

use super::entry::{Asked, Entry, read_quantity};
use super::gather::{Part, ask_for};
use super::load::{Extent, Found, Load, LoadRow, Suggestion, suggest};
use super::message::refusal_words;
use super::resolve::{Label, Meaning, Scan};
use super::screen::{Answer, Desk, Drawn, Frame, Leave, Screen};
use super::words::{Common, Stock, Words};
use crate::domain::{HuCode, Item, Location, LocationKind, MoveKind, Quantity, Unit};
use crate::ledger::command::Target;
use crate::store::StoreError;

/// Rows in sight.
const ROWS: u64 = 5;

/// The page for put-away and for move.
pub(super) struct Carry {
    kind: MoveKind,
    hand: Option<Load>,
    /// The first scan's lot, where it is in several places.
    choose: Vec<Load>,
    suggestion: Option<Suggestion>,
    /// True where what is in hand is stopped.
    held: bool,
    waiting: Vec<(LoadRow, Item)>,
    count: u64,
}

impl Carry {
    pub(super) fn new(kind: MoveKind) -> Self {
        Self {
            kind,
            hand: None,
            choose: Vec::new(),
            suggestion: None,
            held: false,
            waiting: Vec::new(),
            count: 0,
        }
    }

    /// Put-away that this scan begins by itself: a pallet that waits at the dock.
    pub(super) fn begun_by(desk: &Desk<'_>, scan: &Scan) -> Result<Option<Self>, StoreError> {
        let Meaning::Hu(code, _) = &scan.meaning else { return Ok(None) };
        let load = Load::of_hu(desk.store, code)?;
        let waits = load.is_some_and(|load| load.from.kind == LocationKind::Dock);
        Ok(waits.then(|| Self::new(MoveKind::PutAway)))
    }

    fn puts_away(&self) -> bool {
        self.kind == MoveKind::PutAway
    }

    /// What to do next, as the explanation for scans that do not help.
    fn wants(&self) -> Stock<'static> {
        match (&self.hand, self.choose.is_empty(), self.kind) {
            (_, false, _) => Stock::ScanSource,
            (Some(_), ..) => Stock::ScanTarget,
            (None, true, MoveKind::PutAway) => Stock::ScanGoods,
            (None, true, MoveKind::Move) => Stock::ScanWhat,
        }
    }

    fn take(&mut self, desk: &Desk<'_>, mut load: Load) -> Result<Answer, StoreError> {
        let held = load.held(desk.store, desk.words)?;
        self.suggestion = match (&held, self.kind) {
            (Some(_), _) => {
                Some(Suggestion { place: desk.say(Stock::Quarantine), reason: desk.say(Stock::OnHold) })
            }
            (None, MoveKind::PutAway) => Some(suggest(desk, &load)?),
            (None, MoveKind::Move) => None,
        };
        let name = load.name(desk.words);
        self.held = held.is_some();
        self.hand = Some(load);
        self.choose.clear();
        Ok(match held {
            Some(lot) => Answer::question(desk.say(Stock::HeldInHand { what: &lot })),
            None => Answer::note(desk.say(Stock::InHand { what: &name })),
        })
    }

    fn scan_goods(&mut self, desk: &Desk<'_>, label: &Label) -> Result<Answer, StoreError> {
        let what = label.name(desk.words);
        if let Some(answer) = ask_for(label, desk.words) {
            return Ok(answer);
        }
        // A place that was scanned first says from where.
        let at =
            self.hand.as_ref().filter(|hand| hand.extent == Extent::Location).map(|hand| hand.from.clone());
        let docks_only = self.puts_away();
        let found = Load::of_goods(desk.store, label, |place| match &at {
            Some(at) => place.id == at.id,
            None => !docks_only || place.kind == LocationKind::Dock,
        })?;
        match found {
            Found::One(load) => self.take_goods(desk, *load, label.counted),
            Found::Several(loads) => {
                self.hand = None;
                self.choose = loads;
                Ok(Answer::question(desk.say(Stock::SeveralPlaces { what: &what })))
            }
            Found::None => Ok(Answer::refused(desk.say(match &at {
                Some(place) => Stock::NotThere { what: &what, place: &place.code },
                None if docks_only => Stock::NotAtDock { what: &what },
                None => Stock::NoStock { what: &what },
            }))),
        }
    }

    /// The same label again is no second load.
    fn take_goods(
        &mut self,
        desk: &Desk<'_>,
        mut load: Load,
        counted: Option<Quantity>,
    ) -> Result<Answer, StoreError> {
        if let Some(counted) = counted {
            if counted > load.there() {
                let there = desk.words.figure(load.there(), load.item.unit);
                return Ok(Answer::refused(desk.say(Common::QuantityTooMany { there: &there })));
            }
            load.quantity = counted;
        }
        let same = self.hand.as_ref().is_some_and(|hand| {
            hand.extent == Extent::Goods
                && hand.rows.first().map(|row| &row.what.key) == load.rows.first().map(|row| &row.what.key)
        });
        if same {
            let what = load.item.name.as_str();
            return Ok(Answer::note(desk.say(Stock::AlreadyInHand { what })));
        }
        self.take(desk, load)
    }

    fn scan_hu(&mut self, desk: &mut Desk<'_>, code: &HuCode) -> Result<Answer, StoreError> {
        if let Some(load) = self.choose.iter().find(|load| in_hu(load, code)).cloned() {
            return self.take(desk, load);
        }
        let load = Load::of_hu(desk.store, code)?;
        if let Some(hand) = self.hand.as_ref().filter(|hand| hand.extent == Extent::Goods)
            && let Some(target) = &load
            && !in_hu(hand, code)
        {
            let place = target.from.clone();
            return self.put(desk, &place, Some(code));
        }
        match load {
            Some(load) if self.is_in_hand(&load) => {
                let what = load.name(desk.words);
                Ok(Answer::note(desk.say(Stock::AlreadyInHand { what: &what })))
            }
            Some(load) if self.puts_away() && load.from.kind != LocationKind::Dock => {
                let what = load.name(desk.words);
                Ok(Answer::refused(desk.say(Stock::NotAtDock { what: &what })))
            }
            Some(load) if load.is_too_much() => {
                Ok(Answer::refused(desk.say(Stock::TooMuch { place: code.as_str() })))
            }
            Some(load) => self.take(desk, load),
            None => Ok(Answer::refused(desk.say(Stock::PalletEmpty { code: code.as_str() }))),
        }
    }

    fn is_in_hand(&self, load: &Load) -> bool {
        self.hand.as_ref().is_some_and(|hand| hand.extent == load.extent && hand.extent != Extent::Goods)
    }

    fn scan_location(&mut self, desk: &mut Desk<'_>, place: &Location) -> Result<Answer, StoreError> {
        if !self.choose.is_empty() {
            return self.choose_at(desk, place);
        }
        if self.hand.is_some() {
            return self.put(desk, place, None);
        }
        if self.puts_away() {
            return Ok(Answer::refused(desk.say(Stock::FirstGoods)));
        }
        match Load::of_location(desk.store, place.id)? {
            None => Ok(Answer::refused(desk.say(Stock::PlaceEmpty { place: &place.code }))),
            Some(load) if load.is_too_much() => {
                Ok(Answer::refused(desk.say(Stock::TooMuch { place: &place.code })))
            }
            Some(load) => self.take(desk, load),
        }
    }

    /// Of several loads the one at that place; the loose one where pallets hold it too.
    fn choose_at(&mut self, desk: &Desk<'_>, place: &Location) -> Result<Answer, StoreError> {
        let there: Vec<&Load> = self.choose.iter().filter(|load| load.from.id == place.id).collect();
        let loose = there.iter().find(|load| load.rows.iter().all(|row| row.what.key.place.hu.is_none()));
        let chosen = match (loose, there.as_slice()) {
            (Some(load), _) => Some((*load).clone()),
            (None, [load]) => Some((*load).clone()),
            (None, []) => {
                let what = self.choose.first().map(|load| load.item.name.clone()).unwrap_or_default();
                return Ok(Answer::refused(desk.say(Stock::NotThere { what: &what, place: &place.code })));
            }
            (None, _) => None,
        };
        match chosen {
            Some(load) => self.take(desk, load),
            None => Ok(Answer::question(desk.say(Stock::ScanPallet { place: &place.code }))),
        }
    }

    /// Saves the move of what is in hand.
    fn put(&mut self, desk: &mut Desk<'_>, to: &Location, hu: Option<&HuCode>) -> Result<Answer, StoreError> {
        let puts_away = self.puts_away();
        let Some(load) = &mut self.hand else { return Ok(Answer::silent()) };
        let place = to.code.as_str();
        if !to.active {
            return Ok(Answer::refused(desk.say(Stock::PlaceClosed { place })));
        }
        if to.id == load.from.id && hu.is_none() {
            return Ok(Answer::refused(desk.say(Stock::AlreadyThere { place })));
        }
        if puts_away && to.kind == LocationKind::Dock {
            return Ok(Answer::refused(desk.say(Stock::StillDock { place })));
        }
        // A stop may have arrived since the first scan.
        if let Some(lot) = load.held(desk.store, desk.words)?
            && to.kind != LocationKind::Quarantine
        {
            return Ok(Answer::refused(desk.say(Stock::HeldInHand { what: &lot })));
        }
        let what = load.name(desk.words);
        let target = Target { location: to.id, kind: to.kind, hu };
        let moved = load.moved(self.kind, target);
        match moved {
            Ok(body) => desk.confirm_leaving(body, &super::Kept::Carry(Self::new(self.kind).now()))?,
            Err(refusal) => return Ok(Answer::refused(refusal_words(&refusal, load.item.unit, desk.words))),
        };
        self.put_down();
        // It is saved; rows that cannot be read now are read with the next input.
        let _ = self.refresh(desk);
        let text = match hu {
            Some(code) => Stock::MovedInto { what: &what, code: code.as_str() },
            None => Stock::Moved { what: &what, place },
        };
        Ok(Answer::accepted(desk.say(text)).undoable())
    }

    fn put_down(&mut self) {
        self.hand = None;
        self.choose.clear();
        self.suggestion = None;
        self.held = false;
    }

    fn change_quantity(&mut self, desk: &Desk<'_>, change: impl Fn(&Load) -> Quantity) -> Answer {
        let Some(load) = self.hand.as_mut().filter(|load| load.extent == Extent::Goods) else {
            return Answer::refused(desk.say(Stock::WholeOnly));
        };
        let changed = change(load).units().to_string();
        match read_quantity(&changed, Some(load.there()), load.item.unit, desk.words) {
            Ok(quantity) => {
                load.quantity = quantity;
                Answer::silent()
            }
            Err(problem) => Answer::refused(problem),
        }
    }
}

fn in_hu(load: &Load, code: &HuCode) -> bool {
    load.rows.iter().any(|row| row.what.key.place.hu.as_ref() == Some(code))
}

impl Screen for Carry {
    fn name(&self) -> &'static str {
        match self.kind {
            MoveKind::PutAway => "put_away",
            MoveKind::Move => "move",
        }
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        if let Some(hand) = self.hand.take() {
            self.hand = hand.read_again(desk.store)?;
        }
        self.waiting.clear();
        if self.puts_away() {
            self.count = desk.store.count_dock_stock()?;
            for row in desk.store.dock_stock(0, ROWS)? {
                if let Some(item) = desk.store.item(row.key.item)? {
                    self.waiting.push((row.into(), item));
                }
            }
        }
        Ok(())
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        match &scan.meaning {
            Meaning::Goods(label) => self.scan_goods(desk, label),
            Meaning::Hu(code, _) => self.scan_hu(desk, code),
            Meaning::Location(place) => self.scan_location(desk, place),
            _ => Ok(Answer::pass(desk.say(self.wants()))),
        }
    }

    fn gathers(&self) -> bool {
        true
    }

    /// How many of what is in hand.
    fn on_more(
        &mut self,
        desk: &mut Desk<'_>,
        label: &Label,
        part: &Part,
    ) -> Result<Option<Answer>, StoreError> {
        let Some(load) = self.hand.as_ref().filter(|load| load.extent == Extent::Goods) else {
            return Ok(None);
        };
        let is_its =
            |row: &LoadRow| row.what.key.item == label.item.id && row.what.key.lot == label.lot_key().lot;
        let Some(quantity) = part.quantity(label).filter(|_| load.rows.iter().all(is_its)) else {
            return Ok(None);
        };
        let changed = self.change_quantity(desk, |_| quantity);
        let hand = self.hand.as_ref().filter(|_| changed.text.is_empty());
        Ok(Some(match hand {
            Some(load) => {
                let what = load.name(desk.words);
                Answer::note(desk.say(Stock::InHand { what: &what }))
            }
            None => changed,
        }))
    }

    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        match id {
            "plus" => return Ok(self.change_quantity(desk, |load| load.quantity + load.step)),
            "minus" => return Ok(self.change_quantity(desk, |load| load.quantity - load.step)),
            "quantity" => {
                let Some(load) = self.hand.as_ref().filter(|load| load.extent == Extent::Goods) else {
                    return Ok(Answer::refused(desk.say(Stock::WholeOnly)));
                };
                let prompt = match load.item.unit {
                    Unit::Each => Common::HowMany,
                    Unit::Gram => Common::HowManyGrams,
                };
                return Ok(Answer::silent().asking(Entry::new(Asked::Quantity, desk.say(prompt))));
            }
            _ => {}
        }
        let index = |prefix: &str| id.strip_prefix(prefix).and_then(|index| index.parse::<usize>().ok());
        if let Some(load) = index("from:").and_then(|index| self.choose.get(index)).cloned() {
            return self.take(desk, load);
        }
        if let Some((row, item)) = index("take:").and_then(|index| self.waiting.get(index)).cloned()
            && let Some(from) = desk.store.location(row.what.key.place.location)?
        {
            let load = Load {
                extent: Extent::Goods,
                quantity: row.what.there,
                step: Quantity::ONE,
                rows: vec![row],
                from,
                item,
            };
            return self.take(desk, load);
        }
        Ok(Answer::silent())
    }

    fn on_entry(&mut self, desk: &mut Desk<'_>, entry: Entry, text: &str) -> Result<Answer, StoreError> {
        let (there, unit) = match &self.hand {
            Some(load) => (Some(load.there()), load.item.unit),
            None => return Ok(Answer::silent()),
        };
        match (read_quantity(text, there, unit, desk.words), &mut self.hand) {
            (Ok(quantity), Some(load)) => {
                load.quantity = quantity;
                let what = load.name(desk.words);
                Ok(Answer::note(desk.say(Stock::InHand { what: &what })))
            }
            (Err(problem), Some(_)) => Ok(Answer::refused(problem.clone()).asking(entry.refused(problem))),
            (_, None) => Ok(Answer::silent()),
        }
    }

    fn has_in_hand(&self) -> bool {
        self.hand.is_some() || !self.choose.is_empty()
    }

    fn kept(&self) -> Option<super::Kept> {
        Some(super::Kept::Carry(self.now()))
    }

    fn drop_in_hand(&mut self, words: Words) -> Option<String> {
        let load = self.hand.take().or_else(|| self.choose.pop())?;
        self.put_down();
        Some(load.name(words))
    }

    fn leave(&mut self, desk: &mut Desk<'_>) -> Result<Leave, StoreError> {
        // Nothing has moved yet: what is in hand stays where it is in the books.
        let dropped = self.drop_in_hand(desk.words);
        Ok(Leave::Ready(dropped.map(|what| desk.say(Common::Dropped { what: &what })).unwrap_or_default()))
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        show::draw(self, frame)
    }
}
