//! Commands can be refused; facts never are. An undo is refused where it would take back what never counted.

use super::Facts;
use crate::domain::{Body, Event, EventId, OrderId, Role, Undo};

/// Who may end a hold.
pub const RELEASE_ROLE_MIN: Role = Role::Supervisor;

/// Why a command has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The operator may not do that.
    NotAllowed {
        /// What the operator may do; `None` for people who are unknown or have left.
        role: Option<Role>,
        /// What it takes.
        needed: Role,
    },
    /// Nobody placed that hold.
    HoldUnknown {
        /// The hold named.
        hold: EventId,
    },
    /// The hold has ended already.
    HoldEnded {
        /// The hold named.
        hold: EventId,
    },
    /// The hold stops something else than the release says.
    HoldDiffers {
        /// The hold named.
        hold: EventId,
    },
    /// There is no such order.
    OrderUnknown {
        /// The order named.
        order: OrderId,
    },
    /// It is closed already.
    OrderClosed {
        /// The order named.
        order: OrderId,
    },
    /// Another undo was first: its effects count once.
    UndoneAlready {
        /// The first undo.
        by: EventId,
    },
    /// The event never had an effect.
    NothingToUndo {
        /// The event named.
        event: EventId,
    },
    /// The undo does not carry the body of the event that it names.
    UndoDiffers {
        /// The event named.
        event: EventId,
    },
}

impl Refusal {
    /// The stable name that travels to the device and picks its words there.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "not_allowed",
            Self::HoldUnknown { .. } => "hold_unknown",
            Self::HoldEnded { .. } => "hold_ended",
            Self::HoldDiffers { .. } => "hold_differs",
            Self::OrderUnknown { .. } => "order_unknown",
            Self::OrderClosed { .. } => "order_closed",
            Self::UndoneAlready { .. } => "undone_already",
            Self::NothingToUndo { .. } => "nothing_to_undo",
            Self::UndoDiffers { .. } => "undo_differs",
        }
    }
}

/// Why this event must have no effect; `None` for facts and for commands that the rules allow.
///
/// An undo of an event that the ledger has not seen passes: after a restore the two may come back in either order.
///
/// # Errors
/// Those of the facts' queries.
pub fn refuse<F: Facts>(event: &Event, facts: &F) -> Result<Option<Refusal>, F::Error> {
    match &event.body {
        Body::Release(release) => {
            if let Some(refusal) = not_allowed(event, facts)? {
                return Ok(Some(refusal));
            }
            let hold = release.hold;
            Ok(match facts.hold(hold)? {
                None => Some(Refusal::HoldUnknown { hold }),
                Some(state) if state.released => Some(Refusal::HoldEnded { hold }),
                Some(state) if state.hold.target != release.target => Some(Refusal::HoldDiffers { hold }),
                Some(_) => None,
            })
        }
        Body::CloseOrder(close) => Ok(match facts.order(close.order)? {
            None => Some(Refusal::OrderUnknown { order: close.order }),
            Some(known) if known.closed => Some(Refusal::OrderClosed { order: close.order }),
            Some(_) => None,
        }),
        Body::Undo(undo) => refuse_undo(event, undo, facts),
        _ => Ok(None),
    }
}

fn refuse_undo<F: Facts>(event: &Event, undo: &Undo, facts: &F) -> Result<Option<Refusal>, F::Error> {
    if let Some(by) = facts.undone_by(undo.event)? {
        return Ok(Some(Refusal::UndoneAlready { by }));
    }
    if matches!(
        *undo.body,
        Body::Undo(_)
            | Body::Release(_)
            | Body::Park(_)
            | Body::Loss(_)
            | Body::Settle(_)
            | Body::Unknown { .. }
    ) {
        return Ok(Some(Refusal::NothingToUndo { event: undo.event }));
    }
    if let Some(known) = facts.event(undo.event)? {
        if !known.has_effect {
            return Ok(Some(Refusal::NothingToUndo { event: undo.event }));
        }
        if known.event.body != *undo.body {
            return Ok(Some(Refusal::UndoDiffers { event: undo.event }));
        }
    }
    if matches!(*undo.body, Body::Hold(_)) { not_allowed(event, facts) } else { Ok(None) }
}

fn not_allowed<F: Facts>(event: &Event, facts: &F) -> Result<Option<Refusal>, F::Error> {
    let role = facts.role(event.operator)?;
    let allowed = role.is_some_and(|role| role >= RELEASE_ROLE_MIN);
    Ok((!allowed).then_some(Refusal::NotAllowed { role, needed: RELEASE_ROLE_MIN }))
}
