//! What a check of the whole database found.

use crate::domain::SiteId;
use crate::sync::wire::{Hash, Head};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a check of the whole database found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Sites looked at.
    pub sites: u64,
    /// Entries looked at.
    pub entries: u64,
    /// Everything that is wrong, in words.
    pub problems: Vec<String>,
    /// Where the first of it is.
    pub first: Option<BadPlace>,
    /// What the ledgers are, read anew.
    pub ledgers: BTreeMap<SiteId, Ledger>,
}

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadPlace {
    /// Which site; absent for the database as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// What part of it: `stream site`, `chain`, `stock`, …
    pub part: String,
    /// The first entry that is wrong, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The last entry that may be meant, where only a range is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<u64>,
    /// In words.
    pub what: String,
}

/// A site's ledger as its entries say it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Its last entry.
    pub head: Head,
    /// The root of the tree over it.
    pub root: Hash,
    /// Where its own chain or its sequence is broken first.
    pub broken: Option<u64>,
    /// The number that its counter gives the last entry.
    pub counted: u64,
    /// Root and chain at the sizes that were asked for.
    pub at: BTreeMap<u64, (Hash, Hash)>,
}

impl Findings {
    /// Adds what is wrong in a part of a site.
    pub(super) fn add(&mut self, site: SiteId, part: &str, entry: Option<u64>, what: String) {
        let place = BadPlace { site: Some(site), part: part.to_owned(), entry, through: None, what };
        self.problems.push(format!("site {site}: {}", place.what));
        self.first.get_or_insert(place);
    }

    /// Adds what is wrong with the database as a whole.
    pub(super) fn add_whole(&mut self, part: &str, what: String) {
        let place =
            BadPlace { site: None, part: part.to_owned(), entry: None, through: None, what: what.clone() };
        self.problems.push(what);
        self.first.get_or_insert(place);
    }
}
