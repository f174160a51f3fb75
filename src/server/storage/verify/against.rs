//! What was read against what was signed.
//!
//! A checkpoint of the incarnation that serves now must be met exactly: its first `size` entries are those that are here, or
//! there are fewer, or there are two histories. One of an earlier incarnation says more than a restored database must
//! know: entries after the backup are gone and may have come back under other numbers. So where it is not met, something
//! is missing, and only a later checkpoint of the same incarnation that is met turns that into two histories.

use super::{BadPlace, Findings, Ledger};
use crate::domain::SiteId;
use crate::server::storage::Identity;
use crate::sync::wire::{Checkpoint, Verdict};
use serde::Serialize;

/// What became of one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The name of its file; empty where it came from none.
    pub name: String,
    /// What it shows.
    pub verdict: Verdict,
    /// In words.
    pub what: String,
    /// What it is about, where it can be read and trusted.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub of: Option<About>,
}

/// What a checkpoint is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// Its site.
    pub site: SiteId,
    /// The entries that it is about.
    pub size: u64,
    /// When it was signed.
    pub time: String,
}

/// A check with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The result as a whole.
    pub verdict: Verdict,
    /// Sites looked at.
    pub sites: u64,
    /// Entries looked at.
    pub entries: u64,
    /// The first bad place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<BadPlace>,
    /// Everything that is wrong with the database itself, in words.
    pub problems: Vec<String>,
    /// Each checkpoint, in the order in which they were given.
    pub checkpoints: Vec<Compared>,
}

/// Puts together what a check of the database and checkpoints say.
pub(super) fn report(findings: Findings, known: Identity, checkpoints: &[Checkpoint]) -> Report {
    let mut compared: Vec<_> =
        checkpoints.iter().map(|one| compare(&findings, known, checkpoints, one)).collect();
    contradict(checkpoints, &mut compared);
    let broken = findings.ledgers.iter().find(|(_, ledger)| ledger.broken.is_some());
    // The counter has seen more than there is: the tail is gone, whatever else looks odd because of that.
    let cut = findings.ledgers.values().any(|ledger| ledger.counted > ledger.head.seq);
    let says = |verdict| compared.iter().position(|one| one.verdict == verdict);
    let (verdict, of) = if broken.is_some() {
        (Verdict::Altered, None)
    } else if let Some(at) = says(Verdict::Truncated) {
        (Verdict::Truncated, Some(at))
    } else if cut {
        (Verdict::Truncated, None)
    } else if let Some(at) = says(Verdict::Fork) {
        (Verdict::Fork, Some(at))
    } else if !findings.problems.is_empty() {
        (Verdict::Altered, None)
    } else if let Some(at) = says(Verdict::Unreadable) {
        (Verdict::Unreadable, Some(at))
    } else {
        (Verdict::Intact, None)
    };
    let named = of.and_then(|at| Some(place(&findings, &compared, checkpoints.get(at)?, compared.get(at)?)));
    let Findings { sites, entries, problems, first, .. } = findings;
    Report { verdict, sites, entries, first: named.or(first), problems, checkpoints: compared }
}

fn compare(findings: &Findings, known: Identity, all: &[Checkpoint], one: &Checkpoint) -> Compared {
    let of = About { site: one.site, size: one.size, time: one.time.to_string() };
    let said = |verdict, what: String| Compared { name: String::new(), verdict, what, of: Some(of.clone()) };
    if one.server != known.server_id {
        return said(Verdict::Unreadable, format!("it is of another server, {}", one.server));
    }
    let nothing = Ledger::default();
    let ledger = findings.ledgers.get(&one.site).unwrap_or(&nothing);
    let (now, there) = (one.epoch == known.epoch, ledger.head.seq);
    if meets(ledger, one) {
        let of = if now { "" } else { ", of an earlier incarnation" };
        return said(
            Verdict::Intact,
            format!("the first {} entries are the ones that were signed{of}", one.size),
        );
    }
    if there < one.size {
        return said(Verdict::Truncated, format!("there are {there} entries, and {} were signed", one.size));
    }
    if ledger.broken.is_some_and(|entry| entry <= one.size) {
        return said(Verdict::Altered, "the entries are not the ones that were signed".to_owned());
    }
    let later =
        |other: &&Checkpoint| (other.epoch, other.site) == (one.epoch, one.site) && other.size > one.size;
    let has_later = all.iter().filter(later).any(|other| meets(ledger, other));
    if now || has_later {
        return said(
            Verdict::Fork,
            "the entries are whole, and others than the ones that were signed".to_owned(),
        );
    }
    let what =
        "entries of an earlier incarnation are missing: the server was restored to a state before them";
    said(Verdict::Truncated, what.to_owned())
}

fn meets(ledger: &Ledger, one: &Checkpoint) -> bool {
    ledger.at.get(&one.size) == Some(&(one.root, one.chain))
}

/// Two that say two things about the same entries cannot both be true, whatever the database holds.
fn contradict(all: &[Checkpoint], compared: &mut [Compared]) {
    for (n, one) in all.iter().enumerate() {
        let key = (one.server, one.site, one.epoch, one.size);
        let same = |other: &&Checkpoint| (other.server, other.site, other.epoch, other.size) == key;
        let other = all.iter().filter(same).find(|other| (other.root, other.chain) != (one.root, one.chain));
        if let (Some(other), Some(said)) = (other, compared.get_mut(n)) {
            said.verdict = Verdict::Fork;
            said.what = format!("another one, of {}, says something else of the same entries", other.time);
        }
    }
}

