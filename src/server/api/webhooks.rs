//! `/api/v1/webhooks`: where news of the site are sent.

use super::document::Refused;
use super::params::Params;
use crate::server::http::{ApiError, App, Caller, Webhooks};
use crate::server::webhooks::admin::{self, New, OVERLAP_MS, WebhookError};
use crate::server::webhooks::{Topic, Webhook};
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Longest overlap of two secrets, in hours.
const OVERLAP_HOURS_MAX: u32 = 24 * 30;
const HOUR_MS: i64 = 3_600_000;

/// A webhook as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookRow {
    /// What it is called; once at a site.
    name: String,
    /// Where its messages are sent.
    url: String,
    /// What it wants to know.
    topics: Vec<&'static str>,
    /// `active`, `failing` (it is tried again) or `disabled` (it is not, until somebody enables it).
    state: &'static str,
    /// When it was made.
    #[schema(format = DateTime)]
    created: String,
    /// The entry of the ledger up to which it was told.
    seq: u64,
    /// Entries behind that one.
    behind: u64,
    /// Tries of its next message that failed, in a row.
    failures: u32,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<String>,
    /// When it is tried again.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_try: Option<String>,
    /// Why the last try failed; empty for none.
    problem: String,
    /// When something was last delivered.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered: Option<String>,
}

/// The webhooks of a site.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookList {
    webhooks: Vec<WebhookRow>,
}

/// A webhook to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// What it is called: 1 to 40 letters, digits, dots, dashes, underscores.
    name: String,
    /// Where its messages are sent; `https` unless the server was told otherwise.
    url: String,
    /// What it wants to know; docs/webhooks.md lists the kinds.
    topics: Vec<String>,
    /// Begins behind this entry of the ledger, 0 for all of it; with what comes from now on where absent.
    after: Option<u64>,
}

/// What its messages are signed with; it is shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct Shown {
    /// `whsec_` and base64.
    secret: String,
}

/// Nothing but that it was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    /// Always true.
    done: bool,
}

/// No parameters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Nothing {}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Overlap {
    /// For how many hours messages are signed with the old secret too: 0 to 720, 24 where absent.
    overlap_hours: Option<u32>,
}

/// Lists the site's webhooks, without their secrets.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    params(Nothing),
    responses((status = 200, description = "Every webhook of the site", body = WebhookList), Refused),
    security(("key" = ["webhooks"]))
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller<Webhooks>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Json<WebhookList>, ApiError> {
    let all = app.storage.webhooks().await?.into_iter().filter(|webhook| webhook.site == caller.site);
    Ok(Json(WebhookList { webhooks: all.map(row).collect() }))
}

/// Makes a webhook and shows its secret, this once.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    params(Nothing),
    request_body = NewWebhook,
    responses(
        (status = 201, description = "It is there, and this is its secret", body = Shown),
        (status = 422, description = "It cannot be: its name is in use, or something is wrong with it",
            body = inline(crate::server::http::Problem<'static>)),
        Refused
    ),
    security(("key" = ["webhooks"]))
)]
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller<Webhooks>,
    Params(Nothing {}): Params<Nothing>,
    body: Result<Json<NewWebhook>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(new) = body.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let topics = new.topics.iter().map(|name| name.parse::<Topic>()).collect::<Result<Vec<_>, _>>();
    let topics = topics.map_err(|error| ApiError::Refused(error.to_string()))?;
    let new = New { site: caller.site, name: new.name, url: new.url, topics, after: new.after };
    let secret = admin::add(&app.storage, new, &caller.key.named(), app.now()).await?;
    Ok((StatusCode::CREATED, Json(Shown { secret: secret.reveal().to_owned() })).into_response())
}

/// Takes a webhook away, with its place in the ledger.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{name}",
    tag = "webhooks",
    params(("name" = String, Path, description = "Which one"), Nothing),
    responses((status = 200, description = "It is gone", body = Done), Refused),
    security(("key" = ["webhooks"]))
)]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller<Webhooks>,
    name: Result<Path<String>, PathRejection>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Json<Done>, ApiError> {
    let name = named(name)?;
    admin::remove(&app.storage, (caller.site, &name), &caller.key.named(), app.now()).await?;
    Ok(Json(Done { done: true }))
}

