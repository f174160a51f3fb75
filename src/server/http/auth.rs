//! Who asks: `Authorization: Bearer SECRET`, read from the database each time, so that a revocation acts at
//! once.

use super::App;
use super::error::ApiError;
use crate::domain::Timestamp;
use crate::server::secret::Secret;
use crate::server::storage::DeviceAuth;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

/// How old a stored last contact may grow before a reading request renews it: a write for each would wear the
/// disk.
const CONTACT_MS_MAX: i64 = 1_000;

/// The device that asks.
pub(super) struct Device(pub(super) DeviceAuth);

impl FromRequestParts<App> for Device {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let secret = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, secret)| Secret::parse(secret))
            .ok_or(ApiError::Unauthorized)?;
        app.storage.device_of(&secret).await?.map(Self).ok_or(ApiError::Unauthorized)
    }
}

impl Device {
    /// Notes the contact of a request that writes nothing else.
    pub(super) async fn touch(
        &self,
        app: &App,
        reported_seq: Option<u64>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if reported_seq.is_some() || now.ms_since(self.0.last_contact) > CONTACT_MS_MAX {
            app.storage.touch(self.0, reported_seq, now).await?;
        }
        Ok(())
    }
}
