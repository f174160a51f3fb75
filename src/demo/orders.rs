//! The demo's orders: closed ones that explain the stock, open ones to receive, open ones to pick.

use super::Opening;
use super::catalogue::{CUSTOMERS, Dating, Packing, SUPPLIERS};
use super::items::{Product, supplier_id};
use super::rng::Rng;
use super::stock::Filler;
use super::story::{DEMO_NOTICE, DEMO_ORDER, DEMO_PURCHASE, OAT_DRINK, SPAGHETTI, YOGHURT};
use crate::domain::{
    Day, Direction, Hold, HoldTarget, ItemId, LocationId, Order, OrderId, OrderKind, OrderLine, OrderStatus,
    PartyId, Quantity, days_between,
};
use chrono::{Datelike, Duration};
use std::collections::{BTreeMap, BTreeSet};

/// Open sales orders beside the story's own.
const SALES_ORDERS: i64 = 13;
/// Open purchase orders beside the story's own.
const PURCHASE_ORDERS: i64 = 4;

/// Makes the closed purchase orders, one per supplier and quarter, that brought the opening stock.
pub fn history(openings: &mut [Opening]) -> Vec<Order> {
    let mut orders: BTreeMap<(PartyId, i32, u32), Order> = BTreeMap::new();
    for opening in openings {
        let day = opening.received.utc().date_naive();
        let next = i64::try_from(orders.len()).unwrap_or(0) + 1;
        let order = orders.entry((opening.supplier, day.year(), day.month0() / 3)).or_insert_with(|| {
            let number = format!("PO-{}", 6000 + next);
            let mut order = empty(next, number, OrderKind::PurchaseOrder, opening.supplier, day);
            order.status = OrderStatus::Closed;
            order
        });
        order.due = order.due.max(Some(day));
        opening.order = order.id;
        match order.lines.iter_mut().find(|line| line.item == opening.lot.item) {
            Some(line) => line.quantity += opening.quantity,
            None => push_line(order, opening.lot.item, opening.quantity.units()),
        }
    }
    let mut orders: Vec<Order> = orders.into_values().collect();
    orders.sort_by_key(|order| order.id);
    orders
}

/// Makes the open orders; their ids follow the closed ones.
pub struct OrderMaker<'a> {
    pub products: &'a [Product],
    pub today: Day,
    pub rng: Rng,
    pub orders: Vec<Order>,
}

impl OrderMaker<'_> {
    fn add(&mut self, number: String, kind: OrderKind, party: PartyId, due_in: i64) -> Option<&mut Order> {
        let id = i64::try_from(self.orders.len()).ok()? + 1;
        self.orders.push(empty(id, number, kind, party, self.today + Duration::days(due_in)));
        self.orders.last_mut()
    }

    fn product(&self, name: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.item.name == name)
    }

    /// Purchase orders: what and how much, without lots.
    pub fn purchases(&mut self) {
        let story = [
            (OAT_DRINK, 240),
            ("Oat drink organic 1 l", 120),
            ("Baby food carrot 190 g", 96),
            ("Juice apple 1 l", 60),
        ];
        let wanted: Vec<(ItemId, i64)> = story
            .iter()
            .filter_map(|(name, units)| self.product(name).map(|product| (product.item.id, *units)))
            .collect();
        self.add_lines(DEMO_PURCHASE.to_owned(), OrderKind::PurchaseOrder, supplier_id(0), 0, wanted);
        for n in 0..PURCHASE_ORDERS {
            let supplier = [3, 11, 6, 8].get(usize::try_from(n).unwrap_or(0)).copied().unwrap_or(1);
            let mut wanted = Vec::new();
            let theirs = self.products.iter().filter(|product| product.family.supplier == supplier);
            for product in theirs.filter(|product| product.family.dating != Dating::Serial) {
                if wanted.len() < 6 && self.rng.chance(60) {
                    let cases = self.rng.range(2, 12);
                    wanted.push((product.item.id, cases * case_units(product)));
                }
            }
            let number = format!("PO-{}", 7732 + n);
            self.add_lines(number, OrderKind::PurchaseOrder, supplier_id(supplier), n / 2, wanted);
        }
    }

    /// Shipping notices: pallets with their SSCC, each with lots and expiries.
    pub fn notices(&mut self, filler: &mut Filler<'_>) {
        for (number, supplier, zone) in
            [(DEMO_NOTICE, 0, "ambient"), ("ASN-5509", 6, "pharma"), ("ASN-5510", 7, "pharma cold")]
        {
            let theirs = self.products.iter().filter(|product| {
                let family = product.family;
                family.supplier == supplier && family.zone == zone && family.dating == Dating::Expiry
            });
            let mut lines = Vec::new();
            for product in theirs.step_by(2).take(4) {
                let pallet = filler.next_pallet(product);
                let Some((facts, _)) = filler.lot(product, 99, 100) else { continue };
                let Ok(quantity) = Quantity::new(case_units(product) * filler.rng.range(8, 20)) else {
                    continue;
                };
                let line = u32::try_from(lines.len()).unwrap_or(0) + 1;
                let (lot, expiry) = (Some(facts.lot), facts.expiry);
                lines.push(OrderLine { line, item: product.item.id, quantity, lot, expiry, hu: pallet });
            }
            if let Some(order) =
                self.add(number.to_owned(), OrderKind::ShippingNotice, supplier_id(supplier), 0)
            {
                order.lines = lines;
            }
        }
    }

    /// Sales orders: the story's first, then ones whose lines the stock can fill.
    pub fn sales(&mut self, mut free: FreeStock) {
        let story = [
            (OAT_DRINK, 24),
            (SPAGHETTI, 48),
            (YOGHURT, 40),
            ("Rice basmati 1 kg", 10),
            ("Jam strawberry 340 g", 12),
            ("Cheese wheel Gouda", 4500),
        ];
        let mut wanted = Vec::new();
        for (name, units) in story {
            if let Some(product) = self.product(name) {
                free.take(product, 0, units);
                wanted.push((product.item.id, units));
            }
        }
        self.add_lines(DEMO_ORDER.to_owned(), OrderKind::SalesOrder, customer_id(0), 0, wanted);
        for n in 0..SALES_ORDERS {
            let customer = usize::try_from(self.rng.range(0, 9)).unwrap_or(0);
            let wanted = self.wanted(customer, &mut free);
            let due_in = n / 5;
            self.add_lines(
                format!("{}", 10_443 + n),
                OrderKind::SalesOrder,
                customer_id(customer),
                due_in,
                wanted,
            );
        }
    }

    fn wanted(&mut self, customer: usize, free: &mut FreeStock) -> Vec<(ItemId, i64)> {
        let lines = usize::try_from(self.rng.range(3, 12)).unwrap_or(3);
        let mut wanted: Vec<(ItemId, i64)> = Vec::new();
        for _ in 0..lines * 3 {
            let Some(product) = self.rng.pick(self.products) else { break };
            let units = self.rng.range(1, 4) * case_units(product);
            let new = wanted.iter().all(|(item, _)| *item != product.item.id);
            if wanted.len() < lines && new && free.take(product, customer, units) {
                wanted.push((product.item.id, units));
            }
        }
        wanted
    }

    fn add_lines(
        &mut self,
        number: String,
        kind: OrderKind,
        party: PartyId,
        due_in: i64,
        wanted: Vec<(ItemId, i64)>,
    ) {
        if let Some(order) = self.add(number, kind, party, due_in) {
            for (item, units) in wanted {
                push_line(order, item, units);
            }
        }
    }
}

