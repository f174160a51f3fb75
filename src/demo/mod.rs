//! The demo warehouse: realistic master data, stock and orders made from a seed.
//!
//! Tests, the demo, the tour and the benches share it, so that what a person tries is what is tested.

mod catalogue;
mod items;
mod labels;
mod layout;
mod orders;
mod people;
mod rng;
pub mod seed;
mod stock;
mod story;
#[cfg(test)]
mod tests;

pub use labels::labels;
pub use people::DEMO_PIN;
pub use rng::Rng;
pub use story::{
    DEMO_NOTICE, DEMO_ORDER, DEMO_PURCHASE, HELD_LOT, OAT_DRINK, SPAGHETTI, STORY_ITEMS, YOGHURT,
};

use crate::domain::{
    Day, Hold, HuCode, Item, Location, LocationId, LotFacts, MasterRecord, Order, OrderId, Party, PartyId,
    Quantity, Site, Timestamp, User,
};

/// Everything a new site needs to begin its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse {
    /// The day that dates were made around.
    pub today: Day,
    /// The site and its rules.
    pub site: Site,
    /// About 200 products.
    pub items: Vec<Item>,
    /// About 1,500 places.
    pub locations: Vec<Location>,
    /// Suppliers and customers.
    pub parties: Vec<Party>,
    /// Closed ones that brought the stock, then open ones.
    pub orders: Vec<Order>,
    /// One operator of each role.
    pub users: Vec<User>,
    /// What is in stock, about 3,000 lots.
    pub openings: Vec<Opening>,
    /// What is stopped.
    pub holds: Vec<Hold>,
}

/// So much of a lot at a place, and how it came there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What the labels say.
    pub lot: LotFacts,
    /// Base units.
    pub quantity: Quantity,
    /// Where.
    pub location: LocationId,
    /// On which pallet.
    pub hu: Option<HuCode>,
    /// Who sent it.
    pub supplier: PartyId,
    /// The closed purchase order it came with.
    pub order: OrderId,
    /// When.
    pub received: Timestamp,
}

impl Warehouse {
    /// All master data as records of the `master` stream.
    pub fn master(&self) -> impl Iterator<Item = MasterRecord> {
        std::iter::once(MasterRecord::Site(self.site.clone()))
            .chain(self.items.iter().cloned().map(MasterRecord::Item))
            .chain(self.locations.iter().cloned().map(MasterRecord::Location))
            .chain(self.parties.iter().cloned().map(MasterRecord::Party))
            .chain(self.users.iter().cloned().map(MasterRecord::User))
            .chain(self.orders.iter().cloned().map(MasterRecord::Order))
    }

    /// The item with this name.
    #[must_use]
    pub fn item_named(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.name == name)
    }

    /// The place with this sign.
    #[must_use]
    pub fn location_coded(&self, code: &str) -> Option<&Location> {
        self.locations.iter().find(|location| location.code == code)
    }

    /// The order with this number.
    #[must_use]
    pub fn order_numbered(&self, number: &str) -> Option<&Order> {
        self.orders.iter().find(|order| order.number == number)
    }
}

/// Makes the demo warehouse; the same seed and day give the same one.
///
/// # Example
/// ```
/// let day = "2026-11-23".parse().unwrap();
/// assert_eq!(firstout::demo::warehouse(1, day), firstout::demo::warehouse(1, day));
/// ```
#[must_use]
pub fn warehouse(seed: u64, today: Day) -> Warehouse {
    let layout = layout::Layout::new();
    let products = items::products();
    let mut filler = stock::Filler::new(today, Rng::new(seed), &layout);
    story::fill(&mut filler, &products);
    filler.fill(&products);
    let holds = story::holds(&filler, &products);
    let mut openings = std::mem::take(&mut filler.openings);

    let orders = orders::history(&mut openings);
    let rng = filler.rng.clone();
    let mut maker = orders::OrderMaker { products: &products, today, rng, orders };
    maker.purchases();
    maker.notices(&mut filler);
    let pickable = layout.locations.iter().filter(|place| place.kind.is_pickable()).map(|place| place.id);
    maker.sales(orders::FreeStock::new(&openings, &pickable.collect(), &holds, today));

    let orders = maker.orders;
    let items = products.into_iter().map(|product| product.item).collect();
    let (site, users, parties) = (people::site(&layout), people::users(), items::parties());
    Warehouse { today, site, items, locations: layout.locations, parties, orders, users, openings, holds }
}
