//! `GET /healthz` (the process lives) and `GET /readyz` (it can write).

use super::App;
use super::error::ApiError;
use axum::extract::State;

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.storage.ready().await?;
    Ok("ready\n")
}
