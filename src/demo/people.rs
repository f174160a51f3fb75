//! The demo's site and operators.

use super::layout::Layout;
use crate::domain::{FefoPolicy, LocationId, Role, Site, SiteId, SiteZone, User, UserId, hash_pin};

/// The PIN of everybody in the demo who has one.
pub const DEMO_PIN: &str = "2468";

/// The demo site.
pub fn site(layout: &Layout) -> Site {
    Site {
        id: SiteId(1),
        name: "Example Warehouse".to_owned(),
        zone: SiteZone(chrono_tz::Europe::Berlin),
        fefo: FefoPolicy::AskReason,
        staging: layout.find("STAGE-1").unwrap_or(LocationId(0)),
        dock: layout.find("DOCK-1").unwrap_or(LocationId(0)),
    }
}

/// One operator of each role; supervisor and admin have a PIN.
pub fn users() -> Vec<User> {
    [
        (1, "Pia Picker", "BADGE-1001", Role::Picker),
        (2, "Chris Clerk", "BADGE-1002", Role::Clerk),
        (3, "Sam Supervisor", "BADGE-1003", Role::Supervisor),
        (4, "Alex Admin", "BADGE-1004", Role::Admin),
    ]
    .into_iter()
    .map(|(id, name, badge, role)| User {
        id: UserId(id),
        name: name.to_owned(),
        badge: badge.to_owned(),
        pin: (role >= Role::Supervisor)
            .then(|| hash_pin(DEMO_PIN, format!("demo salt user {id}").as_bytes()).ok())
            .flatten(),
        role,
        language: String::new(),
        active: true,
    })
    .collect()
}
