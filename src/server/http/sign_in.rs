//! `GET` and `POST /sign-in`, `POST /sign-out`.

use super::App;
use super::error::ApiError;
use super::page::{page, wait};
use super::rate::{Peer, Who};
use super::session::{Person, check_origin, see, set_cookie};
use crate::domain::Timestamp;
use crate::server::people::{SignIn, named, sign_in};
use crate::server::storage::{Act, AuditEntry};
use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Longest badge or PIN that is looked at, in bytes.
const FIELD_BYTES_MAX: usize = 256;

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/server/http/askama.toml")]
struct SignInPage {
    /// What was wrong with the last try.
    problem: String,
    /// So that a wrong PIN does not cost the badge too.
    badge: String,
}

#[derive(Deserialize)]
pub(super) struct Fields {
    badge: String,
    pin: String,
}

pub(super) async fn form() -> Result<Response, ApiError> {
    page(&SignInPage { problem: String::new(), badge: String::new() }, StatusCode::OK)
}

pub(super) async fn sign(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    fields: Result<Form<Fields>, FormRejection>,
) -> Result<Response, ApiError> {
    check_origin(&headers)?;
    let Form(Fields { badge, pin }) = fields.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let badge = badge.trim().to_owned();
    let now = app.now();
    let address = peer.map(|Extension(Peer(address))| address);
    if badge.len() > FIELD_BYTES_MAX || pin.len() > FIELD_BYTES_MAX {
        return again("The badge or the PIN is not right.", String::new(), StatusCode::FORBIDDEN);
    }
    for who in [Who::Address("sign-in", address), Who::Badge(badge.clone())] {
        if let Err(wait_s) = app.buckets.take(who, app.limits.sign_in, now) {
            app.storage.metrics().sign_in_failure("rate");
            let page =
                again(&format!("Too many tries. Wait {wait_s} s."), badge, StatusCode::TOO_MANY_REQUESTS)?;
            return Ok(wait(page, wait_s));
        }
    }
    let from = address.map_or_else(|| "unknown address".to_owned(), |address| address.to_string());
    let done = sign_in(&app.storage, &badge, pin.trim(), &from, now).await?;
    let failure = match done {
        SignIn::In(_) => None,
        SignIn::Wrong => Some("wrong"),
        SignIn::Locked(_) => Some("locked"),
        SignIn::NotHere => Some("role"),
    };
    failure.into_iter().for_each(|reason| app.storage.metrics().sign_in_failure(reason));
    match done {
        SignIn::In(secret) => Ok(([set_cookie(Some(&secret))], see("/")).into_response()),
        SignIn::Wrong => again("The badge or the PIN is not right.", badge, StatusCode::FORBIDDEN),
        SignIn::Locked(until) => again(&locked(until, now), badge, StatusCode::FORBIDDEN),
        SignIn::NotHere => {
            let problem = "This badge works on handhelds. The console is for supervisors and administrators.";
            again(problem, badge, StatusCode::FORBIDDEN)
        }
    }
}

fn locked(until: Timestamp, now: Timestamp) -> String {
    let minutes = until.ms_since(now).max(0) / 60_000 + 1;
    let minutes = if minutes == 1 { 15 } else { minutes };
    format!("Too many wrong PINs. This badge is locked for {minutes} minutes.")
}

fn again(problem: &str, badge: String, status: StatusCode) -> Result<Response, ApiError> {
    page(&SignInPage { problem: problem.to_owned(), badge }, status)
}

#[derive(Deserialize)]
pub(super) struct Leave {
    token: String,
}

pub(super) async fn leave(
    State(app): State<App>,
    person: Person,
    headers: HeaderMap,
    fields: Result<Form<Leave>, FormRejection>,
) -> Result<Response, ApiError> {
    check_origin(&headers)?;
    let Form(Leave { token }) = fields.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    person.check_form(&token)?;
    let by = named(&person.user);
    let entry = AuditEntry { at: app.now(), by: by.clone(), act: Act::SignedOut, subject: by };
    app.storage.end_session(person.key, entry).await?;
    Ok(([set_cookie(None)], see("/sign-in")).into_response())
}
