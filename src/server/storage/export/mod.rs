//! Lists that leave the site, however long: read by the key of the last row that was seen, so that each page costs the
//! same, and whole lists from one state of the database into a sink, a page at a time.

mod events;
mod lots;
mod orders;
mod stock;
mod stops;
mod trace;

pub use events::{Change, EventKey, EventLine, EventList};
pub use lots::{LotCursor, LotLine, LotList};
pub use orders::{OrderCursor, OrderLineRow, OrderList};
pub use stock::{StockCursor, StockLine, StockList};
pub use trace::{DestinationCursor, DestinationLine, DestinationList, OriginCursor, OriginLine, OriginList};

use super::stream::head;
use super::tx::{Tx, values};
use super::{Storage, StorageError};
use crate::domain::{ItemId, LocationId, LotKey, LotNumber, SiteId};
use crate::sync::wire::Stream;
use async_trait::async_trait;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows that a whole list is read by.
const STEP_ROWS: usize = 1_000;

/// A list and what is asked of it.
#[async_trait]
pub trait List: Send + Sync + 'static {
    /// One row, in the words of those outside.
    type Row: Send + 'static;
    /// What tells where a row stands in the list.
    type Cursor: Clone + Send + Sync + 'static;

    /// At most about so many rows after a place, and the place of the last one where there may be more. There may be more
    /// behind a page without rows.
    async fn page(
        &self,
        site: SiteId,
        after: Option<&Self::Cursor>,
        limit: usize,
        tx: &mut dyn Tx,
    ) -> Result<Found<Self>, StorageError>;
}

/// A page of a list.
pub struct Found<L: List + ?Sized> {
    /// Its rows.
    pub rows: Vec<L::Row>,
    /// Behind which place there may be more.
    pub next: Option<L::Cursor>,
}

/// Where a whole list goes.
pub trait Sink<R>: Send + 'static {
    /// Forgets what it was given: the database asks for the work to be done again.
    ///
    /// # Errors
    /// What it writes into.
    fn begin(&mut self) -> io::Result<()>;

    /// The next rows.
    ///
    /// # Errors
    /// What it writes into.
    fn take(&mut self, rows: Vec<R>) -> io::Result<()>;
}

impl Storage {
    /// A page of a list, and the ledger's newest entry in that state.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn page<L: List>(
        &self,
        site: SiteId,
        list: L,
        after: Option<L::Cursor>,
        limit: usize,
    ) -> Result<(Found<L>, u64), StorageError> {
        let input = (site, list, after, limit);
        self.read(input, |input, tx| Box::pin(one_page(input, tx))).await
    }

    /// All of a list behind a place, from one state of the database.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read or the sink takes no more.
    pub async fn all<L: List, S: Sink<L::Row>>(
        &self,
        site: SiteId,
        list: L,
        after: Option<L::Cursor>,
        sink: Arc<Mutex<S>>,
    ) -> Result<(), StorageError> {
        let input = (site, list, after, sink);
        self.read(input, |input, tx| Box::pin(all_pages(input, tx))).await
    }

    /// The item of that code.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn item_of_code(&self, site: SiteId, code: &str) -> Result<Option<ItemId>, StorageError> {
        Ok(self.record_id(site, "item", code).await?.map(ItemId))
    }

    /// The place of that code.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn location_of_code(
        &self,
        site: SiteId,
        code: &str,
    ) -> Result<Option<LocationId>, StorageError> {
        Ok(self.record_id(site, "location", code).await?.map(LocationId))
    }

    async fn record_id(
        &self,
        site: SiteId,
        kind: &'static str,
        code: &str,
    ) -> Result<Option<i64>, StorageError> {
        self.read((site, kind, code.to_owned()), |input, tx| Box::pin(record_id(input, tx))).await
    }

    /// True where the lot is or ever was here.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn knows_lot(&self, site: SiteId, lot: LotKey) -> Result<bool, StorageError> {
        self.read((site, lot), |input, tx| Box::pin(knows_lot(input, tx))).await
    }
}

async fn one_page<L: List>(
    (site, list, after, limit): &(SiteId, L, Option<L::Cursor>, usize),
    tx: &mut dyn Tx,
) -> Result<(Found<L>, u64), StorageError> {
    let seq = head(tx, *site, Stream::Site).await?.seq;
    Ok((list.page(*site, after.as_ref(), *limit, tx).await?, seq))
}

async fn all_pages<L: List, S: Sink<L::Row>>(
    (site, list, after, sink): &(SiteId, L, Option<L::Cursor>, Arc<Mutex<S>>),
    tx: &mut dyn Tx,
) -> Result<(), StorageError> {
    sink.lock().unwrap_or_else(PoisonError::into_inner).begin()?;
    let mut after = after.clone();
    loop {
        let found = list.page(*site, after.as_ref(), STEP_ROWS, tx).await?;
        sink.lock().unwrap_or_else(PoisonError::into_inner).take(found.rows)?;
        match found.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn record_id(
    (site, kind, code): &(SiteId, &'static str, String),
    tx: &mut dyn Tx,
) -> Result<Option<i64>, StorageError> {
    let params = values![site.0, *kind, code.as_str()];
    let found = tx.row(include_str!("../sql/export_record_id.sql"), &params).await?;
    found.map_or(Ok(None), |mut row| row.int_or_null())
}

async fn knows_lot((site, lot): &(SiteId, LotKey), tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let number = lot.lot.as_ref().map_or("", LotNumber::as_str);
    let params = values![site.0, lot.item.0, number];
    Ok(tx.row(include_str!("../sql/export_knows_lot.sql"), &params).await?.is_some())
}

/// The items that a list is for: one, or all.
fn range(id: Option<i64>) -> (i64, i64) {
    id.map_or((1, i64::MAX), |id| (id, id))
}

/// Takes the row that was read beyond the limit away again; true where there was one.
fn cut<T>(rows: &mut Vec<T>, limit: usize) -> bool {
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}
