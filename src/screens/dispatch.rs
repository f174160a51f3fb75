//! Dispatch: scan what goes on the truck. Each lot stands against its order line and the customer; then the order closes.

use super::ages::holds_age;
use super::gather::ask_for;
use super::jobs::Job;
use super::orders::Orders;
use super::pick::{Pick, candidate, customer_of};
use super::resolve::{Label, Meaning, Scan};
use super::screen::{Answer, Desk, Drawn, Frame, Next, Screen, button};
use super::view::{DispatchPage, Fact, Page, Row, Sheet, Tone};
use super::words::{Common, Loading, Words};
use crate::domain::{
    Body, HuCode, Item, ItemId, LocationKind, LotKey, Order, OrderStatus, Party, Place, Progress, Quantity,
    SerialNumber, StockKey, Timestamp, Unit,
};
use crate::ledger::command::{self, Load, Refusal};
use crate::ledger::{Candidate, Demand, Skip};
use crate::store::{StockRow, StoreError};
use std::collections::BTreeMap;

/// Rows in sight.
const ROWS: usize = 5;

/// A lot that was picked for the order.
#[derive(Debug, Clone)]
struct Picked {
    line: u32,
    lot: LotKey,
    serial: Option<SerialNumber>,
    picked: Quantity,
    loaded: Quantity,
}

impl Picked {
    fn open(&self) -> Quantity {
        (self.picked - self.loaded).max(Quantity::ZERO)
    }
}

/// The page that loads one order.
pub(super) struct Dispatch {
    order: Order,
    customer: Party,
    picked: Vec<Picked>,
    items: BTreeMap<ItemId, Item>,
    /// Lines of which not everything is picked or given up.
    unpicked: usize,
    asks: bool,
    holds_as_of: Option<Timestamp>,
}

/// Why something does not go on the truck, and the lot that it is about.
enum No {
    NotPicked,
    TooMuch,
    Refused(Refusal, LotKey),
}

impl Dispatch {
    /// The page for an outbound order.
    pub(super) fn for_order(desk: &Desk<'_>, order: Order) -> Result<Self, StoreError> {
        Ok(Self {
            customer: customer_of(desk.store, &order)?,
            order,
            picked: Vec::new(),
            items: BTreeMap::new(),
            unpicked: 0,
            asks: false,
            holds_as_of: None,
        })
    }

    fn is_closed(&self) -> bool {
        self.order.status != OrderStatus::Open
    }

    fn left(&self) -> usize {
        self.picked.iter().filter(|row| row.open().is_positive()).count()
    }

    fn lot_name(&self, lot: &LotKey) -> String {
        let name = || self.items.get(&lot.item).map_or_else(String::new, |item| item.name.clone());
        lot.lot.as_ref().map_or_else(name, ToString::to_string)
    }

    /// Loads for `quantity` of what is at `row`, line by line.
    fn loads(
        &self,
        desk: &Desk<'_>,
        from: &Candidate,
        quantity: Quantity,
        taken: &mut BTreeMap<(u32, LotKey, Option<SerialNumber>), Quantity>,
    ) -> Vec<Load> {
        let mut open = quantity;
        let mut loads = Vec::new();
        let Some(item) = self.items.get(&from.key.item) else { return loads };
        for row in self.picked.iter().filter(|row| row.lot == from.key && row.serial == from.serial) {
            let Some(line) = self.order.lines.iter().find(|line| line.line == row.line) else { continue };
            let taken = taken.entry((row.line, row.lot.clone(), row.serial.clone())).or_default();
            let left = (row.open() - *taken).max(Quantity::ZERO);
            let quantity = left.min(open);
            if !quantity.is_positive() {
                continue;
            }
            *taken += quantity;
            open = open - quantity;
            let demand = Demand::of_line(line, left, item, &self.customer, desk.today);
            loads.push(Load { candidate: from.clone(), line: row.line, open: left, quantity, demand });
        }
        loads
    }

    /// What was picked of a lot or unit, wherever it waits; what the device cannot find is taken from staging.
    fn loads_of_lot(&self, desk: &Desk<'_>, label: &Label) -> Result<Vec<Load>, StoreError> {
        let lot = self.lot_of(desk, label)?;
        let serial = label.serial.as_ref().filter(|_| label.item.tracking.needs_serial());
        let rows = match serial {
            Some(serial) => desk.store.stock_of_serial(label.item.id, serial)?,
            None => desk.store.stock_of_lot(&lot)?,
        };
        let own = self.picked.iter().filter(|row| row.lot == lot && row.serial.as_ref() == serial);
        let mut open: Quantity = own.map(Picked::open).sum();
        // A symbol of its own may say how many of them.
        open = counted(label).map_or(open, |counted| counted.min(open));
        let (mut taken, mut loads) = (BTreeMap::new(), Vec::new());
        for row in rows.iter().filter(|row| row.quantity.is_positive()) {
            if let Some(from) = waiting(desk, row)? {
                let quantity = row.quantity.min(open);
                open = open - quantity;
                loads.append(&mut self.loads(desk, &from, quantity, &mut taken));
            }
        }
        if open.is_positive()
            && let Some(staging) = desk.store.location(desk.site.staging)?
        {
            let place = Place::at(staging.id);
            let key = StockKey { item: lot.item, lot: lot.lot, serial: serial.cloned(), place };
            let row = self.believed(desk, key)?;
            let from = candidate(desk.store, &row, &staging)?;
            loads.append(&mut self.loads(desk, &from, open, &mut taken));
        }
        Ok(loads)
    }

