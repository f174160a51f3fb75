//! `POST /v1/enrol`: a one-time token becomes a device.

use super::App;
use super::body::JsonBody;
use super::error::ApiError;
use crate::domain::DeviceId;
use crate::server::secret::Secret;
use crate::server::storage::NewDevice;
use crate::sync::wire::{EnrolReply, EnrolRequest};
use axum::Json;
use axum::extract::State;
use uuid::Uuid;

/// Longest name of a device, in characters.
const NAME_CHARS_MAX: usize = 40;

pub(super) async fn enrol(
    State(app): State<App>,
    JsonBody(request): JsonBody<EnrolRequest>,
) -> Result<Json<EnrolReply>, ApiError> {
    let name = request.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let message = format!("a device's name has 1 to {NAME_CHARS_MAX} characters");
        return Err(ApiError::BadRequest(message));
    }
    let token = Secret::parse(&request.token).ok_or(ApiError::BadToken)?;
    let secret = Secret::new(token.site)?;
    let device = DeviceId(Uuid::now_v7());
    let new = NewDevice { device, name, secret_hash: secret.hash() };
    if !app.storage.enrol(&token, new, app.now()).await? {
        return Err(ApiError::BadToken);
    }
    let identity = app.storage.identity();
    Ok(Json(EnrolReply {
        device,
        epoch: 1,
        secret: secret.reveal().to_owned(),
        site: token.site,
        server_id: identity.server_id,
        server_epoch: identity.epoch,
    }))
}
