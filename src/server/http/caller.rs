//! Which program calls: a key as a bearer token, read from the database each time, so that a key that was taken back is
//! refused at once.
//!
//! Only wrong keys are counted: a key has too many bits to be guessed, and a program with a good one must not suffer
//! from another behind the same address.

use super::App;
use super::error::ApiError;
use super::rate::{Peer, Who};
use crate::domain::SiteId;
use crate::server::api_keys::{ApiKey, Scope, look_up};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use std::marker::PhantomData;

/// What an endpoint is for, so that it cannot forget to ask.
pub(in crate::server) trait Needs {
    /// The scope that a key must have.
    const SCOPE: Scope;
}

/// Needs [`Scope::Read`].
pub(in crate::server) struct Read;
/// Needs [`Scope::Events`].
pub(in crate::server) struct Events;
/// Needs [`Scope::Import`].
pub(in crate::server) struct Import;
/// Needs [`Scope::Webhooks`].
pub(in crate::server) struct Webhooks;

impl Needs for Read {
    const SCOPE: Scope = Scope::Read;
}

impl Needs for Events {
    const SCOPE: Scope = Scope::Events;
}

impl Needs for Import {
    const SCOPE: Scope = Scope::Import;
}

impl Needs for Webhooks {
    const SCOPE: Scope = Scope::Webhooks;
}

/// A program with a good key of that scope.
pub(in crate::server) struct Caller<N> {
    /// The only site that it sees.
    pub(in crate::server) site: SiteId,
    /// Its key.
    pub(in crate::server) key: ApiKey,
    needs: PhantomData<N>,
}

impl<N: Needs> FromRequestParts<App> for Caller<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let now = app.now();
        let found = match bearer(parts) {
            Some(sent) => look_up(&app.storage, sent, now).await?,
            None => return Err(ApiError::NoKey),
        };
        let Some(key) = found else {
            let address = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
            let who = Who::Address("api", address);
            let left = app.buckets.take(who, app.limits.wrong_key, now);
            return Err(left.map_or_else(ApiError::TooMany, |()| ApiError::NoKey));
        };
        if !key.scopes.contains(&N::SCOPE) {
            return Err(ApiError::MissingScope(N::SCOPE));
        }
        app.storage.note_api_key_used(&key, now).await?;
        Ok(Self { site: key.site, key, needs: PhantomData })
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, sent) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| sent.trim())
}
