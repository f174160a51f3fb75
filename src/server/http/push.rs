//! `POST /v1/push`: events come in; what is answered is durable.

use super::App;
use super::auth::Device;
use super::body::JsonBody;
use super::error::ApiError;
use crate::server::ingest::{Sender, check};
use crate::server::storage::{DeviceAuth, PushOutcome};
use crate::sync::wire::{PushReply, PushRequest};
use axum::Json;
use axum::extract::State;

pub(super) async fn push(
    State(app): State<App>,
    Device(device): Device,
    JsonBody(request): JsonBody<PushRequest>,
) -> Result<Json<PushReply>, ApiError> {
    let now = app.now();
    let DeviceAuth { site, device, key, revoked } = device;
    let sender = Sender { site, device, key: Some(key), revoked };
    // Hashing and reading 500 events takes milliseconds: not on the threads that serve sockets.
    let checked = tokio::task::spawn_blocking(move || check(request, sender, now));
    let metrics = app.storage.metrics();
    let batch = checked.await.map_err(|_| ApiError::Cut)?.inspect_err(|_| metrics.push("refused"))?;
    match app.storage.push(batch).await.inspect_err(|_| metrics.push("failed"))? {
        PushOutcome::Stored(reply) => {
            metrics.push("stored");
            reply.results.iter().for_each(|result| metrics.event(result.status));
            Ok(Json(reply))
        }
        PushOutcome::Conflict(conflict) => {
            metrics.push("conflict");
            Err(ApiError::Conflict(conflict))
        }
    }
}
