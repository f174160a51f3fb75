//! The central server: HTTP API, ledger and projections on SQLite.
//!
//! `http` speaks the protocol of `sync::wire`, `ingest` judges what devices push without touching a database,
//! and `storage` keeps the ledger. Everything that correctness needs is in the database, so that a second
//! implementation of `storage` can be shared by several server processes.

mod api;
pub mod api_keys;
pub mod checkpoint;
mod config;
mod console;
pub mod devices;
pub mod doctor;
mod handshake;
mod http;
pub mod import;
pub mod ingest;
pub mod metrics;
pub mod own;
pub mod people;
mod secret;
mod seed;
mod serve;
mod site;
pub mod storage;
pub mod tls;
pub mod webhooks;

pub use config::{Checkpoints, Clock, Config, Limits, Webhooks, system_clock};
pub use http::{MetricsToken, Rate, router};
pub use secret::{Secret, SecretError};
pub use seed::{SeedError, Seeded, seed};
pub use serve::{Background, Running, ServeError, start, start_background};
pub use site::{SiteChange, SiteError, set_site};
