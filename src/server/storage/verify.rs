//! Reads everything again: sequences dense, chains unbroken, projections equal to the fold from zero.

use super::stream::head;
use super::tx::{Tx, values};
use super::{Findings, Storage, StorageError, audit, snapshot};
use crate::domain::{Event, PublicKey, Signature, SiteId};
use crate::ledger::{Discrepancy, Mismatch, Setting, Stock};
use crate::sync::wire::{Hash, Head, SnapshotRow, Status, Stream, head_message};
use std::collections::BTreeSet;

/// Problems listed of one kind; a damaged ledger would fill the screen otherwise.
const LISTED_MAX: usize = 10;

impl Storage {
    /// Checks the whole database in one read transaction; the server may go on meanwhile.
    ///
    /// # Errors
    /// [`StorageError`] where it cannot even be read.
    pub async fn verify(&self) -> Result<Findings, StorageError> {
        self.read((), |(), tx| Box::pin(check(tx))).await
    }
}

/// Reads everything of one database.
pub(super) async fn check(tx: &mut dyn Tx) -> Result<Findings, StorageError> {
    let mut findings = Findings::default();
    if let Some(said) = tx.integrity().await? {
        findings.problems.push(format!("the file is damaged: {said}"));
    }
    findings.problems.extend(audit::check(tx).await?);
    for mut row in tx.rows("SELECT DISTINCT site FROM stream ORDER BY site", &[]).await? {
        let site = SiteId(row.int()?);
        findings.sites += 1;
        Check { tx: &mut *tx, site, findings: &mut findings }.all().await?;
    }
    Ok(findings)
}

struct Check<'a> {
    tx: &'a mut dyn Tx,
    site: SiteId,
    findings: &'a mut Findings,
}

impl Check<'_> {
    async fn all(&mut self) -> Result<(), StorageError> {
        self.stream(Stream::Site, include_str!("sql/verify_site.sql")).await?;
        self.stream(Stream::Control, include_str!("sql/verify_control.sql")).await?;
        self.stream(Stream::Master, include_str!("sql/verify_master.sql")).await?;
        self.chains().await?;
        self.signatures().await?;
        self.projections().await
    }

    fn problem(&mut self, what: String) {
        self.findings.problems.push(format!("site {}: {what}", self.site));
    }

    /// `stream_seq, status, bytes, stream_hash` in order.
    async fn stream(&mut self, stream: Stream, sql: &'static str) -> Result<(), StorageError> {
        let mut at = Head::default();
        let (mut broken, mut entries) = (Vec::new(), 0);
        self.tx
            .visit(sql, &values![self.site.0], &mut |mut row| {
                let (seq, status) = (row.unsigned()?, row.status()?);
                let hash = Hash::chain_stream(at.hash, seq, status, row.text()?.as_bytes());
                let stored = row.hash()?;
                if (seq != at.seq + 1 || hash != stored) && broken.len() < LISTED_MAX {
                    broken.push(format!("stream {} is broken at entry {seq}", stream.name()));
                }
                at = Head { seq, hash: stored };
                entries += 1;
                Ok(true)
            })
            .await?;
        self.findings.entries += entries;
        broken.into_iter().for_each(|problem| self.problem(problem));
        if head(self.tx, self.site, stream).await? != at {
            self.problem(format!("stream {} does not end where its counter says", stream.name()));
        }
        Ok(())
    }

    /// Each device's chain in each of its epochs.
    async fn chains(&mut self) -> Result<(), StorageError> {
        let mut of = None;
        let mut at = Head::default();
        let mut broken = Vec::new();
        self.tx
            .visit(include_str!("sql/verify_chains.sql"), &values![self.site.0], &mut |mut row| {
                let (device, epoch) = (row.device()?, row.small()?);
                if of != Some((device, epoch)) {
                    of = Some((device, epoch));
                    at = Head::default();
                }
                let (seq, stored, bytes) = (row.unsigned()?, row.hash()?, row.text()?);
                let (admitted, is_last, ends) = (row.flag()?, row.flag()?, row.unsigned()?);
                let whole = admitted || Hash::chain(at.hash, bytes.as_bytes()) == stored;
                if (seq != at.seq + 1 || !whole || (is_last && ends != seq)) && broken.len() < LISTED_MAX {
                    broken.push(format!("the chain of device {device}, epoch {epoch}, is broken at {seq}"));
                }
                at = Head { seq, hash: stored };
                Ok(true)
            })
            .await?;
        broken.into_iter().for_each(|problem| self.problem(problem));
        Ok(())
    }

    /// Each device's own word on its chain.
    async fn signatures(&mut self) -> Result<(), StorageError> {
        let rows = self.tx.rows(include_str!("sql/verify_heads.sql"), &values![self.site.0]).await?;
        for mut row in rows {
            let (device, epoch) = (row.device()?, row.small()?);
            let head = Head { seq: row.unsigned()?, hash: row.hash()? };
            let (signature, key) = (Signature(row.bytes()?), PublicKey(row.bytes()?));
            if !key.verifies(&head_message(self.site, device, epoch, head), &signature) {
                let seq = head.seq;
                self.problem(format!("device {device}, epoch {epoch}, did not sign its chain up to {seq}"));
            }
        }
        Ok(())
    }

    async fn projections(&mut self) -> Result<(), StorageError> {
        let stock = self.fold().await?;
        let mut stored = BTreeSet::new();
        snapshot::rows(self.tx, self.site, &mut |row| {
            stored.insert(line(&row)?);
            Ok(())
        })
        .await?;
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
        self.negative_balances(&stock).await
    }

    /// The ledger folded from zero.
    async fn fold(&mut self) -> Result<Stock, StorageError> {
        let mut stock = Stock::new(Setting::default());
        let mut unreadable = Vec::new();
        self.tx
            .visit(include_str!("sql/verify_site.sql"), &values![self.site.0], &mut |mut row| {
                let (seq, verdict) = (row.unsigned()?, row.status()?);
                match Event::decode(row.text()?.as_bytes()) {
                    _ if verdict == Status::Quarantined => {}
                    Ok(event) => drop(stock.apply(&event, verdict.has_effect())),
                    Err(_) => unreadable.push(seq),
                }
                Ok(true)
            })
            .await?;
        for seq in unreadable {
            self.problem(format!("entry {seq} counts and cannot be read"));
        }
        Ok(stock)
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
