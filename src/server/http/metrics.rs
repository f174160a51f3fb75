//! `GET /metrics`: the server's figures in the text form of OpenMetrics, for who is allowed to see them.
//!
//! Allowed is who asks from this machine, not through a proxy, and who shows the token that the server was started with.

use super::App;
use super::error::ApiError;
use super::rate::Peer;
use crate::domain::Timestamp;
use crate::server::storage::{SiteFigures, StorageError};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Mutex;

/// What stands in the database is read no more often than this, whoever asks.
const FIGURES_MS: i64 = 10_000;
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Headers by which a proxy says that somebody else asks.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// The hash of what opens the figures to others than this machine; an extension of the routes.
#[derive(Clone)]
pub struct MetricsToken([u8; 32]);

impl MetricsToken {
    /// Of that token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// When the database was last asked.
#[derive(Clone, Default)]
pub(super) struct Figures(Arc<Mutex<Option<Timestamp>>>);

pub(super) async fn metrics(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    token: Option<Extension<MetricsToken>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let is_here = peer.is_some_and(|Extension(Peer(address))| address.to_canonical().is_loopback())
        && FORWARDED.iter().all(|name| !headers.contains_key(*name));
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
    // Hashes are compared, so that the time it takes says nothing about the token.
    let fits =
        shown.zip(token).is_some_and(|(shown, Extension(token))| MetricsToken::new(shown).0 == token.0);
    if !is_here && !fits {
        return Err(ApiError::NotForYou);
    }
    refresh(&app).await;
    app.storage.metrics().push_bytes(app.room.push_bytes());
    let text = app.storage.metrics().text().map_err(|_| ApiError::Cut)?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

async fn refresh(app: &App) {
    let now = app.now();
    let mut asked = app.figures.0.lock().await;
    if asked.is_some_and(|at| (0..FIGURES_MS).contains(&now.ms_since(at))) {
        return;
    }
    *asked = Some(now);
    let found: Result<Vec<SiteFigures>, StorageError> = app.storage.figures(now).await;
    if let Err(error) = &found {
        tracing::warn!(%error, "no figures from the database");
    }
    app.storage.metrics().figures(found.as_deref().ok());
    if let Ok(webhooks) = app.storage.webhooks().await {
        app.storage.metrics().webhooks(&webhooks);
    }
}
