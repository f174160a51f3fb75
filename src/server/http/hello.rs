//! `GET /v1/hello`: which server this is, and how far everything is here.

use super::App;
use super::auth::Device;
use super::error::ApiError;
use crate::domain::PublicKey;
use crate::sync::wire::{Heads, Hello, PROTOCOL};
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::{Extension, Json};
use serde::Deserialize;

/// What this server signs checkpoints with.
#[derive(Clone, Copy)]
pub struct CheckpointKey(pub PublicKey);

#[derive(Deserialize)]
pub(super) struct Report {
    /// The newest sequence on the device, where it tells.
    head: Option<u64>,
}

pub(super) async fn hello(
    State(app): State<App>,
    device: Device,
    key: Option<Extension<CheckpointKey>>,
    report: Result<Query<Report>, QueryRejection>,
) -> Result<Json<Hello>, ApiError> {
    let Query(report) = report.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let now = app.now();
    if let Some(seq) = report.head {
        app.storage.touch(device.0, seq).await?;
    }
    let known = app.storage.device_heads(device.0.site, device.0.device).await?;
    let identity = known.identity;
    Ok(Json(Hello {
        service: "firstout".into(),
        server_id: identity.server_id,
        server_epoch: identity.epoch,
        protocol: [PROTOCOL, PROTOCOL],
        now,
        device_epoch: known.epoch,
        device_last_seq: known.last_seq,
        heads: if device.0.revoked { Heads::default() } else { known.heads },
        revoked: device.0.revoked,
        checkpoint_key: key.map(|Extension(CheckpointKey(key))| key),
    }))
}
