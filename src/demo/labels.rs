//! Labels for the first tasks: what a newcomer prints or taps to receive, put away, move, pick and look up.

use super::story::{DEMO_NOTICE, DEMO_ORDER, DEMO_PURCHASE, OAT_DRINK, STORY_ITEMS};
use super::{DEMO_PIN, Opening, Warehouse};
use crate::domain::{
    Day, HoldKind, HoldTarget, Item, ItemId, Location, LocationId, LocationKind, LotFacts, LotNumber, Order,
    OrderLine, Pack, Role, Unit, User,
};
use crate::exchange::Label;
use crate::exchange::gs1::{Elements, month_digits, six_digits};
use chrono::Days;
use std::collections::BTreeSet;

/// Pallets at the docks that get a label.
const DOCK_PALLETS: usize = 4;

/// The labels, by job in the order of the day; the groups are "badges", "receive", "put away", "move", "pick",
/// "dispatch", "look up" and "odd ones".
#[must_use]
pub fn labels(warehouse: &Warehouse) -> Vec<Label> {
    let maker = Maker { warehouse };
    let mut labels = maker.badges();
    labels.extend(maker.receive());
    labels.extend(maker.put_away());
    labels.extend(maker.moves());
    labels.extend(maker.pick());
    labels.extend(maker.dispatch());
    labels.extend(maker.look_up());
    labels.extend(maker.odd_ones());
    labels
}

struct Maker<'a> {
    warehouse: &'a Warehouse,
}