/// After the largest checkpoint that is met; up to the one that is not.
fn place(findings: &Findings, compared: &[Compared], one: &Checkpoint, said: &Compared) -> BadPlace {
    let met = compared.iter().filter(|other| other.verdict == Verdict::Intact);
    let smaller =
        met.filter_map(|other| other.of.as_ref()).filter(|of| of.site == one.site && of.size < one.size);
    let from = smaller.map(|of| of.size).max().unwrap_or(0) + 1;
    let there = findings.ledgers.get(&one.site).map_or(0, |ledger| ledger.head.seq);
    let short = said.verdict == Verdict::Truncated && there < one.size;
    BadPlace {
        site: Some(one.site),
        part: "checkpoint".to_owned(),
        entry: Some(if short { there + 1 } else { from }),
        through: Some(one.size),
        what: said.what.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::sync::wire::{Hash, Head, ServerEpoch};
    use uuid::Uuid;

    const SERVER: Uuid = Uuid::from_u128(1);
    const NOW: ServerEpoch = ServerEpoch(Uuid::from_u128(2));
    const BEFORE: ServerEpoch = ServerEpoch(Uuid::from_u128(3));

    fn signed(epoch: ServerEpoch, size: u64, root: u8) -> Checkpoint {
        let (root, chain) = (Hash([root; 32]), Hash([root; 32]));
        Checkpoint { server: SERVER, site: SiteId(1), epoch, size, root, chain, time: Timestamp(0) }
    }

    /// A ledger of 10 entries whose root at a size is that number.
    fn found(change: impl FnOnce(&mut Findings, &mut Ledger)) -> Findings {
        let at = (0..=10_u8).map(|size| (u64::from(size), (Hash([size; 32]), Hash([size; 32])))).collect();
        let head = Head { seq: 10, hash: Hash([10; 32]) };
        let mut ledger = Ledger { head, root: Hash([10; 32]), broken: None, counted: 10, at };
        let mut findings = Findings { sites: 1, entries: 10, ..Findings::default() };
        change(&mut findings, &mut ledger);
        findings.ledgers.insert(SiteId(1), ledger);
        findings
    }

    fn check(findings: Findings, checkpoints: &[Checkpoint], expected: Verdict, place: Option<(u64, u64)>) {
        let known = Identity { server_id: SERVER, epoch: NOW };
        let report = report(findings, known, checkpoints);
        assert_eq!(report.verdict, expected, "{report:?}");
        let found = report.first.and_then(|first| first.entry.zip(first.through));
        assert_eq!(found, place, "{:?}", report.checkpoints);
    }

    #[test]
    fn what_was_signed_is_met_or_not() {
        let whole = || found(|_, _| {});
        check(whole(), &[], Verdict::Intact, None);
        check(whole(), &[signed(NOW, 4, 4), signed(NOW, 10, 10), signed(NOW, 0, 0)], Verdict::Intact, None);
        check(whole(), &[signed(NOW, 11, 11)], Verdict::Truncated, Some((11, 11)));
        check(whole(), &[signed(NOW, 4, 4), signed(NOW, 9, 99)], Verdict::Fork, Some((5, 9)));
        let other = Checkpoint { server: Uuid::nil(), ..signed(NOW, 4, 4) };
        check(whole(), &[other], Verdict::Unreadable, Some((1, 4)));
        let elsewhere = Checkpoint { site: SiteId(2), ..signed(NOW, 4, 4) };
        check(whole(), &[elsewhere], Verdict::Truncated, Some((1, 4)));
    }

    #[test]
    fn a_chain_that_is_met_needs_its_tree_too() {
        let chain = Checkpoint { root: Hash([99; 32]), ..signed(NOW, 4, 4) };
        check(found(|_, _| {}), &[chain], Verdict::Fork, Some((1, 4)));
        let tree = Checkpoint { chain: Hash([99; 32]), ..signed(NOW, 4, 4) };
        check(found(|_, _| {}), &[tree], Verdict::Fork, Some((1, 4)));
    }

    #[test]
    fn two_that_contradict_each_other_are_a_fork() {
        let both = [signed(BEFORE, 12, 1), signed(BEFORE, 12, 2)];
        check(found(|_, _| {}), &both, Verdict::Fork, Some((1, 12)));
    }

    #[test]
    fn of_an_earlier_incarnation_what_is_not_met_is_missing() {
        let whole = || found(|_, _| {});
        check(whole(), &[signed(BEFORE, 4, 4)], Verdict::Intact, None);
        check(whole(), &[signed(BEFORE, 4, 4), signed(BEFORE, 8, 99)], Verdict::Truncated, Some((5, 8)));
        // What follows is met: these entries cannot have been others then.
        check(whole(), &[signed(BEFORE, 4, 99), signed(BEFORE, 8, 8)], Verdict::Fork, Some((1, 4)));
    }

    #[test]
    fn what_is_broken_in_itself_comes_first() {
        let broken = found(|findings, ledger| {
            ledger.broken = Some(3);
            findings.add(SiteId(1), "stream site", Some(3), "broken".to_owned());
        });
        check(broken, &[signed(NOW, 12, 12)], Verdict::Altered, None);
        let cut = found(|findings, ledger| {
            ledger.counted = 12;
            findings.add(SiteId(1), "stream site", Some(11), "short".to_owned());
        });
        check(cut, &[], Verdict::Truncated, None);
        let stock = found(|findings, _| findings.add(SiteId(1), "stock", None, "other".to_owned()));
        check(stock, &[signed(NOW, 10, 10)], Verdict::Altered, None);
    }
}
