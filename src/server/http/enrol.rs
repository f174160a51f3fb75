//! `POST /v1/enrol`: a one-time token becomes a device.

use super::App;
use super::body::JsonBody;
use super::error::ApiError;
use super::rate::{Peer, Who};
use crate::domain::DeviceId;
use crate::server::secret::Secret;
use crate::server::storage::NewDevice;
use crate::sync::wire::{EnrolReply, EnrolRequest};
use axum::Json;
use axum::extract::{Extension, State};
use std::sync::Arc;
use uuid::Uuid;

/// Longest name of a device, in characters.
const NAME_CHARS_MAX: usize = 40;

/// The certificate that new devices are told to trust, PEM; an extension of the routes where there is TLS.
#[derive(Clone)]
pub struct Authority(pub Arc<str>);

pub(super) async fn enrol(
    State(app): State<App>,
    authority: Option<Extension<Authority>>,
    peer: Option<Extension<Peer>>,
    JsonBody(request): JsonBody<EnrolRequest>,
) -> Result<Json<EnrolReply>, ApiError> {
    let address = peer.map(|Extension(Peer(address))| address);
    let tried = app.buckets.take(Who::Address("enrol", address), app.limits.enrol, app.now());
    tried.map_err(ApiError::TooMany)?;
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let message = format!("a device's name has 1 to {NAME_CHARS_MAX} characters");
        return Err(ApiError::BadRequest(message));
    }
    let token = Secret::parse(&request.token).ok_or(ApiError::BadToken)?;
    if !request.is_proven() {
        return Err(ApiError::BadRequest("the key is not the sender's".to_owned()));
    }
    let device = DeviceId(Uuid::now_v7());
    let new = NewDevice { device, name: name.to_owned(), key: request.key };
    let named = app.storage.enrol(&token, new, app.now()).await?;
    let name = named.ok_or(ApiError::BadToken)?;
    let identity = app.storage.identity().await?;
    Ok(Json(EnrolReply {
        device,
        epoch: 1,
        name,
        site: token.site,
        server_id: identity.server_id,
        server_epoch: identity.epoch,
        authority: authority.map(|Extension(Authority(pem))| pem.to_string()),
    }))
}