/// Replaces a webhook's secret and shows the new one, this once. For a while messages carry a signature by each.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{name}/rotate",
    tag = "webhooks",
    params(("name" = String, Path, description = "Which one"), Overlap),
    responses((status = 200, description = "The new secret", body = Shown), Refused),
    security(("key" = ["webhooks"]))
)]
pub(super) async fn rotate(
    State(app): State<App>,
    caller: Caller<Webhooks>,
    name: Result<Path<String>, PathRejection>,
    Params(Overlap { overlap_hours }): Params<Overlap>,
) -> Result<Json<Shown>, ApiError> {
    let name = named(name)?;
    if overlap_hours.is_some_and(|hours| hours > OVERLAP_HOURS_MAX) {
        return Err(ApiError::BadRequest(format!("overlap_hours is 0 to {OVERLAP_HOURS_MAX}")));
    }
    let overlap_ms = overlap_hours.map_or(OVERLAP_MS, |hours| i64::from(hours) * HOUR_MS);
    let by = caller.key.named();
    let secret = admin::rotate(&app.storage, (caller.site, &name), overlap_ms, &by, app.now()).await?;
    Ok(Json(Shown { secret: secret.reveal().to_owned() }))
}

/// Sends again, at once, to a webhook that was disabled or that waits after a failure; nothing was lost meanwhile.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{name}/enable",
    tag = "webhooks",
    params(("name" = String, Path, description = "Which one"), Nothing),
    responses((status = 200, description = "It is sent to", body = Done), Refused),
    security(("key" = ["webhooks"]))
)]
pub(super) async fn enable(
    State(app): State<App>,
    caller: Caller<Webhooks>,
    name: Result<Path<String>, PathRejection>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Json<Done>, ApiError> {
    let name = named(name)?;
    admin::enable(&app.storage, (caller.site, &name), &caller.key.named(), app.now()).await?;
    Ok(Json(Done { done: true }))
}

/// Sends nothing to a webhook until it is enabled again; its place in the ledger is kept.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{name}/disable",
    tag = "webhooks",
    params(("name" = String, Path, description = "Which one"), Nothing),
    responses((status = 200, description = "Nothing is sent to it", body = Done), Refused),
    security(("key" = ["webhooks"]))
)]
pub(super) async fn disable(
    State(app): State<App>,
    caller: Caller<Webhooks>,
    name: Result<Path<String>, PathRejection>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Json<Done>, ApiError> {
    let name = named(name)?;
    admin::disable(&app.storage, (caller.site, &name), &caller.key.named(), app.now()).await?;
    Ok(Json(Done { done: true }))
}

/// Sends a message of type `webhook.test` to a webhook, before everything else; the list says how that went.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{name}/test",
    tag = "webhooks",
    params(("name" = String, Path, description = "Which one"), Nothing),
    responses((status = 200, description = "It will be sent", body = Done), Refused),
    security(("key" = ["webhooks"]))
)]
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller<Webhooks>,
    name: Result<Path<String>, PathRejection>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Json<Done>, ApiError> {
    let name = named(name)?;
    admin::test(&app.storage, (caller.site, &name), app.now()).await?;
    Ok(Json(Done { done: true }))
}

/// A name from an address; a database may refuse a text with a NUL, and no webhook has one.
fn named(name: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let Path(name) = name.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    if name.contains('\0') {
        return Err(ApiError::NotFound("there is no such webhook".to_owned()));
    }
    Ok(name)
}

fn row(webhook: Webhook) -> WebhookRow {
    WebhookRow {
        state: webhook.state(),
        name: webhook.name,
        url: webhook.url,
        topics: webhook.topics.iter().map(|topic| topic.as_str()).collect(),
        created: webhook.created.to_string(),
        seq: webhook.seq,
        behind: webhook.behind,
        failures: webhook.failures,
        failing_since: webhook.failing_since.map(|at| at.to_string()),
        next_try: webhook.next_at.map(|at| at.to_string()),
        problem: webhook.problem,
        delivered: webhook.delivered.map(|at| at.to_string()),
    }
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Storage(error) => error.into(),
            WebhookError::Secret(error) => error.into(),
            WebhookError::Unknown { .. } => Self::NotFound(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}
