//! Puts together what this device knows of a lot, an item, a place, a pallet, an order or a unit, and how old that is.

use super::super::ages::{as_of, moment};
use super::super::screen::Frame;
use super::super::view::{Fact, LookUpPage, Row, Section, Tone};
use super::super::words::{Common, Looking};
use super::Subject;
use crate::domain::{
    Destination, Direction, HoldKind, HoldState, HoldTarget, Item, ItemId, LocationId, LocationKind, LotKey,
    Order, OrderStatus, Origin, PartyId, Quantity, SerialNumber, Unit,
};
use crate::ledger::{days_left, good_to, trace};
use crate::store::{StockRow, Store, StoreError};

/// Rows of a section in sight.
const ROWS: usize = 4;
/// Rows of a section where a lot has three of them.
const TRACE_ROWS: usize = 3;

/// Describes it from the device's own data.
pub(in super::super) fn describe(
    store: &Store,
    subject: &Subject,
    frame: &Frame<'_>,
) -> Result<LookUpPage, StoreError> {
    let look = Look { store, frame };
    let mut page = match subject {
        Subject::Lot(lot) => look.lot(lot, None)?,
        Subject::Unit(lot, serial) => look.unit(lot, serial)?,
        Subject::Item(item) => look.item(*item)?,
        Subject::Location(location) => look.location(*location)?,
        Subject::Hu(code) => look.hu(code)?,
        Subject::Order(id) => match store.order(*id)? {
            Some(order) => look.order(&order)?,
            None => super::blank(frame.words.say(Looking::NotKnown)),
        },
    };
    page.as_of = as_of(store.sync_status()?.site_as_of, frame);
    Ok(page)
}

/// Open stops on exactly that, the gravest first.
pub(in super::super) fn open_holds(store: &Store, target: &HoldTarget) -> Result<Vec<HoldState>, StoreError> {
    let mut holds = store.holds()?;
    holds.retain(|state| !state.released && state.hold.target == *target);
    holds.sort_by_key(|state| std::cmp::Reverse(state.hold.kind));
    Ok(holds)
}

struct Look<'a> {
    store: &'a Store,
    frame: &'a Frame<'a>,
}

