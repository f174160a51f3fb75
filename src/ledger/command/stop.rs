//! Hold, release and undo.

use super::Refusal;
use crate::domain::{Body, Event, Hold, HoldKind, HoldState, HoldTarget, Reason, Release, Role, Undo};
use crate::ledger::RELEASE_ROLE_MIN;

/// Stops a lot, a place or a handling unit.
///
/// # Errors
/// Only supervisors do that on a handheld.
pub fn hold(
    role: Role,
    target: HoldTarget,
    kind: HoldKind,
    reason: Reason,
    note: String,
) -> Result<Body, Refusal> {
    check_role(role)?;
    Ok(Body::Hold(Hold { target, kind, reason, note }))
}

/// Asks for the end of a hold; it stays until the server agrees. `pending`: the device has asked already.
///
/// # Errors
/// Only supervisors do that, and only once.
pub fn release(role: Role, state: &HoldState, pending: bool, reason: Reason) -> Result<Body, Refusal> {
    check_role(role)?;
    if state.released || pending {
        return Err(Refusal::HoldEnded { hold: state.id });
    }
    Ok(Body::Release(Release { hold: state.id, target: state.hold.target.clone(), reason }))
}

/// Takes an event back. A hold is taken back by whoever may release it.
///
/// # Errors
/// What was undone before, what never changes anything, and releases (place the hold again) cannot be taken back.
pub fn undo(role: Role, event: &Event, undone: bool) -> Result<Body, Refusal> {
    if undone
        || matches!(
            event.body,
            Body::Undo(_)
                | Body::Release(_)
                | Body::Park(_)
                | Body::Loss(_)
                | Body::Settle(_)
                | Body::Unknown { .. }
        )
    {
        return Err(Refusal::NothingToUndo { event: event.id });
    }
    if matches!(event.body, Body::Hold(_)) {
        check_role(role)?;
    }
    Ok(Body::Undo(Undo { event: event.id, body: Box::new(event.body.clone()) }))
}

fn check_role(role: Role) -> Result<(), Refusal> {
    if role < RELEASE_ROLE_MIN { Err(Refusal::NotAllowed { needed: RELEASE_ROLE_MIN }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::*;
    use crate::ledger::arbitrary::{event, event_id, undo_of};

    fn target() -> HoldTarget {
        HoldTarget::Location(LocationId(4))
    }

    fn placed() -> Body {
        hold(Role::Supervisor, target(), HoldKind::Hold, Reason::Quality, String::new()).unwrap()
    }

    #[test]
    fn only_supervisors_hold_and_release() {
        let needed = Role::Supervisor;
        for role in [Role::Picker, Role::Clerk] {
            let refused = hold(role, target(), HoldKind::Hold, Reason::Quality, String::new());
            assert_eq!(refused, Err(Refusal::NotAllowed { needed }), "{role:?}");
        }
        let Body::Hold(hold) = placed() else { unreachable!() };
        let id = event_id(3);
        let state = HoldState { id, hold, operator: UserId(1), at: Timestamp(0), released: false };
        assert_eq!(release(Role::Clerk, &state, false, Reason::Checked), Err(Refusal::NotAllowed { needed }));
        let released = release(Role::Admin, &state, false, Reason::Checked);
        let expected = Release { hold: id, target: target(), reason: Reason::Checked };
        assert_eq!(released, Ok(Body::Release(expected)));
        assert_eq!(release(Role::Admin, &state, true, Reason::Checked), Err(Refusal::HoldEnded { hold: id }));
        let ended = HoldState { released: true, ..state };
        assert_eq!(
            release(Role::Admin, &ended, false, Reason::Checked),
            Err(Refusal::HoldEnded { hold: id })
        );
    }

    #[test]
    fn an_undo_carries_what_it_takes_back() {
        let closed = event(1, 1, 0, Body::CloseOrder(CloseOrder { order: OrderId(1) }));
        assert_eq!(undo(Role::Picker, &closed, false), Ok(undo_of(&closed)));
        let nothing = Err(Refusal::NothingToUndo { event: closed.id });
        assert_eq!(undo(Role::Picker, &closed, true), nothing);
        let again = event(1, 1, 0, undo_of(&closed));
        assert_eq!(undo(Role::Picker, &again, false), nothing);
        let held = event(1, 1, 0, placed());
        assert_eq!(undo(Role::Clerk, &held, false), Err(Refusal::NotAllowed { needed: Role::Supervisor }));
        assert_eq!(undo(Role::Supervisor, &held, false), Ok(undo_of(&held)));
    }
}