/// What can still be promised, by item and days left.
pub struct FreeStock {
    lots: BTreeMap<ItemId, Vec<(i64, i64)>>,
}

impl FreeStock {
    /// Everything pickable that is neither held nor past its date.
    pub fn new(openings: &[Opening], pickable: &BTreeSet<LocationId>, holds: &[Hold], today: Day) -> Self {
        let mut lots: BTreeMap<ItemId, Vec<(i64, i64)>> = BTreeMap::new();
        for opening in openings.iter().filter(|opening| pickable.contains(&opening.location)) {
            let held = holds.iter().any(|hold| {
                matches!(&hold.target, HoldTarget::Lot(key)
                    if key.item == opening.lot.item && key.lot.as_ref() == Some(&opening.lot.lot))
            });
            let date = opening.lot.expiry.or(opening.lot.best_before);
            let days_left = date.map_or(i64::MAX, |date| days_between(today, date));
            if !held && days_left >= 0 {
                lots.entry(opening.lot.item).or_default().push((days_left, opening.quantity.units()));
            }
        }
        lots.values_mut().for_each(|lots| lots.sort_unstable());
        Self { lots }
    }

    /// Promises so much to a customer, first expiry first; false, and nothing promised, where there is not enough.
    fn take(&mut self, product: &Product, customer: usize, units: i64) -> bool {
        let customer_days = CUSTOMERS.get(customer).map_or(0, |(_, _, days)| *days);
        let days = i64::from(product.item.days_on_dispatch.max(customer_days));
        let Some(lots) = self.lots.get_mut(&product.item.id) else { return false };
        let good: i64 = lots.iter().filter(|(left, _)| *left >= days).map(|(_, units)| *units).sum();
        if good < units {
            return false;
        }
        let mut open = units;
        for (_, free) in lots.iter_mut().filter(|(left, _)| *left >= days) {
            let taken = open.min(*free);
            *free -= taken;
            open -= taken;
        }
        true
    }
}

fn empty(id: i64, number: String, kind: OrderKind, party: PartyId, due: Day) -> Order {
    let direction = match kind {
        OrderKind::SalesOrder => Direction::Outbound,
        OrderKind::PurchaseOrder | OrderKind::ShippingNotice => Direction::Inbound,
    };
    let (id, due, status) = (OrderId(id), Some(due), OrderStatus::Open);
    Order { id, number, direction, kind, party, due, status, lines: Vec::new() }
}

fn push_line(order: &mut Order, item: ItemId, units: i64) {
    let line = u32::try_from(order.lines.len()).unwrap_or(0) + 1;
    if let Ok(quantity) = Quantity::new(units) {
        order.lines.push(OrderLine { line, item, quantity, lot: None, expiry: None, hu: None });
    }
}

fn case_units(product: &Product) -> i64 {
    match product.family.packing {
        Packing::Counted { case, .. } => case,
        Packing::Weighed { grams, .. } => grams,
    }
}

fn customer_id(index: usize) -> PartyId {
    supplier_id(SUPPLIERS.len() + index)
}
