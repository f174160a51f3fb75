//! Back to the source and forward to the customers: rows of origins and destinations put together.

use crate::domain::{Destination, OrderId, Origin, PartyId, Quantity, SerialNumber, Timestamp};
use std::collections::BTreeMap;

/// Where some of a lot came from, net of undone receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// From whom.
    pub supplier: Option<PartyId>,
    /// On which inbound order.
    pub order: Option<OrderId>,
    /// Base units.
    pub quantity: Quantity,
    /// First receipt.
    pub first: Timestamp,
    /// Last receipt.
    pub last: Timestamp,
}

/// Where some of a lot went, net of undone dispatches and of returns that name the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// To whom.
    pub customer: PartyId,
    /// On which order.
    pub order: OrderId,
    /// Which unit.
    pub serial: Option<SerialNumber>,
    /// Base units.
    pub quantity: Quantity,
    /// Last time that some left or came back.
    pub last: Timestamp,
}

/// One step back: who sent it, on which order, oldest first. What was undone altogether is not listed.
#[must_use]
pub fn sources(rows: impl IntoIterator<Item = Origin>) -> Vec<Source> {
    let mut sums = BTreeMap::<_, Source>::new();
    for Origin { supplier, order, quantity, at, .. } in rows {
        let source = Source { supplier, order, quantity: Quantity::ZERO, first: at, last: at };
        let sum = sums.entry((supplier, order)).or_insert(source);
        sum.quantity += quantity;
        sum.first = sum.first.min(at);
        sum.last = sum.last.max(at);
    }
    let mut found: Vec<_> = sums.into_values().filter(|source| !source.quantity.is_zero()).collect();
    found.sort_by_key(|source| (source.first, source.supplier, source.order));
    found
}

/// One step forward: every customer and order that has some, newest first. What came back altogether is not listed.
#[must_use]
pub fn deliveries(rows: impl IntoIterator<Item = Destination>) -> Vec<Delivery> {
    let mut sums = BTreeMap::<_, Delivery>::new();
    for Destination { customer, order, serial, quantity, at, .. } in rows {
        let key = (customer, order, serial.clone());
        let delivery = Delivery { customer, order, serial, quantity: Quantity::ZERO, last: at };
        let sum = sums.entry(key).or_insert(delivery);
        sum.quantity += quantity;
        sum.last = sum.last.max(at);
    }
    let mut found: Vec<_> = sums.into_values().filter(|delivery| !delivery.quantity.is_zero()).collect();
    found.sort_by(|a, b| {
        (b.last, a.customer, a.order, &a.serial).cmp(&(a.last, b.customer, b.order, &b.serial))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::*;
    use crate::ledger::arbitrary::{event, undo_of};
    use crate::ledger::fold;

    fn movement(units: i64, from: LocationId, to: LocationId) -> Movement {
        Movement {
            item: ItemId(1),
            lot: Some("A".parse().unwrap()),
            serial: None,
            quantity: Quantity::balance(units),
            from: Place::at(from),
            to: Place::at(to),
            line: Some(1),
        }
    }

    fn receipt(order: Option<i64>, units: i64) -> Body {
        Body::Receipt(Receipt {
            order: order.map(OrderId),
            supplier: Some(PartyId(5)),
            lots: vec![],
            lines: vec![movement(units, LocationId::SUPPLIER, LocationId(1))],
            reason: None,
        })
    }

    fn dispatch(order: i64, customer: i64, units: i64) -> Body {
        let lines = vec![movement(units, LocationId(1), LocationId::CUSTOMER)];
        Body::Dispatch(Dispatch { order: OrderId(order), customer: PartyId(customer), lines })
    }

    fn check(bodies: Vec<Body>, expected: &[&str]) {
        let events: Vec<_> = (1..).zip(bodies).map(|(n, body)| event(n, 1, 0, body)).collect();
        let (stock, _) = fold(&events);
        let back = sources(stock.origins().cloned()).into_iter().map(|source| {
            let (order, supplier) = (source.order.map_or(0, |id| id.0), source.supplier.map_or(0, |id| id.0));
            format!("{} from {supplier} on {order}", source.quantity)
        });
        let forward = deliveries(stock.destinations().cloned())
            .into_iter()
            .map(|delivery| format!("{} to {} on {}", delivery.quantity, delivery.customer, delivery.order));
        assert_eq!(back.chain(forward).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_lot_is_traced_back_and_forward() {
        let both = vec![receipt(Some(7), 10), receipt(None, 5), receipt(Some(7), 2)];
        check(both, &["5 from 5 on 0", "12 from 5 on 7"]);
        let out = vec![dispatch(8, 3, 4), dispatch(8, 3, 2), dispatch(9, 4, 1)];
        check(out, &["6 to 3 on 8", "1 to 4 on 9"]);
    }

    #[test]
    fn what_was_undone_or_came_back_is_taken_off() {
        let received = event(1, 1, 0, receipt(Some(7), 10));
        check(vec![received.body.clone(), undo_of(&received)], &[]);
        let left = event(1, 1, 0, dispatch(8, 3, 4));
        check(vec![left.body.clone(), undo_of(&left), dispatch(8, 3, 1)], &["1 to 3 on 8"]);
        let back = Body::Return(Return {
            customer: PartyId(3),
            order: Some(OrderId(8)),
            lines: vec![movement(3, LocationId::CUSTOMER, LocationId(1))],
            reason: Reason::Other,
        });
        check(vec![left.body.clone(), back], &["1 to 3 on 8"]);
    }
}