    fn believed(&self, desk: &Desk<'_>, key: StockKey) -> Result<StockRow, StoreError> {
        let lot = LotKey { item: key.item, lot: key.lot.clone() };
        let facts = desk.store.lot(&lot)?.map(|passport| passport.facts);
        Ok(StockRow {
            quantity: desk.store.balance(&key)?,
            since: desk.now,
            expiry: facts.as_ref().and_then(|facts| facts.expiry),
            best_before: facts.as_ref().and_then(|facts| facts.best_before),
            key,
        })
    }

    /// The label's lot; a unit's label may leave it to the device.
    fn lot_of(&self, desk: &Desk<'_>, label: &Label) -> Result<LotKey, StoreError> {
        let lot = label.lot_key();
        if lot.lot.is_some() || !label.item.tracking.needs_lot() {
            return Ok(lot);
        }
        let Some(serial) = &label.serial else { return Ok(lot) };
        let row = desk.store.stock_of_serial(label.item.id, serial)?.into_iter().next();
        Ok(row.map_or(lot, |row| LotKey { item: row.key.item, lot: row.key.lot }))
    }

    fn scan_goods(&mut self, desk: &mut Desk<'_>, label: &Label) -> Result<Answer, StoreError> {
        let item = label.item.name.as_str();
        if let Some(answer) = ask_for(label, desk.words) {
            return Ok(answer);
        }
        let key = self.lot_of(desk, label)?;
        let open: Quantity = self.picked.iter().filter(|row| row.lot == key).map(Picked::open).sum();
        if open.is_positive() && counted(label).is_some_and(|counted| counted > open) {
            let open = desk.words.amount(open, label.item.unit);
            return Ok(Answer::refused(desk.say(Common::RefusedAboveOpen { open: &open })));
        }
        let lot = key.lot.as_ref().map_or_else(|| item.to_owned(), ToString::to_string);
        let loads = self.loads_of_lot(desk, label)?;
        if loads.is_empty() {
            let serial = label.serial.as_ref().filter(|_| label.item.tracking.needs_serial());
            let loaded = self.picked.iter().any(|row| row.lot == key && row.serial.as_ref() == serial);
            let number = self.order.number.as_str();
            return Ok(if loaded {
                Answer::note(desk.say(Loading::Already { lot: &lot }))
            } else {
                Answer::refused(desk.say(Loading::NotPicked { lot: &lot, number }))
            });
        }
        let total: Quantity = loads.iter().map(|load| load.quantity).sum();
        if let Err(no) = self.save(desk, &loads)? {
            return Ok(Answer::refused(self.no_words(&no, &lot, desk.words)));
        }
        let amount = desk.words.amount(total, label.item.unit);
        let text = match self.left() {
            0 if self.unpicked == 0 => Loading::LoadedLast { amount: &amount, lot: &lot },
            _ => Loading::LoadedLot { amount: &amount, lot: &lot },
        };
        Ok(Answer::accepted(desk.say(text)).undoable())
    }

    /// A pallet goes as a whole, or not at all.
    fn scan_hu(&mut self, desk: &mut Desk<'_>, code: &HuCode) -> Result<Answer, StoreError> {
        let code_text = code.as_str();
        let mut rows = desk.store.stock_in_hu(code)?;
        rows.retain(|row| row.quantity.is_positive());
        if rows.is_empty() {
            return Ok(Answer::refused(desk.say(Loading::PalletUnknown { code: code_text })));
        }
        let (mut taken, mut loads) = (BTreeMap::new(), Vec::new());
        for row in &rows {
            let found = match waiting(desk, row)? {
                Some(from) => self.loads(desk, &from, row.quantity, &mut taken),
                None => Vec::new(),
            };
            let sum: Quantity = found.iter().map(|load| load.quantity).sum();
            if sum < row.quantity {
                let no = if sum.is_positive() { No::TooMuch } else { No::NotPicked };
                let item = desk.store.item(row.key.item)?.map(|item| item.name).unwrap_or_default();
                return Ok(Answer::refused(match no {
                    No::TooMuch => desk.say(Loading::TooMuchOnPallet { code: code_text, item: &item }),
                    _ => desk.say(Loading::NotPickedOnPallet { code: code_text, item: &item }),
                }));
            }
            loads.extend(found);
        }
        if let Err(no) = self.save(desk, &loads)? {
            return Ok(Answer::refused(self.no_words(&no, code_text, desk.words)));
        }
        let lots = rows.len().to_string();
        Ok(Answer::accepted(desk.say(Loading::LoadedPallet { code: code_text, lots: &lots })).undoable())
    }

