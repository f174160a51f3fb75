//! Reads everything again: sequences dense, chains unbroken, projections equal to the fold from zero.

use super::super::Findings;
use super::row::{status, unsigned};
use super::{Storage, StorageError, head, snapshot};
use crate::domain::{DeviceId, Event, PublicKey, Signature, SiteId};
use crate::ledger::{Discrepancy, Mismatch, Setting, Stock};
use crate::sync::wire::{Hash, Head, SnapshotRow, Status, Stream, head_message};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Problems listed of one kind; a damaged ledger would fill the screen otherwise.
const LISTED_MAX: usize = 10;

impl Storage {
    /// Checks the whole database in one read transaction; the server may go on meanwhile.
    ///
    /// # Errors
    /// [`StorageError`] where it cannot even be read.
    pub async fn verify(&self) -> Result<Findings, StorageError> {
        self.read(check).await
    }
}

/// Reads everything of one database.
pub(super) fn check(connection: &Connection) -> Result<Findings, StorageError> {
    let mut findings = Findings::default();
    let integrity: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if integrity != "ok" {
        findings.problems.push(format!("the file is damaged: {integrity}"));
    }
    let mut statement = connection.prepare("SELECT DISTINCT site FROM stream ORDER BY site")?;
    let sites = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
    for site in sites.into_iter().map(SiteId) {
        findings.sites += 1;
        Check { connection, site, findings: &mut findings }.all()?;
    }
    Ok(findings)
}

struct Check<'a> {
    connection: &'a Connection,
    site: SiteId,
    findings: &'a mut Findings,
}

