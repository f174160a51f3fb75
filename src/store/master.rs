//! Master data: what the server knows and the device is told. The newest record of an id replaces the older ones.

use super::row::{self, LAST, name_of, to_json};
use super::{Reader, StoreError};
use crate::domain::{
    Gtin, Item, ItemId, Location, LocationId, MasterRecord, Order, Pack, Party, PartyId, Site, User, UserId,
    day_number,
};
use rusqlite::{Connection, OptionalExtension, Params};
use serde::de::DeserializeOwned;

impl Reader {
    /// The site this device works at; `None` before the first contact.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn site(&self) -> Result<Option<Site>, StoreError> {
        self.record("SELECT record FROM site ORDER BY id LIMIT 1", ())
    }

    /// An item.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn item(&self, id: ItemId) -> Result<Option<Item>, StoreError> {
        self.record("SELECT record FROM item WHERE id = ?1", [id.0])
    }

    /// The item and pack level that carry a GTIN; an active item before one that is no longer traded.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn item_by_gtin(&self, gtin: Gtin) -> Result<Option<(Item, Pack)>, StoreError> {
        let number = row::signed(gtin.number());
        let items: Vec<Item> =
            self.rows(include_str!("sql/item_by_gtin.sql"), [number], |row| row::json(row, 0))?;
        let best = items.iter().find(|item| item.active).or(items.first());
        Ok(best.and_then(|item| Some((item.clone(), item.pack(gtin)?.clone()))))
    }

    /// Items with this article number.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn items_by_code(&self, code: &str) -> Result<Vec<Item>, StoreError> {
        self.rows("SELECT record FROM item WHERE code = ?1 ORDER BY id", [code], |row| row::json(row, 0))
    }

    /// A location.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn location(&self, id: LocationId) -> Result<Option<Location>, StoreError> {
        self.record("SELECT record FROM location WHERE id = ?1", [id.0])
    }

    /// The location whose sign says this; one in use before one that is gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn location_by_code(&self, code: &str) -> Result<Option<Location>, StoreError> {
        let sql = "SELECT record FROM location WHERE code = ?1 ORDER BY active DESC, id LIMIT 1";
        self.record(sql, [code])
    }

    /// A supplier or customer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn party(&self, id: PartyId) -> Result<Option<Party>, StoreError> {
        self.record("SELECT record FROM party WHERE id = ?1", [id.0])
    }

    /// An operator.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.record("SELECT record FROM user WHERE id = ?1", [id.0])
    }

    /// The operator whose badge says this; one still here before one who has left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn user_by_badge(&self, badge: &str) -> Result<Option<User>, StoreError> {
        let sql = "SELECT record FROM user WHERE badge = ?1 ORDER BY id";
        let users: Vec<User> = self.rows(sql, [badge], |row| row::json(row, 0))?;
        Ok(users.iter().find(|user| user.active).or(users.first()).cloned())
    }

    pub(super) fn record<T: DeserializeOwned>(
        &self,
        sql: &str,
        params: impl Params,
    ) -> Result<Option<T>, StoreError> {
        let mut query = self.db.prepare_cached(sql)?;
        Ok(query.query_row(params, |row| row::json(row, 0)).optional()?)
    }
}

/// Takes in one record.
pub(super) fn put(db: &Connection, record: &MasterRecord) -> Result<(), StoreError> {
    match record {
        MasterRecord::Site(site) => {
            let sql = "INSERT OR REPLACE INTO site (id, record) VALUES (?1, ?2)";
            db.prepare_cached(sql)?.execute((site.id.0, to_json(site)?))?;
        }
        MasterRecord::Item(item) => put_item(db, item)?,
        MasterRecord::Location(location) => put_location(db, location)?,
        MasterRecord::Party(party) => {
            let sql = "INSERT OR REPLACE INTO party (id, name, record) VALUES (?1, ?2, ?3)";
            db.prepare_cached(sql)?.execute((party.id.0, &party.name, to_json(party)?))?;
        }
        MasterRecord::Order(order) => put_order(db, order)?,
        MasterRecord::User(user) => {
            let sql = "INSERT OR REPLACE INTO user (id, badge, record) VALUES (?1, ?2, ?3)";
            db.prepare_cached(sql)?.execute((user.id.0, &user.badge, to_json(user)?))?;
        }
    }
    Ok(())
}

fn put_item(db: &Connection, item: &Item) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM pack WHERE item = ?1")?.execute([item.id.0])?;
    db.prepare_cached(include_str!("sql/item_put.sql"))?.execute((item.id.0, &item.code, to_json(item)?))?;
    let mut pack = db.prepare_cached("INSERT OR IGNORE INTO pack (gtin, item) VALUES (?1, ?2)")?;
    for level in &item.packs {
        pack.execute((row::signed(level.gtin.number()), item.id.0))?;
    }
    Ok(())
}

/// A location's place in the walk is part of the order of its stock.
fn put_location(db: &Connection, location: &Location) -> Result<(), StoreError> {
    let mut query = db.prepare_cached("SELECT walk FROM location WHERE id = ?1")?;
    let old: Option<i64> = query.query_row([location.id.0], |row| row.get(0)).optional()?;
    db.prepare_cached(include_str!("sql/location_put.sql"))?.execute((
        location.id.0,
        &location.code,
        name_of(&location.kind)?,
        &location.zone,
        location.walk,
        location.active,
        to_json(location)?,
    ))?;
    db.prepare_cached(include_str!("sql/vacant_add.sql"))?.execute([location.id.0])?;
    if old.unwrap_or(LAST) != location.walk {
        let sql = "UPDATE stock SET walk = ?2 WHERE location = ?1";
        db.prepare_cached(sql)?.execute((location.id.0, location.walk))?;
    }
    Ok(())
}

fn put_order(db: &Connection, order: &Order) -> Result<(), StoreError> {
    db.prepare_cached(include_str!("sql/order_put.sql"))?.execute((
        order.id.0,
        &order.number,
        name_of(&order.direction)?,
        order.due.map_or(row::NO_DAY, day_number),
        name_of(&order.status)?,
        to_json(order)?,
    ))?;
    Ok(())
}
