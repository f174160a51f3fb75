//! What the console's pages ask: bounded queries, the site first in each.

mod cases;
mod devices;
mod discrepancies;
mod events;
mod expiry;
mod holds;
mod lots;
mod names;
mod orders;
mod search;
mod stock;

pub use cases::{CASE_ROWS_MAX, Case, Sent, Taken};
pub use devices::{DeviceState, SignOff};
pub use discrepancies::{DiscrepancyState, OPEN_MAX};
pub use events::EventRow;
pub use expiry::{ExpiryBand, ExpiryRow};
pub use holds::HoldRow;
pub use lots::LotPage;
pub(super) use names::names as read_names;
pub use names::{Names, Wanted};
pub use orders::{LineProgress, OrderRow};
pub use search::Hit;
pub use stock::{BalanceRow, Balances, ItemStock};

/// Most rows on one page.
pub const PAGE_ROWS_MAX: usize = 200;
