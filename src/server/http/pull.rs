//! `GET /v1/pull?stream=…&epoch=…&after=…&hash=…&limit=…`: the entries after a cursor.

use super::App;
use super::auth::Device;
use super::error::ApiError;
use crate::server::storage::Cursor;
use crate::sync::wire::{Hash, Head, PULL_ENTRIES_MAX, PullReply, ServerEpoch, Stream};
use axum::Json;
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Page {
    stream: Stream,
    epoch: ServerEpoch,
    #[serde(default)]
    after: u64,
    #[serde(default)]
    hash: Hash,
    limit: Option<usize>,
}

pub(super) async fn pull(
    State(app): State<App>,
    device: Device,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<PullReply>, ApiError> {
    let Query(page) = page.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    device.is_trusted()?;
    let cursor = Cursor {
        stream: page.stream,
        epoch: page.epoch,
        after: Head { seq: page.after, hash: page.hash },
        limit: page.limit.unwrap_or(PULL_ENTRIES_MAX),
    };
    let pulled = app.storage.pull(device.0, cursor).await?;
    if let Ok(reply) = &pulled {
        app.storage.metrics().pull(reply.stream, reply.events.len() + reply.records.len());
    }
    pulled.map(Json).map_err(ApiError::Conflict)
}