    fn save(&mut self, desk: &mut Desk<'_>, loads: &[Load]) -> Result<Result<(), No>, StoreError> {
        for load in loads {
            if let Err(refusal) = command::dispatch(&self.order, self.is_closed(), std::slice::from_ref(load))
            {
                return Ok(Err(No::Refused(refusal, load.candidate.key.clone())));
            }
        }
        let body = match command::dispatch(&self.order, self.is_closed(), loads) {
            Ok(body) => body,
            Err(_) => return Ok(Err(No::TooMuch)),
        };
        desk.confirm(body)?;
        self.asks = false;
        self.read(desk)?;
        Ok(Ok(()))
    }

    fn no_words(&self, no: &No, lot: &str, words: Words) -> String {
        let No::Refused(refusal, key) = no else { return words.say(Loading::StopOther { lot }) };
        let name = self.lot_name(key);
        let lot = name.as_str();
        match refusal {
            Refusal::OrderClosed => words.say(Common::OrderClosed { number: &self.order.number }),
            Refusal::Unfit(Skip::Expired { on }) => {
                words.say(Loading::StopExpired { lot, day: &words.day(*on) })
            }
            Refusal::Unfit(Skip::OnHold { .. }) => words.say(Loading::StopHeld { lot }),
            Refusal::Unfit(Skip::Recalled) => words.say(Loading::StopRecalled { lot }),
            Refusal::Unfit(Skip::ShelfLifeTooShort { days_left, days_needed }) => {
                let (left, needed) = (words.days(*days_left), words.number(*days_needed));
                words.say(Loading::StopShort { lot, left: &left, needed: &needed })
            }
            _ => words.say(Loading::StopOther { lot }),
        }
    }

    fn close(&mut self, desk: &mut Desk<'_>) -> Result<Answer, StoreError> {
        let number = self.order.number.clone();
        let Ok(body) = command::close_order(&self.order, self.is_closed()) else {
            return Ok(Answer::refused(desk.say(Common::OrderClosed { number: &number })));
        };
        desk.confirm(body)?;
        self.asks = false;
        self.read(desk)?;
        let customer = self.customer.name.as_str();
        let text = desk.say(Loading::Closed { number: &number, customer });
        // Finishing one opens the next.
        let next = Next::Replace(Box::new(Orders::new(Job::Dispatch)));
        Ok(Answer::done(text).undoable().then(next))
    }

    fn read(&mut self, desk: &Desk<'_>) -> Result<(), StoreError> {
        if let Some(order) = desk.store.order(self.order.id)? {
            self.order = order;
        }
        let progress = desk.store.progress(self.order.id)?;
        self.unpicked = self
            .order
            .lines
            .iter()
            .filter(|line| {
                let done = progress.iter().filter(|row| row.line == line.line);
                done.map(|row| row.picked.saturating_add(row.short)).sum::<i64>() < line.quantity.units()
            })
            .count();
        self.picked = progress.into_iter().filter(|row| row.picked > 0).map(Picked::from).collect();
        for row in &self.picked {
            if !self.items.contains_key(&row.lot.item)
                && let Some(item) = desk.store.item(row.lot.item)?
            {
                self.items.insert(item.id, item);
            }
        }
        // What still has to be loaded comes first.
        self.picked.sort_by_key(|row| (!row.open().is_positive(), row.line));
        Ok(())
    }

    fn row(&self, picked: &Picked, words: Words) -> Row {
        let item = self.items.get(&picked.lot.item);
        let lot = picked.lot.lot.as_ref().map(|lot| words.say(Common::Lot { lot: lot.as_str() }));
        let serial =
            picked.serial.as_ref().map(|serial| words.say(Common::Serial { serial: serial.as_str() }));
        let detail: Vec<String> = lot.into_iter().chain(serial).collect();
        let open = picked.open();
        let quantity = if open.is_positive() { open } else { picked.picked };
        Row {
            id: String::new(),
            title: item.map_or_else(String::new, |item| item.name.clone()),
            detail: detail.join(" · "),
            value: words.amount(quantity, item.map_or(Unit::Each, |item| item.unit)),
            tone: if open.is_positive() { Tone::Quiet } else { Tone::Accepted },
        }
    }

