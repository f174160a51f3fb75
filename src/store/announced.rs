//! Which notice announces a pallet.

use super::{Reader, StoreError};
use crate::domain::{HuCode, Order, OrderId};
use rusqlite::OptionalExtension;

impl Reader {
    /// The open inbound order that announces this handling unit.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn order_announcing(&self, hu: &HuCode) -> Result<Option<Order>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/order_announcing.sql"))?;
        let id = query.query_row([hu.as_str()], |row| row.get(0).map(OrderId)).optional()?;
        match id {
            Some(id) => self.order(id),
            None => Ok(None),
        }
    }
}
