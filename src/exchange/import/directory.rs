//! What the site knows already, by the codes that files use, and the next free ids.

use crate::domain::{
    Direction, Gtin, Item, ItemId, Location, LocationId, MasterRecord, Order, OrderId, Party, PartyId,
    PartyKind, SerialNumber, Site, StockKey,
};
use std::collections::{BTreeMap, BTreeSet};

/// A site's records by code; built from its master stream.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// The site itself, once it has one.
    pub site: Option<Site>,
    pub(super) items: BTreeMap<String, Item>,
    pub(super) locations: BTreeMap<String, Location>,
    pub(super) parties: BTreeMap<(bool, String), Party>,
    pub(super) orders: BTreeMap<(Direction, String), Order>,
    pub(super) gtins: BTreeMap<Gtin, ItemId>,
    pub(super) stocked: BTreeSet<StockKey>,
    pub(super) serials: BTreeSet<(ItemId, SerialNumber)>,
    item_id: i64,
    location_id: i64,
    party_id: i64,
    order_id: i64,
}

impl Directory {
    /// From the newest record of each id.
    #[must_use]
    pub fn new(records: impl IntoIterator<Item = MasterRecord>) -> Self {
        let mut directory = Self::default();
        for record in records {
            directory.add(record);
        }
        directory
    }

    /// Tells which balances are not empty; only opening stock asks.
    #[must_use]
    pub fn with_stock(mut self, keys: impl IntoIterator<Item = StockKey>) -> Self {
        for key in keys {
            self.serials.extend(key.serial.clone().map(|serial| (key.item, serial)));
            self.stocked.insert(key);
        }
        self
    }

    pub(super) fn add(&mut self, record: MasterRecord) {
        match record {
            MasterRecord::Site(site) => self.site = Some(site),
            MasterRecord::Item(item) => {
                self.item_id = self.item_id.max(item.id.0);
                self.gtins.extend(item.packs.iter().map(|pack| (pack.gtin, item.id)));
                self.items.insert(item.code.clone(), item);
            }
            MasterRecord::Location(location) => {
                self.location_id = self.location_id.max(location.id.0);
                self.locations.insert(location.code.clone(), location);
            }
            MasterRecord::Party(party) => {
                self.party_id = self.party_id.max(party.id.0);
                self.parties.insert((party.kind == PartyKind::Customer, party.code.clone()), party);
            }
            MasterRecord::Order(order) => {
                self.order_id = self.order_id.max(order.id.0);
                self.orders.insert((order.direction, order.number.clone()), order);
            }
            MasterRecord::User(_) => {}
        }
    }

    pub(super) fn party(&self, kind: PartyKind, code: &str) -> Option<&Party> {
        self.parties.get(&(kind == PartyKind::Customer, code.to_owned()))
    }

    pub(super) fn next_item(&mut self) -> ItemId {
        self.item_id += 1;
        ItemId(self.item_id)
    }

    pub(super) fn next_location(&mut self) -> LocationId {
        self.location_id = self.location_id.max(0) + 1;
        LocationId(self.location_id)
    }

    pub(super) fn next_party(&mut self) -> PartyId {
        self.party_id += 1;
        PartyId(self.party_id)
    }

    pub(super) fn next_order(&mut self) -> OrderId {
        self.order_id += 1;
        OrderId(self.order_id)
    }
}
