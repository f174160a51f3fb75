//! What an inbound order still expects, beside what has come.

use crate::domain::{
    HuCode, Item, ItemId, LotFacts, LotKey, LotNumber, Movement, Order, OrderLine, Place, Progress, Quantity,
    Reason, Receipt,
};
use crate::ledger::command::inbound_line;
use crate::store::{Store, StoreError};
use std::collections::HashMap;

/// Lines of the order in sight while nothing is in hand.
const ROWS: usize = 5;
/// Lines in sight below a line in hand.
pub(super) const ROWS_BESIDE: usize = 3;

/// One line still to come, with what the display needs.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub item: Item,
    pub lot: Option<LotNumber>,
    pub received: Quantity,
    pub ordered: Quantity,
}

/// An order's lines with what has come for each; empty for a receipt without an order.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    pub order: Option<Order>,
    /// What came, as the file has it.
    pub progress_rows: Vec<Progress>,
    received: HashMap<u32, Quantity>,
    pub due: Vec<Due>,
    done: usize,
}

impl Expected {
    pub(super) fn new(order: Option<Order>) -> Self {
        Self { order, ..Self::default() }
    }

    pub(super) fn is_order(&self) -> bool {
        self.order.is_some()
    }

    fn lines(&self) -> &[OrderLine] {
        self.order.as_ref().map_or(&[], |order| order.lines.as_slice())
    }

    fn received(&self, line: u32) -> Quantity {
        self.received.get(&line).copied().unwrap_or_default()
    }

    /// Reads what has come, and names the first lines that are still due.
    pub(super) fn refresh(&mut self, store: &Store) -> Result<(), StoreError> {
        if let Some(order) = &self.order {
            self.progress_rows = store.progress(order.id)?;
            self.sum(store);
        }
        Ok(())
    }

    /// Counts what was saved just now. It cannot fail: what is saved is never called unsaved because a name could not be
    /// read afterwards.
    pub(super) fn booked(&mut self, store: &Store, movements: &[Movement]) {
        let Some(order) = self.order.as_ref().map(|order| order.id) else { return };
        for movement in movements {
            let Some(line) = movement.line else { continue };
            let units = movement.quantity.units();
            let (lot, serial) = (movement.lot_key(), movement.serial.clone());
            let known = self
                .progress_rows
                .iter_mut()
                .find(|row| row.line == line && row.lot == lot && row.serial == serial);
            match known {
                Some(row) => row.received = row.received.saturating_add(units),
                None => self.progress_rows.push(Progress {
                    order,
                    line,
                    lot,
                    serial,
                    received: units,
                    picked: 0,
                    dispatched: 0,
                    short: 0,
                }),
            }
        }
        self.sum(store);
    }

    fn sum(&mut self, store: &Store) {
        self.received.clear();
        self.due.clear();
        self.done = 0;
        for row in &self.progress_rows {
            *self.received.entry(row.line).or_default() += Quantity::balance(row.received);
        }
        let Some(order) = &self.order else { return };
        for line in &order.lines {
            let received = self.received.get(&line.line).copied().unwrap_or_default();
            if received >= line.quantity {
                self.done += 1;
                continue;
            }
            // A row without its name is left out; the next refresh tries again.
            if self.due.len() < ROWS
                && let Ok(Some(item)) = store.item(line.item)
            {
                self.due.push(Due { item, lot: line.lot.clone(), received, ordered: line.quantity });
            }
        }
    }

    /// Lines that are in, and all.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.done, self.lines().len())
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_order() && self.done == self.lines().len()
    }

    pub(super) fn has(&self, item: ItemId) -> bool {
        self.lines().iter().any(|line| line.item == item)
    }

    /// Ordered and received over all lines of the item.
    pub(super) fn of_item(&self, item: ItemId) -> (Quantity, Quantity) {
        let lines = || self.lines().iter().filter(move |line| line.item == item);
        (lines().map(|line| line.quantity).sum(), lines().map(|line| self.received(line.line)).sum())
    }

    /// The line that goods count against.
    pub(super) fn line_for(&self, item: &Item, lot: Option<&LotNumber>) -> Option<u32> {
        inbound_line(self.order.as_ref()?, &self.progress_rows, item, lot)
    }

    /// The announced lines of a pallet, and whether they have come.
    pub(super) fn pallet(&self, code: &HuCode) -> (Vec<OrderLine>, bool) {
        let lines: Vec<OrderLine> =
            self.lines().iter().filter(|line| line.hu.as_ref() == Some(code)).cloned().collect();
        let here = !lines.is_empty() && lines.iter().all(|line| self.received(line.line) >= line.quantity);
        (lines, here)
    }

    /// The announced pallet that holds this lot.
    pub(super) fn pallet_with(&self, item: ItemId, lot: Option<&LotNumber>) -> Option<HuCode> {
        let holds = |line: &&OrderLine| line.item == item && line.lot.is_some() && line.lot.as_ref() == lot;
        self.lines().iter().find(holds).and_then(|line| line.hu.clone())
    }

    /// The receipt of announced lines as they were announced.
    pub(super) fn receipt_of(&self, lines: &[OrderLine], to: &Place, reason: Option<Reason>) -> Receipt {
        Receipt {
            order: self.order.as_ref().map(|order| order.id),
            supplier: self.order.as_ref().map(|order| order.party),
            lots: lines.iter().filter_map(announced).collect(),
            lines: lines
                .iter()
                .map(|line| Movement {
                    item: line.item,
                    lot: line.lot.clone(),
                    serial: None,
                    quantity: line.quantity - self.received(line.line),
                    from: Place::at(crate::domain::LocationId::SUPPLIER),
                    to: to.clone(),
                    line: Some(line.line),
                })
                .filter(|movement| movement.quantity.is_positive())
                .collect(),
            reason,
        }
    }
}

/// What the notice says of a line's lot.
fn announced(line: &OrderLine) -> Option<LotFacts> {
    Some(LotFacts {
        item: line.item,
        lot: line.lot.clone()?,
        expiry: line.expiry,
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    })
}

/// The lot of an order line.
pub(super) fn lot_of(line: &OrderLine) -> LotKey {
    LotKey { item: line.item, lot: line.lot.clone() }
}
