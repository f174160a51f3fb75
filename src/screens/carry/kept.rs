//! Put-away and move as they are kept in the file while they are open.

use super::Carry;
use crate::domain::{LocationId, MoveKind, Quantity, StockKey};
use crate::screens::jobs::back_again;
use crate::screens::load::{Extent, Load};
use crate::screens::screen::{Answer, Desk, Screen};
use crate::screens::words::{Common, Stock};
use crate::store::StoreError;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    kind: MoveKind,
    hand: Option<Hand>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Hand {
    extent: Extent,
    from: LocationId,
    /// Which goods; absent for a pallet or a whole place.
    key: Option<StockKey>,
    quantity: Quantity,
    step: Quantity,
}

impl Carry {
    /// What is open and in hand now.
    pub(super) fn now(&self) -> Kept {
        let hand = self.hand.as_ref().map(|load| Hand {
            extent: load.extent.clone(),
            from: load.from.id,
            key: load.rows.first().map(|row| row.what.key.clone()).filter(|_| load.extent == Extent::Goods),
            quantity: load.quantity,
            step: load.step,
        });
        Kept { kind: self.kind, hand }
    }

    /// The page as it was when the device went out; what is not there any more is not in hand.
    pub(in crate::screens) fn reopen(desk: &mut Desk<'_>, kept: &Kept) -> Result<(Self, Answer), StoreError> {
        let mut page = Self::new(kept.kind);
        let load = match &kept.hand {
            Some(hand) => hand.find(desk)?,
            None => None,
        };
        let answer = match load {
            Some(load) => {
                let note = page.take(desk, load)?;
                // What speaks against it is said again; else that nothing has moved yet.
                match &page.hand {
                    Some(load) if !page.held => {
                        let what = load.name(desk.words);
                        Answer::question(desk.say(Stock::NotMovedYet { what: &what }))
                    }
                    _ => note,
                }
            }
            None => {
                let title = match kept.kind {
                    MoveKind::PutAway => desk.say(Common::TilePutAway),
                    MoveKind::Move => desk.say(Common::TileMove),
                };
                back_again(desk, &title)
            }
        };
        page.refresh(desk)?;
        Ok((page, answer))
    }
}

impl Hand {
    fn find(&self, desk: &Desk<'_>) -> Result<Option<Load>, StoreError> {
        let key = match (&self.extent, &self.key) {
            (Extent::Hu(code), _) => return Load::of_hu(desk.store, code),
            (Extent::Location, _) => return Load::of_location(desk.store, self.from),
            (Extent::Goods, None) => return Ok(None),
            (Extent::Goods, Some(key)) => key,
        };
        let (Some(item), Some(from)) = (desk.store.item(key.item)?, desk.store.location(self.from)?) else {
            return Ok(None);
        };
        let rows = desk.store.stock_at(self.from, 0, crate::ledger::command::LINES_MAX as u64)?;
        let row = rows.into_iter().find(|row| row.key == *key && row.quantity.is_positive());
        Ok(row.map(|row| Load {
            extent: Extent::Goods,
            quantity: self.quantity.min(row.quantity),
            step: self.step,
            rows: vec![row.into()],
            from,
            item,
        }))
    }
}