    fn sheet(&self, words: Words) -> Sheet {
        let fact =
            |label: Loading<'_>, count: usize| Fact { label: words.say(label), value: count.to_string() };
        let mut facts = Vec::new();
        if self.left() > 0 {
            facts.push(fact(Loading::NotLoaded, self.left()));
        }
        if self.unpicked > 0 {
            facts.push(fact(Loading::NotPickedYet, self.unpicked));
        }
        Sheet {
            tone: Tone::Question,
            title: words.say(Loading::QClose),
            facts,
            note: String::new(),
            answers: vec![
                button("go_on", words.say(Loading::GoOn)),
                button("close_anyway", words.say(Loading::CloseAnyway)),
            ],
        }
    }
}

impl From<Progress> for Picked {
    fn from(row: Progress) -> Self {
        Self {
            line: row.line,
            lot: row.lot,
            serial: row.serial,
            picked: Quantity::balance(row.picked),
            loaded: Quantity::balance(row.dispatched),
        }
    }
}

/// How many of its goods a symbol of its own said.
fn counted(label: &Label) -> Option<Quantity> {
    label.counted.filter(|_| label.item.unit == Unit::Each)
}

/// Stock that waits for the truck; `None` for stock that is still on the shelf.
fn waiting(desk: &Desk<'_>, row: &StockRow) -> Result<Option<Candidate>, StoreError> {
    let place = desk.store.location(row.key.place.location)?;
    match place.filter(|place| matches!(place.kind, LocationKind::Staging | LocationKind::Dispatch)) {
        Some(place) => candidate(desk.store, row, &place).map(Some),
        None => Ok(None),
    }
}

impl Screen for Dispatch {
    fn name(&self) -> &'static str {
        "dispatch"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.holds_as_of = desk.store.sync_status()?.control_as_of;
        self.read(desk)
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        if self.is_closed() && matches!(scan.meaning, Meaning::Goods(_) | Meaning::Hu(..)) {
            return Ok(Answer::refused(desk.say(Common::OrderClosed { number: &self.order.number })));
        }
        match &scan.meaning {
            Meaning::Goods(label) => self.scan_goods(desk, label),
            Meaning::Hu(code, _) => self.scan_hu(desk, code),
            Meaning::Location(place) => {
                Ok(Answer::refused(desk.say(Loading::NotAPlace { place: &place.code })))
            }
            _ => Ok(Answer::pass(desk.say(Loading::ScanGoods))),
        }
    }

    fn gathers(&self) -> bool {
        true
    }

    fn own_lot(&self, lots: &[LotKey]) -> Option<LotKey> {
        let mut own = lots.iter().filter(|lot| self.picked.iter().any(|row| row.lot == **lot));
        own.next().filter(|_| own.next().is_none()).cloned()
    }

    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        match id {
            "close" if self.left() > 0 || self.unpicked > 0 => {
                self.asks = true;
                Ok(Answer::question(desk.say(Loading::QClose)))
            }
            "close" | "close_anyway" => self.close(desk),
            "pick" => {
                let page = Pick::for_order(desk, self.order.clone())?;
                Ok(Answer::silent().then(Next::Replace(Box::new(page))))
            }
            _ => {
                self.asks = false;
                Ok(Answer::silent())
            }
        }
    }

    fn undone(&mut self, desk: &mut Desk<'_>, _body: &Body) -> Result<(), StoreError> {
        self.asks = false;
        self.refresh(desk)
    }

    fn kept(&self) -> Option<super::Kept> {
        Some(super::Kept::Dispatch { order: self.order.id })
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let (left, all) = (self.left(), self.picked.len());
        let prompt = match (all, left) {
            (0, _) => Loading::NothingPicked,
            (_, 0) => Loading::AllLoaded,
            _ => Loading::ScanGoods,
        };
        let (done, count) = ((all - left).to_string(), all.to_string());
        let page = DispatchPage {
            prompt: words.say(prompt),
            customer: self.customer.name.clone(),
            loaded: words.say(Loading::Loaded { done: &done, all: &count }),
            rows: self.picked.iter().take(ROWS).map(|row| self.row(row, words)).collect(),
        };
        let title = words.say(Loading::Order { number: &self.order.number });
        let mut drawn = Drawn::new(title, Page::Dispatch(page));
        drawn.progress = format!("{}/{all}", all - left);
        drawn.holds_age = holds_age(self.holds_as_of, frame);
        if !self.is_closed() {
            drawn.primary = Some(button("close", words.say(Loading::Close)));
            if self.unpicked > 0 {
                drawn.secondary.push(button("pick", words.say(Loading::GoPick)));
            }
        }
        if self.asks {
            drawn.sheet = Some(self.sheet(words));
        }
        drawn
    }
}
