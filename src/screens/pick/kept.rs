//! A walk as it is kept in the file while it is open: the order, and the quantity that was typed for a stop.

use super::plan::Stop;
use super::{Order, Pick};
use crate::domain::{LocationId, OrderId, Quantity};
use crate::screens::screen::{Desk, Screen};
use crate::store::StoreError;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Which order.
    pub(in crate::screens) order: OrderId,
    typed: Option<Typed>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Typed {
    quantity: Quantity,
    line: u32,
    place: Option<LocationId>,
}

impl Pick {
    /// What is open and typed now.
    pub(super) fn now(&self) -> Kept {
        let typed = self.wanted.zip(self.stop()).map(|(quantity, stop)| Typed {
            quantity,
            line: stop.line,
            place: stop.location(),
        });
        Kept { order: self.order.id, typed }
    }

    /// The same walk with nothing typed.
    pub(super) fn after_taking(&self) -> crate::screens::Kept {
        crate::screens::Kept::Pick(Kept { order: self.order.id, typed: None })
    }

    /// The walk as it was when the device went out.
    pub(in crate::screens) fn reopen(
        desk: &mut Desk<'_>,
        order: Order,
        kept: &Kept,
    ) -> Result<Self, StoreError> {
        let mut page = Self::for_order(desk, order)?;
        page.refresh(desk)?;
        if let Some(typed) = &kept.typed {
            let is_it = |stop: &Stop| stop.line == typed.line && stop.location() == typed.place;
            if let Some(focus) = page.plan.stops.iter().position(is_it) {
                page.show(desk, focus)?;
                page.wanted = page.stop().map(|stop| typed.quantity.min(stop.quantity));
            }
        }
        Ok(page)
    }
}
