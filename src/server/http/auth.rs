//! Who asks: every request of a device is signed by its key. The device is read from the database each time, so that a
//! revocation acts on the next request.

use super::App;
use super::body::whole;
use super::error::ApiError;
use super::room::Taken;
use crate::server::storage::{Admission, DeviceAuth};
use crate::sync::wire::{Claim, SIGNED_MS_MAX};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// After so long there is room for a device's requests again.
const NONCES_WAIT_S: u32 = 60;

/// The device that asks.
#[derive(Clone)]
pub(super) struct Device(pub(super) DeviceAuth);

/// Lets signed requests through, with their [`Device`].
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    match signed(&app, request).await {
        Ok((request, room)) => room.until_sent(next.run(request).await),
        Err(error) => error.into_response(),
    }
}

async fn signed(app: &App, request: Request) -> Result<(Request, Taken), ApiError> {
    let value = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let claim = value.and_then(Claim::parse).ok_or(ApiError::Unauthorized)?;
    let device = app.storage.device(claim.site, claim.device).await?.ok_or(ApiError::Unauthorized)?;
    let (mut parts, body) = request.into_parts();
    // A stranger has no room: the device is known before its body is waited for.
    let room = app.room.take(&parts.method, parts.uri.path(), &parts.headers).await?;
    let body = whole(Request::new(body), &()).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if !claim.is_of(&device.key, parts.method.as_str(), path, &body) {
        return Err(ApiError::Unauthorized);
    }
    let now = app.now();
    if now.ms_since(claim.time).saturating_abs() > SIGNED_MS_MAX {
        return Err(ApiError::Clock(now));
    }
    match app.storage.admit(claim, now).await? {
        Admission::Fresh => {}
        Admission::Again => return Err(ApiError::Replayed(now)),
        Admission::TooMany => return Err(ApiError::TooMany(NONCES_WAIT_S)),
    }
    parts.extensions.insert(Device(device));
    Ok((Request::from_parts(parts, Body::from(body)), room))
}

impl Device {
    /// Locked-out devices are given nothing.
    pub(super) fn is_trusted(&self) -> Result<(), ApiError> {
        if self.0.revoked { Err(ApiError::Revoked) } else { Ok(()) }
    }
}

impl FromRequestParts<App> for Device {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::Unauthorized)
    }
}
