//! Every table that is a fold over the ledger, against the fold.

use super::ledger::Read;
use super::{Check, LISTED_MAX};
use crate::domain::{HoldTarget, LotKey, MasterRecord, Quantity, SiteId, day_number};
use crate::ledger::{Discrepancy, Mismatch, Stock, good_to};
use crate::server::ingest::{hu_text, lot_text, serial_text, target_text};
use crate::server::storage::master::key;
use crate::server::storage::tx::{Row, Tx, values};
use crate::server::storage::{StorageError, snapshot};
use crate::sync::wire::SnapshotRow;
use std::collections::{BTreeMap, BTreeSet};

impl Check<'_> {
    pub(super) async fn projections(&mut self, read: &Read) -> Result<(), StorageError> {
        self.snapshot(&read.stock).await?;
        self.lots(&read.stock).await?;
        self.changes(&read.stock).await?;
        self.control(&read.control).await?;
        let undone = read.undone.iter().map(|(event, undo)| format!("{event} by {undo}")).collect();
        self.same("undone", undone, "SELECT event_id, undo FROM undone WHERE site = ?1", |row| {
            Ok(format!("{} by {}", row.event()?, row.event()?))
        })
        .await?;
        self.holds().await?;
        self.records().await?;
        self.negative_balances(&read.stock).await
    }

    /// What a snapshot would say: lots, balances, origins, destinations, progress, holds, closings.
    async fn snapshot(&mut self, stock: &Stock) -> Result<(), StorageError> {
        let mut stored = BTreeSet::new();
        snapshot::rows(self.tx, self.site, &mut |row| {
            stored.insert(line(&row)?);
            Ok(())
        })
        .await?;
        let mut folded = BTreeSet::new();
        for row in folded_rows(stock) {
            folded.insert(line(&row)?);
        }
        self.compare("projection", &folded, &stored);
        for (lot, sum) in stock.imbalances().into_iter().take(LISTED_MAX) {
            self.add("stock", None, format!("lot {lot:?} does not sum to zero but to {sum}"));
        }
        Ok(())
    }

    fn compare(&mut self, part: &str, folded: &BTreeSet<String>, stored: &BTreeSet<String>) {
        for row in stored.difference(folded).take(LISTED_MAX) {
            self.add(part, None, format!("stored, but the events do not say so: {row}"));
        }
        for row in folded.difference(stored).take(LISTED_MAX) {
            self.add(part, None, format!("the events say so, but it is not stored: {row}"));
        }
    }

    /// A table's rows as texts, against what they must be.
    async fn same(
        &mut self,
        part: &str,
        folded: BTreeSet<String>,
        sql: &str,
        text: fn(&mut Row) -> Result<String, StorageError>,
    ) -> Result<(), StorageError> {
        let stored = texts(self.tx, self.site, sql, text).await?;
        let stored = stored.into_iter().map(|row| format!("{part} {row}")).collect();
        let folded = folded.into_iter().map(|row| format!("{part} {row}")).collect();
        self.compare(part, &folded, &stored);
        Ok(())
    }

    /// How much of each lot is at real places, and until when it is good.
    async fn lots(&mut self, stock: &Stock) -> Result<(), StorageError> {
        let mut units = BTreeMap::<LotKey, i64>::new();
        for (key, balance) in stock.balances().filter(|(key, _)| !key.place.location.is_virtual()) {
            let lot = LotKey { item: key.item, lot: key.lot.clone() };
            *units.entry(lot).or_default() += balance.quantity.units();
        }
        let folded = stock.lots().map(|known| {
            let key = LotKey { item: known.facts.item, lot: Some(known.facts.lot.clone()) };
            let good_to = good_to(known.facts.expiry, known.facts.best_before).map(day_number);
            let (units, lot) = (units.get(&key).copied().unwrap_or_default(), lot_text(key.lot.as_ref()));
            let event = known.event;
            format!("{} {lot}: {units} units, good to {good_to:?}, first named by {event}", key.item)
        });
        let sql = "SELECT item, lot, units, good_to, event_id FROM lot WHERE site = ?1";
        self.same("lot", folded.collect(), sql, |row| {
            let (item, lot, units) = (row.int()?, row.text()?, row.int()?);
            let (good_to, event) = (row.int_or_null()?, row.event()?);
            Ok(format!("{item} {lot}: {units} units, good to {good_to:?}, first named by {event}"))
        })
        .await
    }

    /// The changes of each balance at a real place add up to it.
    async fn changes(&mut self, stock: &Stock) -> Result<(), StorageError> {
        let real = stock
            .balances()
            .filter(|(key, held)| !key.place.location.is_virtual() && held.quantity != Quantity::default());
        let folded = real.map(|(key, held)| {
            let (lot, serial) = (lot_text(key.lot.as_ref()), serial_text(key.serial.as_ref()));
            let (location, hu) = (key.place.location, hu_text(key.place.hu.as_ref()));
            format!("{} {lot:?} {serial:?} {location} {hu:?}: {}", key.item, held.quantity.units())
        });
        let mut stored = BTreeSet::new();
        self.tx
            .visit(include_str!("../sql/verify_changes.sql"), &values![self.site.0], &mut |mut row| {
                let (item, lot, serial) = (row.int()?, row.text()?, row.text()?);
                let (location, hu, units) = (row.int()?, row.text()?, row.int()?);
                if units != 0 {
                    stored.insert(format!("change {item} {lot:?} {serial:?} {location} {hu:?}: {units}"));
                }
                Ok(true)
            })
            .await?;
        let folded = folded.map(|row| format!("change {row}")).collect();
        self.compare("change", &folded, &stored);
        Ok(())
    }

    /// Every hold and release is in the control stream, in order, and nothing else.
    async fn control(&mut self, expected: &[u64]) -> Result<(), StorageError> {
        let sql = "SELECT site_seq FROM control WHERE site = ?1 ORDER BY stream_seq";
        let mut stored = Vec::new();
        for mut row in self.tx.rows(sql, &values![self.site.0]).await? {
            stored.push(row.unsigned()?);
        }
        if stored != expected {
            let same = stored.iter().zip(expected).take_while(|(one, other)| one == other).count() as u64;
            let what = format!("stream control does not hold what is for it, from its entry {} on", same + 1);
            self.add("stream control", Some(same + 1), what);
        }
        Ok(())
    }

    /// What holds are looked up by.
    async fn holds(&mut self) -> Result<(), StorageError> {
        for mut row in
            self.tx.rows(include_str!("../sql/verify_hold_ends.sql"), &values![self.site.0]).await?
        {
            let event = row.event()?;
            self.add("hold", None, format!("whether hold {event} has ended is noted wrong"));
        }
        let sql = "SELECT event_id, target, hold FROM hold WHERE site = ?1 ORDER BY event_id";
        for mut row in self.tx.rows(sql, &values![self.site.0]).await? {
            let (event, target) = (row.event()?, row.text()?);
            #[derive(serde::Deserialize)]
            struct Targeted {
                target: HoldTarget,
            }
            let Targeted { target: said } = row.json("hold")?;
            if target_text(&said) != target {
                self.add("hold", None, format!("hold {event} is noted at another target"));
            }
        }
        Ok(())
    }

    /// What records are looked up by.
    async fn records(&mut self) -> Result<(), StorageError> {
        let mut wrong = Vec::new();
        let sql = "SELECT stream_seq, kind, id, bytes FROM master WHERE site = ?1 ORDER BY stream_seq";
        self.tx
            .visit(sql, &values![self.site.0], &mut |mut row| {
                let (seq, kind, id, bytes) = (row.unsigned()?, row.text()?, row.int()?, row.text()?);
                if let Ok(record) = serde_json::from_str::<MasterRecord>(&bytes)
                    && key(&record) != (kind.as_str(), id)
                    && wrong.len() < LISTED_MAX
                {
                    wrong.push(seq);
                }
                Ok(true)
            })
            .await?;
        for seq in wrong {
            self.add("stream master", Some(seq), format!("kind or id are not those of record {seq}"));
        }
        for mut row in self.tx.rows(include_str!("../sql/verify_records.sql"), &values![self.site.0]).await? {
            let (kind, id) = (row.text()?, row.int()?);
            self.add("record", None, format!("{kind} {id} is not noted at its newest entry"));
        }
        Ok(())
    }

    /// Every balance below zero has been put before a person.
    async fn negative_balances(&mut self, stock: &Stock) -> Result<(), StorageError> {
        let sql = "SELECT detail FROM discrepancy WHERE site = ?1 AND kind = 'negative_balance'";
        let mut told = BTreeSet::new();
        self.tx
            .visit(sql, &values![self.site.0], &mut |mut row| {
                if let Ok(Discrepancy { what: Mismatch::NegativeBalance { key, .. }, .. }) =
                    serde_json::from_str(&row.text()?)
                {
                    told.insert(key);
                }
                Ok(true)
            })
            .await?;
        let negative = stock
            .balances()
            .filter(|(key, held)| held.quantity.is_negative() && !key.place.location.is_virtual());
        for (key, held) in negative.filter(|(key, _)| !told.contains(*key)) {
            let what = format!("a balance of {} without a discrepancy: {key:?}", held.quantity);
            self.add("discrepancy", None, what);
        }
        Ok(())
    }
}

