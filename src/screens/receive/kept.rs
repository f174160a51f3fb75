//! Goods-in as it is kept in the file while it is open: the line in hand is written with the scan that brought it.

use super::super::jobs::back_again;
use super::super::kept::Kept as Page;
use super::super::screen::{Answer, Desk};
use super::super::words::Receiving;
use super::line::Line;
use super::{Candidate, Receive};
use crate::domain::{HuCode, LocationId, OrderId};
use crate::store::StoreError;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    order: Option<OrderId>,
    dock: LocationId,
    into: Option<HuCode>,
    hand: Option<Line>,
    /// A line that waits for an answer, and whether it replaces the one in hand.
    asked: Option<(Line, bool)>,
    damaged: bool,
    saved: u32,
}

impl Receive {
    /// What is open and in hand now.
    pub(super) fn now(&self) -> Kept {
        let asked = match &self.candidate {
            Some(Candidate::Line { line, adds }) => Some((line.as_ref().clone(), *adds)),
            _ => None,
        };
        Kept {
            order: self.expected.order.as_ref().map(|order| order.id),
            dock: self.dock.id,
            into: self.into.clone(),
            hand: self.hand.clone(),
            asked,
            damaged: self.damaged,
            saved: self.saved,
        }
    }

    /// What will be open and in hand once the line in hand is saved.
    pub(super) fn after_saving(&self, next: Option<&Line>) -> Page {
        let saved = self.saved + 1;
        Page::Receive(Box::new(Kept {
            hand: next.cloned(),
            asked: None,
            damaged: false,
            saved,
            ..self.now()
        }))
    }

    /// The page as it was when the device went out.
    pub(in super::super) fn reopen(desk: &Desk<'_>, kept: &Kept) -> Result<(Self, Answer), StoreError> {
        let order = match kept.order {
            Some(id) => desk.store.order(id)?,
            None => None,
        };
        let mut page = match order {
            Some(order) => Self::for_order(desk, order)?,
            None => Self::blind(desk)?,
        };
        if let Some(dock) = desk.store.location(kept.dock)? {
            page.dock = dock;
        }
        page.into.clone_from(&kept.into);
        page.hand.clone_from(&kept.hand);
        page.saved = kept.saved;
        page.damaged = kept.damaged && kept.hand.is_some();
        page.candidate = kept
            .asked
            .clone()
            .map(|(line, adds)| Candidate::Line { line: Box::new(line), adds: adds && kept.hand.is_some() });
        let answer = match (&page.candidate, &page.hand) {
            (Some(Candidate::Line { line, .. }), _) => {
                let what = line.label.name(desk.words);
                Answer::question(desk.say(Receiving::NotAnsweredYet { what: &what }))
            }
            (_, Some(hand)) => {
                let what = hand.label.name(desk.words);
                Answer::question(desk.say(Receiving::NotSavedYet { what: &what }))
            }
            _ => back_again(desk, &page.title),
        };
        Ok((page, answer))
    }
}
