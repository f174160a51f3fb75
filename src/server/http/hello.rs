//! `GET /v1/hello`: which server this is, and how far everything is here.

use super::App;
use super::auth::Device;
use super::error::ApiError;
use crate::domain::PublicKey;
use crate::server::storage::DeviceReport;
use crate::sync::wire::{Heads, Hello, PROTOCOL};
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::{Extension, Json};
use serde::Deserialize;

/// What this server signs checkpoints with.
#[derive(Clone, Copy)]
pub struct CheckpointKey(pub PublicKey);

/// Longest name of an app's version.
const APP_CHARS_MAX: usize = 32;

/// What the device tells of itself, each part where it changed.
#[derive(Deserialize)]
pub(super) struct Report {
    /// The newest sequence on the device.
    head: Option<u64>,
    /// The newest master entry that it has.
    master: Option<u64>,
    /// The newest control entry that it has.
    control: Option<u64>,
    /// The app's version.
    app: Option<String>,
    /// Per cent.
    battery: Option<u8>,
}

impl Report {
    fn checked(self) -> Result<DeviceReport, ApiError> {
        let Self { head, master, control, app, battery } = self;
        let is_version =
            |text: &String| text.len() <= APP_CHARS_MAX && text.bytes().all(|b| b.is_ascii_graphic());
        if !app.as_ref().is_none_or(is_version) || battery.is_some_and(|level| level > 100) {
            return Err(ApiError::BadRequest("app is a version, battery is in per cent".into()));
        }
        let in_range = |seq: Option<u64>| seq.is_none_or(|seq| i64::try_from(seq).is_ok());
        if ![head, master, control].into_iter().all(in_range) {
            return Err(ApiError::BadRequest("no such sequence".into()));
        }
        Ok(DeviceReport { head, master, control, app, battery })
    }
}

pub(super) async fn hello(
    State(app): State<App>,
    device: Device,
    key: Option<Extension<CheckpointKey>>,
    report: Result<Query<Report>, QueryRejection>,
) -> Result<Json<Hello>, ApiError> {
    let Query(report) = report.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let now = app.now();
    let report = report.checked()?;
    if report != DeviceReport::default() {
        app.storage.note_report(device.0, report).await?;
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
        device_last_seq: known.last.seq,
        device_last_hash: (known.last.seq > 0).then_some(known.last.hash),
        heads: if device.0.revoked { Heads::default() } else { known.heads },
        revoked: device.0.revoked,
        checkpoint_key: key.map(|Extension(CheckpointKey(key))| key),
    }))
}
