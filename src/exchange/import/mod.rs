//! Files of items, places, parties, orders and opening stock, read as a whole: either every line can be used, or
//! nothing is, and each problem is named with its line and column.
//!
//! Pure: [`plan`] says what a file would change at a site; the server does it.

mod columns;
mod directory;
mod items;
mod line;
mod locations;
mod orders;
mod parties;
mod problem;
mod stock;
mod table;
#[cfg(test)]
mod tests;

pub use columns::columns;
pub use directory::Directory;
pub use problem::{PROBLEMS_MAX, Problem};
pub use stock::OpeningStock;
pub use table::{CELL_BYTES_MAX, Column, FILE_BYTES_MAX, FILE_LINES_MAX};

use crate::domain::{Direction, MasterRecord, PartyKind};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use table::Table;

/// What a file lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Products with their pack levels, a line for each pack.
    Items,
    /// Places.
    Locations,
    /// Parties that send goods.
    Suppliers,
    /// Parties that get goods.
    Customers,
    /// Purchase orders and shipping notices, a line for each order line.
    Inbound,
    /// Sales orders, a line for each order line.
    Outbound,
    /// What is in stock on the day of the change-over, a line for each balance.
    Stock,
}

impl FileKind {
    /// Every kind, in the order in which a new site needs them.
    pub const ALL: &[Self] = &[
        Self::Items,
        Self::Locations,
        Self::Suppliers,
        Self::Customers,
        Self::Inbound,
        Self::Outbound,
        Self::Stock,
    ];

    /// Its name in commands, file names and addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Locations => "locations",
            Self::Suppliers => "suppliers",
            Self::Customers => "customers",
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Stock => "stock",
        }
    }

    /// The kind that a file's name begins with, as `items-2026-11.csv` does.
    #[must_use]
    pub fn of_file_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        Self::ALL.iter().copied().find(|kind| {
            let rest = name.strip_prefix(kind.as_str());
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not one of the kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("files can hold items, locations, suppliers, customers, inbound, outbound or stock")]
pub struct FileKindError;

impl FromStr for FileKind {
    type Err = FileKindError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(FileKindError)
    }
}

/// What a file would change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// New and changed records, in the file's order.
    pub records: Vec<MasterRecord>,
    /// Balances to open.
    pub stock: Vec<OpeningStock>,
    /// What the file did and did not bring.
    pub counts: Counts,
    /// Headings that were not understood and left out.
    pub ignored: Vec<String>,
}

/// How many of what the file lists are new, changed and as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Lines read.
    pub lines: u64,
    /// Not there before.
    pub created: u64,
    /// There, with other content.
    pub changed: u64,
    /// There, the same.
    pub unchanged: u64,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The first [`PROBLEMS_MAX`].
    pub listed: Vec<Problem>,
    /// All of them.
    pub total: usize,
}

impl Problems {
    fn new(mut all: Vec<Problem>) -> Self {
        all.sort_by_key(|problem| problem.line);
        let total = all.len();
        all.truncate(PROBLEMS_MAX);
        Self { listed: all, total }
    }
}

/// Says what the file would change at a site.
///
/// # Errors
/// [`Problems`] where any line cannot be used; nothing of the file is, then.
pub fn plan(kind: FileKind, bytes: &[u8], mut directory: Directory) -> Result<Plan, Problems> {
    let mut table = Table::read(bytes, columns(kind)).map_err(Problems::new)?;
    let mut problems = std::mem::take(&mut table.problems);
    if table.rows.is_empty() && problems.is_empty() {
        problems.push(Problem::whole("the file has no line below its header"));
    }
    let site = &mut directory;
    let mut plan = match kind {
        FileKind::Items => items::plan(&table, site, &mut problems),
        FileKind::Locations => locations::plan(&table, site, &mut problems),
        FileKind::Suppliers => parties::plan(&table, site, PartyKind::Supplier, &mut problems),
        FileKind::Customers => parties::plan(&table, site, PartyKind::Customer, &mut problems),
        FileKind::Inbound => orders::plan(&table, site, Direction::Inbound, &mut problems),
        FileKind::Outbound => orders::plan(&table, site, Direction::Outbound, &mut problems),
        FileKind::Stock => stock::plan(&table, site, &mut problems),
    };
    if !problems.is_empty() {
        return Err(Problems::new(problems));
    }
    plan.counts.lines = u64::try_from(table.rows.len()).unwrap_or(u64::MAX);
    plan.ignored = table.ignored;
    Ok(plan)
}

impl Plan {
    /// Counts a record, and keeps it unless it is as it was.
    fn take(&mut self, before: Option<&MasterRecord>, after: MasterRecord) {
        match before {
            Some(before) if *before == after => self.counts.unchanged += 1,
            Some(_) => {
                self.counts.changed += 1;
                self.records.push(after);
            }
            None => {
                self.counts.created += 1;
                self.records.push(after);
            }
        }
    }
}
