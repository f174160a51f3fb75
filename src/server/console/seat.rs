//! Who sits at the console, what each form of theirs carries, and what they did.

use super::error::PageError;
use crate::domain::{Role, SiteId, Timestamp, User, UserId};
use crate::server::http::{App, NotIn, Person, check_origin, is_form_token};
use crate::server::people::named;
use crate::server::storage::{Act, AuditEntry};
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;

/// Somebody who is signed in: a supervisor or an administrator, others do not get a seat.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    /// The one site that the session is for.
    pub site: SiteId,
    /// Who.
    pub user: User,
    /// When the request came.
    pub now: Timestamp,
    /// What every form of this session carries.
    pub token: String,
    /// The address that was asked for.
    pub path: String,
}

impl Seat {
    pub fn id(&self) -> UserId {
        self.user.id
    }

    /// Refuses a form that this session did not show.
    pub fn check(&self, token: &str) -> Result<(), PageError> {
        if is_form_token(token, &self.token) { Ok(()) } else { Err(PageError::ForeignForm) }
    }

    /// Refuses a supervisor: everybody else who sits here is an administrator.
    pub fn needs_admin(&self, what: &'static str) -> Result<(), PageError> {
        if self.user.role >= Role::Admin { Ok(()) } else { Err(PageError::Forbidden(what)) }
    }

    /// A line for the audit trail.
    pub fn act(&self, act: Act, subject: impl Into<String>) -> AuditEntry {
        AuditEntry { at: self.now, by: named(&self.user), act, subject: subject.into() }
    }
}

impl FromRequestParts<App> for Seat {
    type Rejection = NotIn;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NotIn> {
        if parts.method == Method::POST {
            check_origin(&parts.headers)?;
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let person = Person::from_request_parts(parts, app).await?;
        Ok(Self { site: person.site, user: person.user, now: app.now(), token: person.form_token, path })
    }
}
