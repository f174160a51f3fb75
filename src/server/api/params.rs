//! Parameters of an address: the known ones alone, so that a misspelt one is an error and not silence.

use crate::domain::{ItemId, LocationId, LotNumber, SiteId};
use crate::server::http::{ApiError, App};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// What stands behind the `?` of an address.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // No code has one, and a database may refuse a text with it.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(ApiError::BadRequest("a parameter holds a NUL character".to_owned()));
        }
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => Err(ApiError::BadRequest(error.body_text())),
        }
    }
}

/// The item of a code at a site.
pub(super) async fn item(app: &App, site: SiteId, code: &str) -> Result<ItemId, ApiError> {
    let found = app.storage.item_of_code(site, code).await?;
    found.ok_or_else(|| ApiError::NotFound(format!("there is no item {code:?}")))
}

/// The place of a code at a site.
pub(super) async fn location(app: &App, site: SiteId, code: &str) -> Result<LocationId, ApiError> {
    let found = app.storage.location_of_code(site, code).await?;
    found.ok_or_else(|| ApiError::NotFound(format!("there is no location {code:?}")))
}

/// A lot number as it is labelled.
pub(super) fn lot_number(text: &str) -> Result<LotNumber, ApiError> {
    LotNumber::new(text).map_err(|error| ApiError::BadRequest(format!("lot: {error}")))
}