impl Maker<'_> {
    fn badges(&self) -> Vec<Label> {
        let badge = |user: &User| {
            let role = match user.role {
                Role::Picker => "picks and moves",
                Role::Clerk => "receives too",
                Role::Supervisor => "holds and releases",
                Role::Admin => "may do everything",
            };
            let pin = if user.pin.is_some() { format!(", PIN {DEMO_PIN}") } else { String::new() };
            Label::plain("badges", format!("{}: {role}{pin}", user.name), &user.badge)
        };
        self.warehouse.users.iter().map(badge).collect()
    }

    fn receive(&self) -> Vec<Label> {
        let group = "receive";
        let docks = self.places(group, |place| place.kind == LocationKind::Dock, 2);
        let purchase = self.order(group, DEMO_PURCHASE, "Purchase order");
        let cases = self.lines(DEMO_PURCHASE).filter_map(|(line, item)| {
            let lot = LotNumber::new(&format!("L{}", 2300 + line.line)).ok()?;
            let date = self.after(i64::from(item.days_on_receipt) + 150);
            self.case_label(group, "Case of", &self.new_lot(item, lot, date))
        });
        let short = self.lines(DEMO_PURCHASE).last().and_then(|(_, item)| {
            let lot = LotNumber::new("L2299").ok()?;
            let date = self.after(i64::from(item.days_on_receipt) / 2);
            self.case_label(group, "Shelf life too short:", &self.new_lot(item, lot, date))
        });
        let notice = self.order(group, DEMO_NOTICE, "Shipping notice");
        let pallets = self.lines(DEMO_NOTICE).flat_map(|(line, item)| self.announced(line, item));
        docks.into_iter().chain(purchase).chain(cases).chain(short).chain(notice).chain(pallets).collect()
    }

    /// A pallet of a shipping notice carries its SSCC and, in a second symbol, its content.
    fn announced(&self, line: &OrderLine, item: &Item) -> Vec<Label> {
        let group = "receive";
        let (Some(hu), Some(lot), Some(case)) = (&line.hu, &line.lot, case_pack(item)) else {
            return Vec::new();
        };
        let cases = line.quantity.units() / case.units.units().max(1);
        let content = Elements::new()
            .with("02", &case.gtin.to_string())
            .day("17", line.expiry)
            .with("10", lot.as_str())
            .with("37", &cases.to_string());
        vec![
            Label::gs1_128(
                group,
                format!("Pallet of {}", item.name),
                &Elements::new().with("00", hu.as_str()),
            ),
            Label::gs1_128(group, format!("Its content: {cases} cases {}", item.name), &content),
        ]
    }

    fn put_away(&self) -> Vec<Label> {
        let group = "put away";
        let docks: BTreeSet<_> = self.ids(LocationKind::Dock);
        let waiting = self.warehouse.openings.iter().filter(|opening| docks.contains(&opening.location));
        let mut zones = BTreeSet::new();
        let mut labels = Vec::new();
        for opening in waiting.take(DOCK_PALLETS) {
            let (Some(item), Some(hu)) = (self.item(opening.lot.item), &opening.hu) else { continue };
            zones.insert(item.zone.as_str());
            let pallet = Elements::new().with("00", hu.as_str());
            labels.push(Label::gs1_128(group, format!("Pallet of {}", item.name), &pallet));
        }
        labels.extend(zones.into_iter().filter_map(|zone| self.empty_shelf(group, zone)));
        labels
    }

    fn moves(&self) -> Vec<Label> {
        let group = "move";
        let pallet = self.openings(OAT_DRINK).find_map(|opening| {
            let elements = Elements::new().with("00", opening.hu.as_ref()?.as_str());
            Some(Label::gs1_128(group, format!("Pallet of {OAT_DRINK}"), &elements))
        });
        let shelf = self.empty_shelf(group, "ambient");
        pallet.into_iter().chain(shelf).collect()
    }

    fn pick(&self) -> Vec<Label> {
        let group = "pick";
        let mut labels: Vec<Label> = self.order(group, DEMO_ORDER, "Order").into_iter().collect();
        for (line, item) in self.lines(DEMO_ORDER) {
            let lots = self.lots_to_show(item);
            if let Some((place, _)) = lots.first() {
                labels.push(Label::plain(
                    group,
                    format!("Line {}: shelf {}", line.line, place.code),
                    &place.code,
                ));
            }
            let title = format!("Line {}:", line.line);
            labels.extend(lots.iter().filter_map(|(_, open)| self.case_label(group, &title, &open.lot)));
        }
        labels.extend(self.order(group, "10443", "Order"));
        labels
    }

    /// Both lots on the shelf where the story is about two of them, otherwise the one that is first for the customer.
    fn lots_to_show(&self, item: &Item) -> Vec<(&Location, &Opening)> {
        let story = STORY_ITEMS.contains(&item.name.as_str());
        let order = self.warehouse.order_numbered(DEMO_ORDER);
        let customer =
            self.warehouse.parties.iter().find(|party| Some(party.id) == order.map(|order| order.party));
        let days = item.days_on_dispatch.max(customer.map_or(0, |party| party.days_on_dispatch));
        let good_from = self.after(i64::from(days));
        let mut lots: Vec<(&Location, &Opening)> = self
            .openings(&item.name)
            .filter_map(|open| Some((self.pickable(open)?, open)))
            .filter(|(place, _)| !story || place.kind == LocationKind::PickFace)
            .filter(|(_, open)| story || label_day(&open.lot) >= good_from)
            .collect();
        lots.sort_by_key(|(place, open)| {
            (label_day(&open.lot), open.lot.produced, open.received, place.walk)
        });
        lots.truncate(if story { 2 } else { 1 });
        lots
    }

    fn dispatch(&self) -> Vec<Label> {
        let group = "dispatch";
        let order = self.order(group, DEMO_ORDER, "Order");
        let staging = self.places(group, |place| place.kind == LocationKind::Staging, 1);
        let doors = self.places(group, |place| place.kind == LocationKind::Dispatch, 1);
        order.into_iter().chain(staging).chain(doors).collect()
    }

    fn look_up(&self) -> Vec<Label> {
        let group = "look up";
        let each = self.warehouse.item_named("Honey blossom 500 g").and_then(|item| {
            let pack = item.packs.first()?;
            Some(Label::gs1_datamatrix(
                group,
                format!("Item only: {}", item.name),
                &Elements::new().gtin(pack.gtin),
            ))
        });
        let wine = self.openings("White wine Riesling dry 0.75 l").next();
        let wine = wine.and_then(|opening| self.case_label(group, "Wine lot without a date:", &opening.lot));
        let medicine = self.openings("Ibuprofen tablets 400 mg 20 pieces").nth(4);
        let medicine =
            medicine.and_then(|opening| self.case_label(group, "Day 00 is the month's end:", &opening.lot));
        let place = self.places(group, |place| place.code == "A-03-2", 1);
        each.into_iter().chain(wine).chain(medicine).chain(place).collect()
    }

    fn odd_ones(&self) -> Vec<Label> {
        let group = "odd ones";
        let stopped = self.warehouse.holds.iter().filter_map(|hold| {
            let HoldTarget::Lot(key) = &hold.target else { return None };
            let of_lot = |opening: &&Opening| {
                opening.lot.item == key.item && Some(&opening.lot.lot) == key.lot.as_ref()
            };
            let opening = self.warehouse.openings.iter().find(of_lot)?;
            let title = if hold.kind == HoldKind::Recall { "Recalled lot:" } else { "Lot on hold:" };
            self.case_label(group, title, &opening.lot)
        });
        let expired = self.openings(OAT_DRINK).find(|open| label_day(&open.lot) < Some(self.warehouse.today));
        let expired = expired.and_then(|opening| self.case_label(group, "Expired lot:", &opening.lot));
        let unknown_item = Elements::new().with("01", "09529999000019").with("10", "X1");
        let unknown = [
            Label::plain(group, "A code nobody knows", "ZZ-UNKNOWN-42"),
            Label::gs1_datamatrix(group, "An item nobody knows", &unknown_item),
            Label::gs1_128(group, "A pallet nobody knows", &Elements::new().with("00", "395299990000000010")),
        ];
        stopped.chain(expired).chain(unknown).collect()
    }

    fn case_label(&self, group: &str, title: &str, lot: &LotFacts) -> Option<Label> {
        let item = self.item(lot.item)?;
        let pack = case_pack(item)?;
        let mut elements = Elements::new().gtin(pack.gtin);
        if item.unit == Unit::Gram {
            elements = elements.with("3103", &format!("{:06}", pack.units.units()));
        }
        elements = match lot.expiry {
            Some(day) if item.zone == "pharma" && is_month_end(day) => {
                elements.with("17", &month_digits(day))
            }
            expiry => elements.day("17", expiry),
        };
        elements = elements.day("15", lot.best_before);
        if label_day(lot).is_none() {
            elements = elements.day("11", lot.produced);
        }
        let title = format!("{title} {}, lot {}", item.name, lot.lot);
        Some(Label::gs1_datamatrix(group, title, &elements.with("10", lot.lot.as_str())))
    }

    /// A lot that is not in stock yet, dated in the way the item's other lots are.
    fn new_lot(&self, item: &Item, lot: LotNumber, date: Option<Day>) -> LotFacts {
        let best_before = self.openings(&item.name).any(|opening| opening.lot.best_before.is_some());
        LotFacts {
            item: item.id,
            lot,
            expiry: date.filter(|_| !best_before),
            best_before: date.filter(|_| best_before),
            produced: None,
            supplier_lot: None,
            vintage: None,
            origin: None,
        }
    }

    fn after(&self, days: i64) -> Option<Day> {
        self.warehouse.today.checked_add_days(Days::new(days.unsigned_abs()))
    }

    fn item(&self, id: ItemId) -> Option<&Item> {
        self.warehouse.items.iter().find(|item| item.id == id)
    }

    fn openings(&self, name: &str) -> impl Iterator<Item = &Opening> {
        let item = self.warehouse.item_named(name).map(|item| item.id);
        self.warehouse.openings.iter().filter(move |opening| Some(opening.lot.item) == item)
    }

    fn pickable(&self, opening: &Opening) -> Option<&Location> {
        let place = self.warehouse.locations.iter().find(|place| place.id == opening.location)?;
        place.kind.is_pickable().then_some(place)
    }

    fn ids(&self, kind: LocationKind) -> BTreeSet<LocationId> {
        let places = self.warehouse.locations.iter().filter(|place| place.kind == kind);
        places.map(|place| place.id).collect()
    }

    /// The first reserve place of a zone that nothing stands on.
    fn empty_shelf(&self, group: &str, zone: &str) -> Option<Label> {
        let used: BTreeSet<_> = self.warehouse.openings.iter().map(|opening| opening.location).collect();
        let mut shelves = self.warehouse.locations.iter().filter(|place| place.kind == LocationKind::Storage);
        let shelf = shelves.find(|place| place.zone == zone && !used.contains(&place.id))?;
        Some(Label::plain(group, format!("An empty place, {zone}: {}", shelf.code), &shelf.code))
    }

    fn order(&self, group: &str, number: &str, word: &str) -> Option<Label> {
        let order: &Order = self.warehouse.order_numbered(number)?;
        let party = self.warehouse.parties.iter().find(|party| party.id == order.party)?;
        Some(Label::plain(group, format!("{word} {number}, {}", party.name), number))
    }

    fn lines(&self, number: &str) -> impl Iterator<Item = (&OrderLine, &Item)> {
        let order = self.warehouse.order_numbered(number);
        order
            .into_iter()
            .flat_map(|order| &order.lines)
            .filter_map(|line| self.item(line.item).map(|item| (line, item)))
    }

    fn places(&self, group: &str, wanted: impl Fn(&Location) -> bool, count: usize) -> Vec<Label> {
        let found = self.warehouse.locations.iter().filter(|place| wanted(place)).take(count);
        found.map(|place| Label::plain(group, format!("Place {}", place.code), &place.code)).collect()
    }
}

/// The pack that a case label stands on: the case, or the piece of weighed goods.
fn case_pack(item: &Item) -> Option<&Pack> {
    item.packs.iter().find(|pack| pack.name == "case").or_else(|| item.packs.first())
}

fn label_day(lot: &LotFacts) -> Option<Day> {
    lot.expiry.or(lot.best_before)
}

fn is_month_end(day: Day) -> bool {
    day.succ_opt().is_some_and(|next| six_digits(next).ends_with("01"))
}