impl Check<'_> {
    fn all(&mut self) -> Result<(), StorageError> {
        self.stream(Stream::Site, include_str!("sql/verify_site.sql"))?;
        self.stream(Stream::Control, include_str!("sql/verify_control.sql"))?;
        self.stream(Stream::Master, include_str!("sql/verify_master.sql"))?;
        self.chains()?;
        self.signatures()?;
        self.projections()
    }

    fn problem(&mut self, what: String) {
        self.findings.problems.push(format!("site {}: {what}", self.site));
    }

    /// `stream_seq, status, bytes, stream_hash` in order.
    fn stream(&mut self, stream: Stream, sql: &str) -> Result<(), StorageError> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([self.site.0])?;
        let mut at = Head::default();
        let mut broken = 0;
        while let Some(row) = rows.next()? {
            let seq = unsigned(row, 0)?;
            let bytes = row.get_ref(2)?.as_bytes().map_err(|_| StorageError::Damaged { what: "event" })?;
            let hash = Hash::chain_stream(at.hash, seq, status(row.get(1)?)?, bytes);
            let stored = Hash(row.get(3)?);
            if (seq != at.seq + 1 || hash != stored) && broken < LISTED_MAX {
                broken += 1;
                self.problem(format!("stream {} is broken at entry {seq}", stream.name()));
            }
            at = Head { seq, hash: stored };
            self.findings.entries += 1;
        }
        if head(self.connection, self.site, stream)? != at {
            self.problem(format!("stream {} does not end where its counter says", stream.name()));
        }
        Ok(())
    }

    /// Each device's chain in each of its epochs.
    fn chains(&mut self) -> Result<(), StorageError> {
        let mut statement = self.connection.prepare(include_str!("sql/verify_chains.sql"))?;
        let mut rows = statement.query([self.site.0])?;
        let mut of = None;
        let mut at = Head::default();
        let mut broken = 0;
        while let Some(row) = rows.next()? {
            let device = DeviceId(Uuid::from_bytes(row.get(0)?));
            let epoch: u32 = row.get(1)?;
            if of != Some((device, epoch)) {
                of = Some((device, epoch));
                at = Head::default();
            }
            let seq = unsigned(row, 2)?;
            let bytes = row.get_ref(4)?.as_bytes().map_err(|_| StorageError::Damaged { what: "event" })?;
            let stored = Hash(row.get(3)?);
            let admitted: bool = row.get(5)?;
            let whole = admitted || Hash::chain(at.hash, bytes) == stored;
            let is_last: bool = row.get(6)?;
            let ends = unsigned(row, 7)?;
            if (seq != at.seq + 1 || !whole || (is_last && ends != seq)) && broken < LISTED_MAX {
                broken += 1;
                self.problem(format!("the chain of device {device}, epoch {epoch}, is broken at {seq}"));
            }
            at = Head { seq, hash: stored };
        }
        Ok(())
    }

    /// Each device's own word on its chain.
    fn signatures(&mut self) -> Result<(), StorageError> {
        let mut statement = self.connection.prepare(include_str!("sql/verify_heads.sql"))?;
        let mut rows = statement.query([self.site.0])?;
        while let Some(row) = rows.next()? {
            let device = DeviceId(Uuid::from_bytes(row.get(0)?));
            let epoch: u32 = row.get(1)?;
            let head = Head { seq: unsigned(row, 2)?, hash: Hash(row.get(3)?) };
            let message = head_message(self.site, device, epoch, head);
            if !PublicKey(row.get(5)?).verifies(&message, &Signature(row.get(4)?)) {
                let seq = head.seq;
                self.problem(format!("device {device}, epoch {epoch}, did not sign its chain up to {seq}"));
            }
        }
        Ok(())
    }

    fn projections(&mut self) -> Result<(), StorageError> {
        let stock = self.fold()?;
        let mut stored = BTreeSet::new();
        snapshot::rows(self.connection, self.site, |row| {
            stored.insert(line(&row)?);
            Ok(())
        })?;
        let mut folded = BTreeSet::new();
        for row in folded_rows(&stock) {
            folded.insert(line(&row)?);
        }
        for row in stored.difference(&folded).take(LISTED_MAX) {
            self.problem(format!("stored, but the events do not say so: {row}"));
        }
        for row in folded.difference(&stored).take(LISTED_MAX) {
            self.problem(format!("the events say so, but it is not stored: {row}"));
        }
        for (lot, sum) in stock.imbalances().into_iter().take(LISTED_MAX) {
            self.problem(format!("lot {lot:?} does not sum to zero but to {sum}"));
        }
        self.negative_balances(&stock)
    }

    /// The ledger folded from zero.
    fn fold(&mut self) -> Result<Stock, StorageError> {
        let mut stock = Stock::new(Setting::default());
        let mut statement = self.connection.prepare(include_str!("sql/verify_site.sql"))?;
        let mut rows = statement.query([self.site.0])?;
        while let Some(row) = rows.next()? {
            let verdict = status(row.get(1)?)?;
            let bytes = row.get_ref(2)?.as_bytes().map_err(|_| StorageError::Damaged { what: "event" })?;
            match Event::decode(bytes) {
                _ if verdict == Status::Quarantined => {}
                Ok(event) => drop(stock.apply(&event, verdict.has_effect())),
                Err(_) => {
                    let seq = unsigned(row, 0)?;
                    self.problem(format!("entry {seq} counts and cannot be read"));
                }
            }
        }
        Ok(stock)
    }

    /// Every balance below zero has been put before a person.
    fn negative_balances(&mut self, stock: &Stock) -> Result<(), StorageError> {
        let mut statement = self
            .connection
            .prepare("SELECT detail FROM discrepancy WHERE site = ?1 AND kind = 'negative_balance'")?;
        let mut rows = statement.query(params![self.site.0])?;
        let mut told = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            if let Ok(Discrepancy { what: Mismatch::NegativeBalance { key, .. }, .. }) =
                serde_json::from_str(&text)
            {
                told.insert(key);
            }
        }
        let negative = stock
            .balances()
            .filter(|(key, held)| held.quantity.is_negative() && !key.place.location.is_virtual());
        for (key, held) in negative.filter(|(key, _)| !told.contains(*key)) {
            self.problem(format!("a balance of {} without a discrepancy: {key:?}", held.quantity));
        }
        Ok(())
    }
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
