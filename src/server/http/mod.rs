//! The routes, and what surrounds every one of them: sizes, waits, compression, one log line, errors as JSON.

mod auth;
mod body;
mod caller;
mod enrol;
mod error;
mod health;
mod hello;
mod linger;
mod log;
mod metrics;
mod page;
mod pull;
mod push;
mod rate;
mod room;
mod session;
mod sign_in;
mod snapshot;

pub(super) use body::whole;
pub(super) use caller::{Caller, Events, Import, Read, Webhooks};
pub(super) use enrol::Authority;
pub(super) use error::{ApiError, Problem};
pub(super) use hello::CheckpointKey;
pub(super) use log::request_id;
pub use metrics::MetricsToken;
pub(super) use page::guarded;
pub use rate::{Peer, Rate};
pub(super) use session::{NotIn, Person, check_origin, is_form_token};

use super::api;
use super::config::{Clock, Limits};
use super::console;
use super::storage::Storage;
use crate::domain::Timestamp;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::{get, post};
use rate::Buckets;
use room::Room;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::{RequestBodyDeadlineLayer, TimeoutLayer};

/// What every endpoint may use.
#[derive(Clone)]
pub(super) struct App {
    pub(super) storage: Storage,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    buckets: Buckets,
    figures: metrics::Figures,
    room: Room,
}

impl App {
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// The server's routes on a storage.
pub fn router(storage: Storage, clock: Clock, limits: Limits) -> Router {
    let room = Room::new(&limits);
    let app = App { storage, clock, limits, buckets: Buckets::default(), figures: Default::default(), room };
    let unpacked = DefaultBodyLimit::max(limits.decoded_bytes_max);
    let devices = Router::new()
        .route("/v1/hello", get(hello::hello))
        .route("/v1/push", post(push::push))
        .route("/v1/pull", get(pull::pull))
        .layer(CompressionLayer::new())
        .route("/v1/snapshot/site", get(snapshot::site))
        .layer(unpacked)
        .layer(RequestDecompressionLayer::new())
        // Outside of the unpacking: the signature is over what was sent, and a stranger's body is not unpacked.
        .route_layer(from_fn_with_state(app.clone(), auth::check));
    Router::new()
        .route("/v1/enrol", post(enrol::enrol))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign))
        .route("/sign-out", post(sign_in::leave))
        .route("/metrics", get(metrics::metrics))
        .layer(CompressionLayer::new())
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(unpacked)
        .layer(RequestDecompressionLayer::new())
        .merge(devices)
        .layer(RequestBodyLimitLayer::new(limits.encoded_bytes_max))
        // Its files may be larger; each of its routes has a limit of its own.
        .merge(console::routes().layer(CompressionLayer::new()))
        .merge(api::routes().layer(CompressionLayer::new()))
        .layer(RequestBodyDeadlineLayer::new(limits.body_timeout))
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::REQUEST_TIMEOUT,
            limits.request_timeout,
        ))
        .layer(map_response(error::as_json))
        .layer(from_fn_with_state(app.clone(), log::log))
        .layer(from_fn(linger::linger))
        .with_state(app)
}
