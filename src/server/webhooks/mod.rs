//! Webhooks: what happens at a site is told to other programs, by the [Standard Webhooks] specification, version 1.0.0.
//!
//! What is told is not queued anywhere: an endpoint has a place in the ledger (`storage::webhooks`), and a
//! [`Courier`] reads on from there, signs, sends, and moves the place once the receiver has said 2xx. So nothing is lost
//! with a process, everything comes in the ledger's order, and what was sent but not noted is sent again under the same
//! id. Administrators make and change endpoints by the functions of [`admin`].
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

mod address;
pub mod admin;
mod client;
mod courier;
mod message;
mod schedule;
mod secret;
mod topic;

pub use client::{Client, Policy};
pub use courier::{Courier, LEASE_MS, Turn, run};
pub use message::Message;
pub(in crate::server) use message::{Opened, messages, target_of};
pub use schedule::GIVE_UP_MS;
pub use secret::SigningSecret;
pub use topic::{Topic, TopicError};

use crate::domain::{SiteId, Timestamp};

/// An endpoint as administrators see it: without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Whose news it gets.
    pub site: SiteId,
    /// What it is called; once at a site.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it wants to know.
    pub topics: Vec<Topic>,
    /// When it was made.
    pub created: Timestamp,
    /// Up to which entry of the ledger it was told.
    pub seq: u64,
    /// Entries behind that one.
    pub behind: u64,
    /// Tries of the next message that failed, in a row.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<Timestamp>,
    /// When it is tried again, where it failed.
    pub next_at: Option<Timestamp>,
    /// Why it failed last; empty for none.
    pub problem: String,
    /// When something was last delivered.
    pub delivered: Option<Timestamp>,
    /// Since when nothing is sent to it any more.
    pub disabled: Option<Timestamp>,
}

impl Webhook {
    /// `active`, `failing` or `disabled`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self {
            Self { disabled: Some(_), .. } => "disabled",
            Self { failures: 0, .. } => "active",
            _ => "failing",
        }
    }
}