impl Look<'_> {
    fn say(&self, message: Looking<'_>) -> String {
        self.frame.words.say(message)
    }

    fn fact(&self, label: Looking<'_>, value: String) -> Option<Fact> {
        (!value.is_empty()).then(|| Fact { label: self.say(label), value })
    }

    fn page(&self, heading: String) -> LookUpPage {
        LookUpPage { heading, ..super::blank(self.say(Looking::ScanAnything)) }
    }

    fn moment(&self, at: crate::domain::Timestamp) -> String {
        moment(at, self.frame.now, self.frame.site.zone, self.frame.words)
    }

    fn party(&self, id: PartyId) -> Result<String, StoreError> {
        Ok(self.store.party(id)?.map(|party| party.name).unwrap_or_default())
    }

    fn code_of(&self, id: LocationId) -> Result<String, StoreError> {
        Ok(self.store.location(id)?.map(|place| place.code).unwrap_or_default())
    }

    fn lot_name(&self, lot: &LotKey) -> String {
        let say = |lot: &crate::domain::LotNumber| self.frame.words.say(Common::Lot { lot: lot.as_str() });
        lot.lot.as_ref().map(say).unwrap_or_default()
    }

    /// A section of at most `rows` rows and how many more there are; `None` where there are none.
    fn section(&self, title: Looking<'_>, mut rows: Vec<Row>, limit: usize) -> Option<Section> {
        let more = rows.len().saturating_sub(limit);
        rows.truncate(limit);
        if more > 0 {
            rows.push(plain_row(self.say(Looking::MoreRows { count: &more.to_string() })));
        }
        (!rows.is_empty()).then(|| Section { title: self.say(title), rows })
    }

    fn stopped(&self, page: &mut LookUpPage, target: &HoldTarget) -> Result<(), StoreError> {
        let holds = open_holds(self.store, target)?;
        let Some(state) = holds.first() else { return Ok(()) };
        let since = &self.moment(state.at);
        page.tone = Tone::Refused;
        page.status = self.say(match state.hold.kind {
            HoldKind::Hold => Looking::OnHold { since },
            HoldKind::Quarantine => Looking::InQuarantine { since },
            HoldKind::Damaged => Looking::IsDamaged { since },
            HoldKind::Recall => Looking::Recalled { since },
        });
        let mut why = self.frame.words.reason(state.hold.reason).to_owned();
        if !state.hold.note.is_empty() {
            why = format!("{why} · {}", state.hold.note);
        }
        if let Some(user) = self.store.user(state.operator)? {
            why = format!("{why} · {}", user.name);
        }
        page.facts.extend(self.fact(Looking::FactReason, why));
        if self.store.release_pending(state.id)? {
            page.status = format!("{} · {}", page.status, self.say(Looking::ReleaseAsked));
        }
        Ok(())
    }

    fn unit(&self, lot: &LotKey, serial: &SerialNumber) -> Result<LookUpPage, StoreError> {
        let rows = self.store.stock_of_serial(lot.item, serial)?;
        let known = rows.first().map(|row| LotKey { item: lot.item, lot: row.key.lot.clone() });
        self.lot(known.as_ref().filter(|_| lot.lot.is_none()).unwrap_or(lot), Some(serial))
    }

    fn lot(&self, lot: &LotKey, serial: Option<&SerialNumber>) -> Result<LookUpPage, StoreError> {
        let words = self.frame.words;
        let item = self.store.item(lot.item)?;
        let unit = item.as_ref().map_or(Unit::Each, |item| item.unit);
        let mut heading = vec![item.map(|item| item.name).unwrap_or_default(), self.lot_name(lot)];
        heading.extend(serial.map(|serial| words.say(Common::Serial { serial: serial.as_str() })));
        heading.retain(|part| !part.is_empty());
        let mut page = self.page(heading.join(" · "));
        let passport = self.store.lot(lot)?;
        let facts = passport.as_ref().map(|passport| &passport.facts);
        let good = facts.and_then(|facts| good_to(facts.expiry, facts.best_before));
        self.dates(&mut page, good, lot.lot.is_some());
        self.stopped(&mut page, &HoldTarget::Lot(lot.clone()))?;
        let stock = match serial {
            Some(serial) => self.store.stock_of_serial(lot.item, serial)?,
            None => self.store.stock_of_lot(lot)?,
        };
        let total: Quantity = stock.iter().map(|row| row.quantity).sum();
        page.facts.extend(self.fact(Looking::FactHere, words.amount(total, unit)));
        let day = |day: Option<crate::domain::Day>| day.map(|day| words.day(day)).unwrap_or_default();
        page.facts.extend(self.fact(Looking::FactProduced, day(facts.and_then(|facts| facts.produced))));
        let label = |label: Option<&String>| label.cloned().unwrap_or_default();
        let supplier_lot = facts.and_then(|facts| facts.supplier_lot.as_ref()).map(ToString::to_string);
        page.facts.extend(self.fact(Looking::FactSupplierLot, supplier_lot.unwrap_or_default()));
        page.facts
            .extend(self.fact(Looking::FactVintage, label(facts.and_then(|facts| facts.vintage.as_ref()))));
        page.facts
            .extend(self.fact(Looking::FactOrigin, label(facts.and_then(|facts| facts.origin.as_ref()))));
        let received = passport.as_ref().map(|passport| self.moment(passport.received));
        page.facts.extend(self.fact(Looking::FactReceived, received.unwrap_or_default()));
        let mut wheres = Vec::new();
        for row in stock.iter().take(TRACE_ROWS) {
            wheres.push(self.place_row(row)?);
        }
        wheres.extend(stock.iter().skip(TRACE_ROWS).map(|_| plain_row(String::new())));
        page.sections.extend(self.section(Looking::WhereItIs, wheres, TRACE_ROWS));
        page.sections.extend(self.came_from(self.store.origins(lot)?)?);
        let mut destinations = self.store.destinations(lot)?;
        destinations.retain(|row| serial.is_none() || row.serial.as_ref() == serial);
        page.sections.extend(self.went_to(destinations)?);
        if page.sections.is_empty() && passport.is_none() {
            page.status = self.say(Looking::NotKnown);
            page.tone = Tone::Question;
        }
        Ok(page)
    }

    fn dates(&self, page: &mut LookUpPage, good: Option<crate::domain::Day>, has_lot: bool) {
        let (words, today) = (self.frame.words, self.frame.today);
        match days_left(good, today) {
            Some(left) if left < 0 => {
                page.tone = Tone::Refused;
                page.status = words.good_to(good, today);
            }
            Some(_) => page.status = words.good_to(good, today),
            None if has_lot => page.status = self.say(Looking::NoDate),
            None => {}
        }
        page.facts.extend(self.fact(Looking::FactLeft, words.in_days(good, today)));
    }

    fn place_row(&self, row: &StockRow) -> Result<Row, StoreError> {
        let words = self.frame.words;
        let mut title = self.code_of(row.key.place.location)?;
        if let Some(code) = &row.key.place.hu {
            title = format!("{title} · {}", words.say(Common::Pallet { code: code.as_str() }));
        }
        let lot = LotKey { item: row.key.item, lot: row.key.lot.clone() };
        let holds = self.store.holds_on(&lot, row.key.place.location, row.key.place.hu.as_ref())?;
        Ok(Row {
            id: String::new(),
            title,
            detail: self.say(Looking::Since { time: &self.moment(row.since) }),
            value: words.amount(row.quantity, self.unit_of(row.key.item)?),
            tone: if holds.is_empty() { Tone::Quiet } else { Tone::Refused },
        })
    }

    fn unit_of(&self, item: ItemId) -> Result<Unit, StoreError> {
        Ok(self.store.item(item)?.map_or(Unit::Each, |item| item.unit))
    }

    fn came_from(&self, rows: Vec<Origin>) -> Result<Option<Section>, StoreError> {
        let mut lines = Vec::new();
        let Some(unit) = rows.first().map(|row| self.unit_of(row.lot.item)).transpose()? else {
            return Ok(None);
        };
        for source in trace::sources(rows) {
            let supplier = match source.supplier {
                Some(id) => self.party(id)?,
                None => self.say(Looking::UnknownSupplier),
            };
            let order = match source.order {
                Some(id) => self.store.order(id)?.map(|order| order.number).unwrap_or_default(),
                None => self.say(Looking::NoOrder),
            };
            let detail = [order, self.moment(source.first)];
            lines.push(Row {
                id: String::new(),
                title: supplier,
                detail: detail.join(" · "),
                value: self.frame.words.amount(source.quantity, unit),
                tone: Tone::Quiet,
            });
        }
        Ok(self.section(Looking::CameFrom, lines, TRACE_ROWS))
    }

    fn went_to(&self, rows: Vec<Destination>) -> Result<Option<Section>, StoreError> {
        let mut lines = Vec::new();
        let Some(unit) = rows.first().map(|row| self.unit_of(row.lot.item)).transpose()? else {
            return Ok(None);
        };
        for delivery in trace::deliveries(rows) {
            let order = self.store.order(delivery.order)?.map(|order| order.number).unwrap_or_default();
            let mut detail = vec![order, self.moment(delivery.last)];
            detail.retain(|part| !part.is_empty());
            lines.push(Row {
                id: String::new(),
                title: self.party(delivery.customer)?,
                detail: detail.join(" · "),
                value: self.frame.words.amount(delivery.quantity, unit),
                tone: Tone::Quiet,
            });
        }
        Ok(self.section(Looking::WentTo, lines, TRACE_ROWS))
    }

    fn goods_row(&self, row: &StockRow) -> Result<Row, StoreError> {
        let words = self.frame.words;
        let item = self.store.item(row.key.item)?;
        let unit = item.as_ref().map_or(Unit::Each, |item| item.unit);
        let item = item.map(|item| item.name).unwrap_or_default();
        let lot = LotKey { item: row.key.item, lot: row.key.lot.clone() };
        let good = good_to(row.expiry, row.best_before);
        let mut detail = vec![self.lot_name(&lot), words.good_to(good, self.frame.today)];
        detail.retain(|part| !part.is_empty());
        let holds = self.store.holds_on(&lot, row.key.place.location, row.key.place.hu.as_ref())?;
        let expired = days_left(good, self.frame.today).is_some_and(|left| left < 0);
        Ok(Row {
            id: String::new(),
            title: item,
            detail: detail.join(" · "),
            value: words.amount(row.quantity, unit),
            tone: if holds.is_empty() && !expired { Tone::Quiet } else { Tone::Refused },
        })
    }

    fn goods(&self, title: Looking<'_>, rows: &[StockRow]) -> Result<Option<Section>, StoreError> {
        let shown: Result<Vec<Row>, _> = rows.iter().take(ROWS).map(|row| self.goods_row(row)).collect();
        let mut shown = shown?;
        if rows.len() > ROWS {
            shown.push(plain_row(self.say(Looking::MoreThere)));
        }
        Ok(self.section(title, shown, ROWS + 1))
    }

    fn item(&self, id: ItemId) -> Result<LookUpPage, StoreError> {
        let words = self.frame.words;
        let Some(item) = self.store.item(id)? else { return Ok(self.page(self.say(Looking::NotKnown))) };
        let Item { name, code, zone, unit, .. } = item;
        let mut page = self.page(name);
        page.facts.extend(self.fact(Looking::FactCode, code));
        page.facts.extend(self.fact(Looking::FactZone, zone));
        let mut rows = Vec::new();
        for candidate in self.store.candidates(id, ROWS + 1)? {
            let expired = days_left(candidate.good_to(), self.frame.today).is_some_and(|left| left < 0);
            let code = self.code_of(candidate.place.location)?;
            let mut detail = vec![code, words.good_to(candidate.good_to(), self.frame.today)];
            detail.retain(|part| !part.is_empty());
            rows.push(Row {
                id: String::new(),
                title: self.lot_name(&candidate.key),
                detail: detail.join(" · "),
                value: words.amount(candidate.quantity, unit),
                tone: if expired || candidate.hold.is_some() { Tone::Refused } else { Tone::Quiet },
            });
        }
        if rows.len() > ROWS {
            rows.truncate(ROWS);
            rows.push(plain_row(self.say(Looking::MoreThere)));
        }
        page.sections.extend(self.section(Looking::FirstOut, rows, ROWS + 1));
        Ok(page)
    }

    fn location(&self, id: LocationId) -> Result<LookUpPage, StoreError> {
        let Some(place) = self.store.location(id)? else { return Ok(self.page(self.say(Looking::NotKnown))) };
        let mut page = self.page(place.code);
        page.facts.extend(self.fact(Looking::FactKind, self.say(kind(place.kind))));
        page.facts.extend(self.fact(Looking::FactZone, place.zone));
        self.stopped(&mut page, &HoldTarget::Location(id))?;
        let rows = self.store.stock_at(id, 0, ROWS as u64 + 1)?;
        if rows.is_empty() {
            page.facts.extend(self.fact(Looking::FactHere, self.say(Looking::Nothing)));
        }
        page.sections.extend(self.goods(Looking::WhatIsThere, &rows)?);
        Ok(page)
    }

    fn hu(&self, code: &crate::domain::HuCode) -> Result<LookUpPage, StoreError> {
        let mut page = self.page(self.frame.words.say(Common::Pallet { code: code.as_str() }));
        let rows = self.store.stock_in_hu(code)?;
        self.stopped(&mut page, &HoldTarget::Hu(code.clone()))?;
        match rows.first() {
            Some(row) => {
                let place = self.code_of(row.key.place.location)?;
                page.facts.extend(self.fact(Looking::FactWhere, place));
            }
            None if page.status.is_empty() => {
                page.status = self.say(Looking::NotKnown);
                page.tone = Tone::Question;
            }
            None => {}
        }
        page.sections.extend(self.goods(Looking::WhatIsInIt, &rows)?);
        Ok(page)
    }

    fn order(&self, order: &Order) -> Result<LookUpPage, StoreError> {
        let words = self.frame.words;
        let mut page = self.page(order.number.clone());
        page.status = self.say(match order.status {
            OrderStatus::Open => Looking::OrderOpen,
            OrderStatus::Closed => Looking::OrderClosed,
            OrderStatus::Cancelled => Looking::OrderCancelled,
        });
        let party = match order.direction {
            Direction::Inbound => Looking::FactFrom,
            Direction::Outbound => Looking::FactParty,
        };
        page.facts.extend(self.fact(party, self.party(order.party)?));
        page.facts
            .extend(self.fact(Looking::FactDue, order.due.map(|day| words.day(day)).unwrap_or_default()));
        let progress = self.store.progress(order.id)?;
        let mut rows = Vec::new();
        for line in order.lines.iter().take(ROWS) {
            let own = progress.iter().filter(|row| row.line == line.line);
            let done: i64 = own
                .clone()
                .map(|row| if order.direction == Direction::Inbound { row.received } else { row.dispatched })
                .sum();
            let lots: Vec<String> =
                own.filter_map(|row| row.lot.lot.as_ref()).map(ToString::to_string).collect();
            let item = self.store.item(line.item)?;
            let unit = item.as_ref().map_or(Unit::Each, |item| item.unit);
            rows.push(Row {
                id: String::new(),
                title: item.map(|item| item.name).unwrap_or_default(),
                detail: lots.join(", "),
                value: words.part_of(Quantity::balance(done), line.quantity, unit),
                tone: Tone::Quiet,
            });
        }
        rows.extend(order.lines.iter().skip(ROWS).map(|_| plain_row(String::new())));
        page.sections.extend(self.section(Looking::Lines, rows, ROWS));
        Ok(page)
    }
}

fn plain_row(title: String) -> Row {
    Row { id: String::new(), title, detail: String::new(), value: String::new(), tone: Tone::Quiet }
}

fn kind(kind: LocationKind) -> Looking<'static> {
    match kind {
        LocationKind::Dock => Looking::KindDock,
        LocationKind::Storage => Looking::KindStorage,
        LocationKind::PickFace => Looking::KindPickFace,
        LocationKind::Staging => Looking::KindStaging,
        LocationKind::Quarantine => Looking::KindQuarantine,
        LocationKind::Dispatch => Looking::KindDispatch,
    }
}
