//! What will expire, in bands of days.

use super::PAGE_ROWS_MAX;
use crate::domain::{Day, ItemId, LotKey, LotNumber, SiteId, day_from_number, day_number};
use crate::server::storage::tx::{Tx, values};
use crate::server::storage::{Storage, StorageError};

/// The last day of each band after the first one, in days from today; the first band is what is past its date.
pub const BAND_DAYS: [i64; 5] = [7, 30, 60, 90, 180];

/// Lots with stock whose last good day lies in a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiryBand {
    /// Lots.
    pub lots: u64,
}

/// One lot with stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryRow {
    /// The lot.
    pub lot: LotKey,
    /// Its last good day.
    pub good_to: Day,
    /// Base units at real places.
    pub units: i64,
}

impl Storage {
    /// How many lots lie in each band (past its date, then [`BAND_DAYS`]), and the next lots, first expiry first, after
    /// one.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn expiry(
        &self,
        site: SiteId,
        today: Day,
        after: Option<(Day, LotKey)>,
    ) -> Result<(Vec<ExpiryBand>, Vec<ExpiryRow>), StorageError> {
        self.read((site, today, after), |input, tx| Box::pin(expiry(input, tx))).await
    }
}

async fn expiry(
    (site, today, after): &(SiteId, Day, Option<(Day, LotKey)>),
    tx: &mut dyn Tx,
) -> Result<(Vec<ExpiryBand>, Vec<ExpiryRow>), StorageError> {
    let today = day_number(*today);
    let mut begin = i64::MIN;
    let mut bands = Vec::new();
    for end in std::iter::once(today).chain(BAND_DAYS.map(|days| today + days + 1)) {
        let row =
            tx.row(include_str!("../sql/console_expiry_count.sql"), &values![site.0, begin, end]).await?;
        bands.push(ExpiryBand { lots: row.map_or(Ok(0), |mut row| row.unsigned())? });
        begin = end;
    }
    let (day, item, lot) = after.as_ref().map_or((i64::MIN, 0, ""), |(day, key)| {
        (day_number(*day), key.item.0, key.lot.as_ref().map_or("", LotNumber::as_str))
    });
    let params = values![site.0, day, item, lot, PAGE_ROWS_MAX as u64];
    let mut rows = Vec::new();
    for mut row in tx.rows(include_str!("../sql/console_expiry.sql"), &params).await? {
        let lot = LotKey { item: ItemId(row.int()?), lot: row.label(LotNumber::new)? };
        let good_to = day_from_number(row.int()?).ok_or(StorageError::Damaged { what: "day" })?;
        rows.push(ExpiryRow { lot, good_to, units: row.int()? });
    }
    Ok((bands, rows))
}
