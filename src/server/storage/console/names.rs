//! Ids as the records that they are, for pages that show names.

use crate::domain::{
    Item, ItemId, Location, LocationId, MasterRecord, Order, OrderId, Party, PartyId, Site, SiteId, User,
    UserId,
};
use crate::server::storage::tx::{Kind, Many, Tx, values};
use crate::server::storage::{Storage, StorageError};
use std::collections::{BTreeMap, BTreeSet};

static FIND: Many = Many::new(
    include_str!("../sql/find_records.sql"),
    &[("n", Kind::Int), ("kind", Kind::Text), ("id", Kind::Int)],
);

/// Which records a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted(BTreeSet<(&'static str, i64)>);

impl Wanted {
    /// One more item.
    pub fn item(&mut self, id: ItemId) {
        self.0.insert(("item", id.0));
    }

    /// One more place.
    pub fn location(&mut self, id: LocationId) {
        self.0.insert(("location", id.0));
    }

    /// One more party.
    pub fn party(&mut self, id: PartyId) {
        self.0.insert(("party", id.0));
    }

    /// One more order.
    pub fn order(&mut self, id: OrderId) {
        self.0.insert(("order", id.0));
    }

    /// One more operator.
    pub fn user(&mut self, id: UserId) {
        self.0.insert(("user", id.0));
    }

    /// The site itself.
    pub fn site(&mut self, id: SiteId) {
        self.0.insert(("site", id.0));
    }
}

/// The records that a page asked for.
#[derive(Debug, Clone, Default)]
pub struct Names {
    items: BTreeMap<ItemId, Item>,
    locations: BTreeMap<LocationId, Location>,
    parties: BTreeMap<PartyId, Party>,
    orders: BTreeMap<OrderId, Order>,
    users: BTreeMap<UserId, User>,
    site: Option<Site>,
}

impl Names {
    fn add(&mut self, record: MasterRecord) {
        match record {
            MasterRecord::Site(site) => self.site = Some(site),
            MasterRecord::Item(item) => drop(self.items.insert(item.id, item)),
            MasterRecord::Location(location) => drop(self.locations.insert(location.id, location)),
            MasterRecord::Party(party) => drop(self.parties.insert(party.id, party)),
            MasterRecord::Order(order) => drop(self.orders.insert(order.id, order)),
            MasterRecord::User(user) => drop(self.users.insert(user.id, user)),
        }
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> Option<&Site> {
        self.site.as_ref()
    }

    /// The item, where it is known.
    #[must_use]
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.get(&id)
    }

    /// The place, where it is known.
    #[must_use]
    pub fn location(&self, id: LocationId) -> Option<&Location> {
        self.locations.get(&id)
    }

    /// The order, where it is known.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// The operator, where it is known.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// The item's name.
    #[must_use]
    pub fn item_name(&self, id: ItemId) -> String {
        self.items.get(&id).map_or_else(|| format!("item {id}"), |item| item.name.clone())
    }

    /// The place's code, or what a virtual place is.
    #[must_use]
    pub fn place(&self, id: LocationId) -> String {
        match id {
            LocationId::SUPPLIER => "supplier".to_owned(),
            LocationId::CUSTOMER => "customer".to_owned(),
            LocationId::TRANSIT => "in transit".to_owned(),
            LocationId::ADJUSTMENT => "count difference".to_owned(),
            LocationId::DISPOSAL => "disposal".to_owned(),
            id => self.locations.get(&id).map_or_else(|| format!("place {id}"), |place| place.code.clone()),
        }
    }

    /// The party's name.
    #[must_use]
    pub fn party(&self, id: PartyId) -> String {
        self.parties.get(&id).map_or_else(|| format!("party {id}"), |party| party.name.clone())
    }

    /// The party, where it is known.
    #[must_use]
    pub fn party_record(&self, id: PartyId) -> Option<&Party> {
        self.parties.get(&id)
    }

    /// The order's number.
    #[must_use]
    pub fn order_number(&self, id: OrderId) -> String {
        self.orders.get(&id).map_or_else(|| format!("order {id}"), |order| order.number.clone())
    }

    /// The operator's name.
    #[must_use]
    pub fn person(&self, id: UserId) -> String {
        match id {
            UserId::NOBODY => "the system".to_owned(),
            id => self.users.get(&id).map_or_else(|| format!("operator {id}"), |user| user.name.clone()),
        }
    }
}

impl Storage {
    /// The newest records of the ids that a page shows.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn names(&self, site: SiteId, wanted: Wanted) -> Result<Names, StorageError> {
        self.read((site, wanted), |input, tx| Box::pin(names(input, tx))).await
    }
}

pub(in crate::server::storage) async fn names(
    (site, wanted): &(SiteId, Wanted),
    tx: &mut dyn Tx,
) -> Result<Names, StorageError> {
    let keys: Vec<_> = (0_i64..)
        .zip(&wanted.0)
        .filter(|(_, (_, id))| *id > 0)
        .map(|(n, (kind, id))| values![n, *kind, *id].to_vec())
        .collect();
    let mut names = Names::default();
    for mut row in tx.find(&FIND, site.0, &keys).await? {
        row.int()?;
        names.add(row.json("record")?);
    }
    Ok(names)
}