async fn texts(
    tx: &mut dyn Tx,
    site: SiteId,
    sql: &str,
    text: fn(&mut Row) -> Result<String, StorageError>,
) -> Result<BTreeSet<String>, StorageError> {
    let mut texts = BTreeSet::new();
    tx.visit(sql, &values![site.0], &mut |mut row| {
        texts.insert(text(&mut row)?);
        Ok(true)
    })
    .await?;
    Ok(texts)
}

fn line(row: &SnapshotRow) -> Result<String, StorageError> {
    serde_json::to_string(row).map_err(|_| StorageError::Damaged { what: "row" })
}

fn folded_rows(stock: &Stock) -> impl Iterator<Item = SnapshotRow> {
    let lots =
        stock.lots().map(|known| SnapshotRow::Lot { facts: known.facts.clone(), received: known.received });
    let balances = stock.balances().map(|(key, held)| SnapshotRow::Stock {
        key: key.clone(),
        units: held.quantity.units(),
        since: held.since,
    });
    let origins = stock.origins().cloned().map(SnapshotRow::Origin);
    let destinations = stock.destinations().cloned().map(SnapshotRow::Destination);
    let progress = stock.all_progress().cloned().map(SnapshotRow::Progress);
    let holds = stock.holds().map(SnapshotRow::Hold);
    let closed = stock.closed().map(SnapshotRow::Closed);
    lots.chain(balances).chain(origins).chain(destinations).chain(progress).chain(holds).chain(closed)
}
