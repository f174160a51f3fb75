//! Reads everything again: sequences dense, chains unbroken, projections equal to the fold from zero; and, where there are
//! checkpoints, the entries those that were signed.

mod against;
mod findings;
mod ledger;
mod projections;

pub use against::{About, Compared, Report};
pub use findings::{BadPlace, Findings, Ledger};

use super::stream::{head, identity};
use super::tx::{Tx, values};
use super::{Storage, StorageError, audit};
use crate::domain::{PublicKey, Signature, SiteId};
use crate::sync::wire::{Checkpoint, Hash, Head, Stream, head_message};
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

    /// Checks the whole database and holds it against what was signed; the signatures are the caller's to check.
    ///
    /// # Errors
    /// [`StorageError`] where it cannot even be read.
    pub async fn verify_against(&self, checkpoints: Vec<Checkpoint>) -> Result<Report, StorageError> {
        self.read(checkpoints, |checkpoints, tx| Box::pin(check_against(checkpoints, tx))).await
    }
}

/// Reads everything of one database.
pub(super) async fn check(tx: &mut dyn Tx) -> Result<Findings, StorageError> {
    read(tx, &[]).await
}

async fn check_against(checkpoints: &[Checkpoint], tx: &mut dyn Tx) -> Result<Report, StorageError> {
    let known = identity(&(), tx).await?;
    Ok(against::report(read(tx, checkpoints).await?, known, checkpoints))
}

async fn read(tx: &mut dyn Tx, checkpoints: &[Checkpoint]) -> Result<Findings, StorageError> {
    let mut findings = Findings::default();
    if let Some(said) = tx.integrity().await? {
        findings.add_whole("file", format!("the file is damaged: {said}"));
    }
    for problem in audit::check(tx).await? {
        findings.add_whole("audit", problem);
    }
    for mut row in tx.rows("SELECT DISTINCT site FROM stream ORDER BY site", &[]).await? {
        let site = SiteId(row.int()?);
        findings.sites += 1;
        let of_site = checkpoints.iter().filter(|one| one.site == site);
        let sizes = of_site.map(|one| one.size).collect();
        Check { tx: &mut *tx, site, findings: &mut findings }.all(&sizes).await?;
    }
    Ok(findings)
}

struct Check<'a> {
    tx: &'a mut dyn Tx,
    site: SiteId,
    findings: &'a mut Findings,
}

impl Check<'_> {
    async fn all(&mut self, sizes: &BTreeSet<u64>) -> Result<(), StorageError> {
        let read = self.ledger(sizes).await?;
        self.stream(Stream::Control, include_str!("../sql/verify_control.sql")).await?;
        self.stream(Stream::Master, include_str!("../sql/verify_master.sql")).await?;
        self.chains().await?;
        self.signatures().await?;
        self.projections(&read).await
    }

    fn add(&mut self, part: &str, entry: Option<u64>, what: String) {
        self.findings.add(self.site, part, entry, what);
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
                    broken.push((seq, format!("stream {} is broken at entry {seq}", stream.name())));
                }
                at = Head { seq, hash: stored };
                entries += 1;
                Ok(true)
            })
            .await?;
        self.findings.entries += entries;
        let part = format!("stream {}", stream.name());
        broken.into_iter().for_each(|(seq, what)| self.add(&part, Some(seq), what));
        if head(self.tx, self.site, stream).await? != at {
            self.add(&part, Some(at.seq + 1), format!("{part} does not end where its counter says"));
        }
        Ok(())
    }

    /// Each device's chain in each of its epochs.
    async fn chains(&mut self) -> Result<(), StorageError> {
        let mut of = None;
        let mut at = Head::default();
        let mut broken = Vec::new();
        self.tx
            .visit(include_str!("../sql/verify_chains.sql"), &values![self.site.0], &mut |mut row| {
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
        broken.into_iter().for_each(|what| self.add("chain", None, what));
        Ok(())
    }

    /// Each device's own word on its chain.
    async fn signatures(&mut self) -> Result<(), StorageError> {
        let rows = self.tx.rows(include_str!("../sql/verify_heads.sql"), &values![self.site.0]).await?;
        for mut row in rows {
            let (device, epoch) = (row.device()?, row.small()?);
            let head = Head { seq: row.unsigned()?, hash: row.hash()? };
            let (signature, key) = (Signature(row.bytes()?), PublicKey(row.bytes()?));
            if !key.verifies(&head_message(self.site, device, epoch, head), &signature) {
                let seq = head.seq;
                let what = format!("device {device}, epoch {epoch}, did not sign its chain up to {seq}");
                self.add("signature", None, what);
            }
        }
        Ok(())
    }
}
