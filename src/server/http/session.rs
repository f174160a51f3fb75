//! Who sits at the console: a cookie that scripts cannot read and other pages cannot send, and a token in each form.

use super::App;
use super::error::ApiError;
use crate::domain::{SiteId, User};
use crate::server::people::is_console_role;
use crate::server::secret::Secret;
use crate::server::storage::SessionKey;
use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The prefix makes browsers keep it for this host, over a secure connection, and for all paths.
const COOKIE_NAME: &str = "__Host-firstout";
/// What a page that reloads itself says: that nobody clicked.
const BY_ITSELF: &str = "by=itself";

/// A person who is signed in.
pub(in crate::server) struct Person {
    pub(in crate::server) site: SiteId,
    pub(in crate::server) user: User,
    pub(super) key: SessionKey,
    /// What each form of this session carries.
    pub(in crate::server) form_token: String,
}

/// Why a page is not shown.
pub(in crate::server) enum NotIn {
    /// Nobody is signed in.
    SignIn,
    Error(ApiError),
}

impl From<ApiError> for NotIn {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

impl IntoResponse for NotIn {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn => see("/sign-in"),
            Self::Error(error) => error.into_response(),
        }
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = NotIn;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NotIn> {
        let secret = cookie(&parts.headers).ok_or(NotIn::SignIn)?;
        let key = SessionKey { site: secret.site, hash: secret.hash() };
        let now = app.now();
        let found = app.storage.session(key, now).await.map_err(ApiError::from)?;
        let (user, seen) = found.ok_or(NotIn::SignIn)?;
        // The role may have changed since the session began.
        if !is_console_role(user.role) {
            return Err(NotIn::SignIn);
        }
        if parts.uri.query() != Some(BY_ITSELF) {
            app.storage.note_seen(key, seen, now).await.map_err(ApiError::from)?;
        }
        Ok(Self { site: secret.site, user, key, form_token: form_token(&secret) })
    }
}

impl Person {
    /// A form of this session, and of no other page.
    pub(super) fn check_form(&self, token: &str) -> Result<(), ApiError> {
        if is_form_token(token, &self.form_token) { Ok(()) } else { Err(ApiError::ForeignForm) }
    }
}

/// True where a form carries its session's token; how long it takes tells nothing of the token.
pub(in crate::server) fn is_form_token(found: &str, wanted: &str) -> bool {
    Sha256::digest(found) == Sha256::digest(wanted)
}

/// Refuses what a page from elsewhere sends, by what browsers say of it.
pub(in crate::server) fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = text(ORIGIN.as_str()).is_none_or(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_some() && host == text(HOST.as_str())
    });
    if site && origin { Ok(()) } else { Err(ApiError::ForeignForm) }
}

fn cookie(headers: &HeaderMap) -> Option<Secret> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let value = pairs.flat_map(|text| text.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE_NAME).then_some(value)
    });
    value.and_then(Secret::parse)
}

fn form_token(secret: &Secret) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(format!("firstout/form/1\0{}", secret.reveal())) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// 303 to another page.
pub(super) fn see(page: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, page), (header::CACHE_CONTROL, "no-store")]).into_response()
}

/// The header that gives a browser its session; without a secret it takes it away.
pub(super) fn set_cookie(secret: Option<&Secret>) -> (header::HeaderName, String) {
    let (value, age) = secret.map_or(("", "; Max-Age=0"), |secret| (secret.reveal(), ""));
    (header::SET_COOKIE, format!("{COOKIE_NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{age}"))
}
