//! Passports of lots: what the first label said, and where that puts the lot's stock in the first-expiry order.

use super::apply::{Change, SortKey};
use super::row::{self, day, day_key, label_or_null, to_json};
use super::{Reader, StoreError};
use crate::domain::{Day, EventId, ItemId, LotFacts, LotKey, LotNumber, Timestamp, day_number};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

/// What is known of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotPassport {
    /// What the first label said.
    pub facts: LotFacts,
    /// When it was first received, corrected time.
    pub received: Timestamp,
}

impl Reader {
    /// The passport of a lot; `None` where no label of it has been read, and for items without lots.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn lot(&self, key: &LotKey) -> Result<Option<LotPassport>, StoreError> {
        let Some(lot) = &key.lot else { return Ok(None) };
        let mut query = self.db.prepare_cached(include_str!("sql/lot.sql"))?;
        let found = query.query_row((key.item.0, lot.as_str()), |row| passport(row, key.item, lot));
        Ok(found.optional()?)
    }

    /// The lots of any item that carry this number.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn lots_by_number(&self, number: &str) -> Result<Vec<LotKey>, StoreError> {
        let Ok(lot) = LotNumber::new(number) else { return Ok(Vec::new()) };
        let mut query = self.db.prepare_cached(include_str!("sql/lots_by_number.sql"))?;
        let rows = query.query_map([lot.as_str()], |row| {
            Ok(LotKey { item: ItemId(row.get(0)?), lot: Some(lot.clone()) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn passport(row: &Row<'_>, item: ItemId, lot: &LotNumber) -> rusqlite::Result<LotPassport> {
    Ok(LotPassport {
        facts: LotFacts {
            item,
            lot: lot.clone(),
            expiry: day(row, 0)?,
            best_before: day(row, 1)?,
            produced: day(row, 2)?,
            supplier_lot: label_or_null(row, 3)?,
            vintage: row.get(4)?,
            origin: row.get(5)?,
        },
        received: Timestamp(row.get(6)?),
    })
}

/// Where the lot's stock sorts.
pub(super) fn sort_key(db: &Connection, item: ItemId, lot: &str) -> Result<SortKey, StoreError> {
    let mut query = db.prepare_cached(include_str!("sql/lot_sort_key.sql"))?;
    let found = query.query_row((item.0, lot), |row| {
        let date = |column| Ok::<i64, rusqlite::Error>(day_key(row.get(column)?));
        Ok(SortKey { expiry: date(0)?, best_before: date(1)?, produced: date(2)?, received: row.get(3)? })
    });
    Ok(found.optional()?.unwrap_or(SortKey::UNKNOWN))
}

/// Takes in what a label said: what was said first stays, what it left open is filled.
///
/// This device's own sayings are kept aside until they come back in the stream, because the stream may hold earlier
/// ones of other devices.
pub(super) fn learn(
    db: &Connection,
    event: EventId,
    facts: &LotFacts,
    received: Timestamp,
    change: Change,
) -> Result<(), StoreError> {
    let lot = facts.lot.as_str();
    let known = load(db, facts.item, &facts.lot)?;
    let mut said = Said { facts: facts.clone(), received };
    match change {
        Change::Confirm => {
            if let Some(known) = &known {
                let shown = known.shown.clone().with(&said);
                if known.settled && shown == known.shown {
                    return Ok(());
                }
            }
            let row = (facts.item.0, lot, event.0.as_bytes(), to_json(&said)?);
            db.prepare_cached(include_str!("sql/lot_say.sql"))?.execute(row)?;
            let base = known.as_ref().and_then(Known::base);
            let shown = known.as_ref().map_or(said.clone(), |known| known.shown.clone().with(&said));
            put(db, known.as_ref(), &shown, Some(base.as_ref()))
        }
        Change::Settle | Change::Receive => {
            if let Some(base) = known.as_ref().and_then(Known::base) {
                said = base.with(&said);
            }
            unsay(db, event, facts, change)?;
            show(db, known.as_ref(), Some(said), facts)
        }
        Change::Void | Change::Absorb => {
            unsay(db, event, facts, change)?;
            show(db, known.as_ref(), known.as_ref().and_then(Known::base), facts)
        }
    }
}

fn unsay(db: &Connection, event: EventId, facts: &LotFacts, change: Change) -> Result<(), StoreError> {
    if change != Change::Receive {
        let key = (facts.item.0, facts.lot.as_str(), event.0.as_bytes());
        db.prepare_cached(include_str!("sql/lot_unsay.sql"))?.execute(key)?;
    }
    Ok(())
}

/// Writes the lot as the stream's `base` and what is still said aside make it.
fn show(
    db: &Connection,
    known: Option<&Known>,
    base: Option<Said>,
    facts: &LotFacts,
) -> Result<(), StoreError> {
    let mut query = db.prepare_cached(include_str!("sql/lot_sayings.sql"))?;
    let rows = query.query_map((facts.item.0, facts.lot.as_str()), |row| row::json::<Said>(row, 0))?;
    let sayings: Vec<Said> = rows.collect::<Result<_, _>>()?;
    let pending = !sayings.is_empty();
    let all = base.clone().into_iter().chain(sayings);
    let Some(shown) = all.reduce(|first, later| first.with(&later)) else {
        let Some(known) = known else { return Ok(()) };
        let key = (facts.item.0, facts.lot.as_str());
        db.prepare_cached("DELETE FROM lot WHERE item = ?1 AND lot = ?2")?.execute(key)?;
        return rekey(db, &known.shown.facts, known.shown.sort_key(), SortKey::UNKNOWN);
    };
    put(db, known, &shown, pending.then_some(base.as_ref()))
}

/// Writes the shown row and moves its stock; `aside` holds the base where the row is more than that.
fn put(
    db: &Connection,
    known: Option<&Known>,
    shown: &Said,
    aside: Option<Option<&Said>>,
) -> Result<(), StoreError> {
    write(db, shown, aside)?;
    let old = known.map_or(SortKey::UNKNOWN, |known| known.shown.sort_key());
    rekey(db, &shown.facts, old, shown.sort_key())
}

fn write(db: &Connection, shown: &Said, aside: Option<Option<&Said>>) -> Result<(), StoreError> {
    let number = |day: Option<Day>| day.map(day_number);
    let base = aside.flatten().map(to_json).transpose()?;
    let facts = &shown.facts;
    db.prepare_cached(include_str!("sql/lot_put.sql"))?.execute(rusqlite::params![
        facts.item.0,
        facts.lot.as_str(),
        number(facts.expiry),
        number(facts.best_before),
        number(facts.produced),
        shown.received.0,
        aside.is_none(),
        facts.supplier_lot.as_ref().map(LotNumber::as_str),
        facts.vintage,
        facts.origin,
        base,
    ])?;
    Ok(())
}

/// The lot's stock moves to where its facts sort it.
fn rekey(db: &Connection, facts: &LotFacts, old: SortKey, new: SortKey) -> Result<(), StoreError> {
    if new != old {
        db.prepare_cached(include_str!("sql/stock_rekey.sql"))?.execute((
            facts.item.0,
            facts.lot.as_str(),
            old.expiry,
            old.best_before,
            old.produced,
            old.received,
            new.expiry,
            new.best_before,
            new.produced,
            new.received,
        ))?;
    }
    Ok(())
}

/// What one or several labels said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    facts: LotFacts,
    received: Timestamp,
}

impl Said {
    /// What was said first stays; what it left open is filled. The earliest receipt counts.
    fn with(mut self, later: &Self) -> Self {
        let (known, said) = (&mut self.facts, &later.facts);
        known.expiry = known.expiry.or(said.expiry);
        known.best_before = known.best_before.or(said.best_before);
        known.produced = known.produced.or(said.produced);
        known.supplier_lot = known.supplier_lot.take().or_else(|| said.supplier_lot.clone());
        known.vintage = known.vintage.take().or_else(|| said.vintage.clone());
        known.origin = known.origin.take().or_else(|| said.origin.clone());
        self.received = self.received.min(later.received);
        self
    }

    fn sort_key(&self) -> SortKey {
        let date = |day: Option<Day>| day_key(day.map(day_number));
        SortKey {
            expiry: date(self.facts.expiry),
            best_before: date(self.facts.best_before),
            produced: date(self.facts.produced),
            received: self.received.0,
        }
    }
}

/// A lot's row.
struct Known {
    shown: Said,
    settled: bool,
    aside: Option<Said>,
}

impl Known {
    /// What the stream alone says.
    fn base(&self) -> Option<Said> {
        if self.settled { Some(self.shown.clone()) } else { self.aside.clone() }
    }
}

fn load(db: &Connection, item: ItemId, lot: &LotNumber) -> Result<Option<Known>, StoreError> {
    let mut query = db.prepare_cached(include_str!("sql/lot.sql"))?;
    let found = query.query_row((item.0, lot.as_str()), |row| {
        let LotPassport { facts, received } = passport(row, item, lot)?;
        let aside = match row.get_ref(8)?.as_str_or_null()? {
            Some(_) => Some(row::json(row, 8)?),
            None => None,
        };
        Ok(Known { shown: Said { facts, received }, settled: row.get(7)?, aside })
    });
    Ok(found.optional()?)
}

/// A passport from a snapshot, for a lot that has no row; `stock_before` says that its stock may be there already.
pub(super) fn put_base(
    db: &Connection,
    facts: &LotFacts,
    received: Timestamp,
    stock_before: bool,
) -> Result<(), StoreError> {
    let said = Said { facts: facts.clone(), received };
    write(db, &said, None)?;
    if stock_before { rekey(db, facts, SortKey::UNKNOWN, said.sort_key()) } else { Ok(()) }
}
