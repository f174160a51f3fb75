//! Everything that needs more than one module: stores, servers, simulations, flows and the tidy tree.
#![allow(clippy::disallowed_methods, reason = "tests of whole programs wait and draw ids as the programs do")]

#[cfg(all(feature = "gui", feature = "server"))]
mod app_enrol;
#[cfg(feature = "server")]
mod browser;
#[cfg(feature = "server")]
mod console;
#[cfg(feature = "server")]
mod console_cases;
#[cfg(feature = "server")]
mod console_webhooks;
mod flows;
mod labels;
mod replay;
mod screens;
mod screens_anything;
mod screens_pick;
#[cfg(feature = "server")]
mod server_abandoned;
#[cfg(feature = "server")]
mod server_api;
#[cfg(feature = "server")]
mod server_api_document;
#[cfg(feature = "server")]
mod server_api_lists;
#[cfg(feature = "server")]
mod server_backup;
#[cfg(feature = "server")]
mod server_checkpoint;
#[cfg(feature = "server")]
mod server_database;
#[cfg(feature = "server")]
mod server_doctor;
#[cfg(feature = "server")]
mod server_floor;
#[cfg(feature = "server")]
mod server_http;
#[cfg(feature = "server")]
mod server_import;
#[cfg(feature = "server")]
mod server_keys;
#[cfg(feature = "postgres")]
mod server_many;
#[cfg(feature = "server")]
mod server_model;
#[cfg(feature = "postgres")]
mod server_move;
#[cfg(feature = "server")]
mod server_ops;
#[cfg(feature = "server")]
mod server_people;
#[cfg(feature = "server")]
mod server_process;
#[cfg(feature = "server")]
mod server_push;
#[cfg(feature = "postgres")]
mod server_race;
#[cfg(feature = "server")]
mod server_receiver;
#[cfg(feature = "server")]
mod server_support;
#[cfg(feature = "server")]
mod server_webhooks;
mod store_confirm;
mod store_damage;
mod store_file;
mod store_kit;
mod store_streams;
#[cfg(all(feature = "net", feature = "server"))]
mod sync_checkpoint;
#[cfg(feature = "net")]
mod sync_http;
#[cfg(all(feature = "net", feature = "server"))]
mod sync_real;
mod sync_sim;
#[cfg(all(feature = "net", feature = "server"))]
mod sync_tls;
mod tidy;
