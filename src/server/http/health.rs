//! `GET /healthz` (the process lives) and `GET /readyz` (it can write, and the database's schema is one it knows).

use super::App;
use super::error::ApiError;
use axum::extract::State;

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(State(app): State<App>) -> Result<String, ApiError> {
    let schema = app.storage.ready().await.map_err(ApiError::NotReady)?;
    Ok(format!("ready: it can write, schema {schema}\n"))
}
