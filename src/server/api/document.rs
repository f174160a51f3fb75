//! `GET /api/v1/openapi.json`: the API as OpenAPI 3.1, made from what stands above each handler.

use super::list::Format;
use crate::server::http::Problem;
use axum::Json;
use std::sync::OnceLock;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoResponses, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Firstout",
        description = "What other programs ask of a warehouse site and what they bring. A key (`firstout-server \
            api-key add`) opens one site for its scopes: `read`, `events`, `import`, `webhooks`. Every answer that is not 2xx is an \
            `Error`."
    ),
    servers((url = "/")),
    components(schemas(Format, Problem<'static>))
)]
struct Frame;

/// The document without its paths.
pub(super) fn frame() -> Document {
    let mut frame = Frame::openapi();
    let scheme = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("firstout_SITE.64 hexadecimal digits")
        .description(Some("Made by `firstout-server api-key add`, shown once."))
        .build();
    let components = frame.components.get_or_insert_default();
    components.add_security_scheme("key", SecurityScheme::Http(scheme));
    frame
}

/// This document.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "document",
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub(super) async fn openapi() -> Json<&'static Document> {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    Json(DOCUMENT.get_or_init(|| super::documented().into_openapi()))
}

/// Why a request was refused; all endpoints with a key have these.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for answers that are made elsewhere")]
pub(super) enum Refused {
    /// A parameter or the body is not what the endpoint takes.
    #[response(status = 400)]
    BadRequest(Problem<'static>),
    /// No key, or one that is wrong, has ended or was taken back.
    #[response(status = 401)]
    NoKey(Problem<'static>),
    /// The key has not this endpoint's scope.
    #[response(status = 403)]
    MissingScope(Problem<'static>),
    /// There is no such thing at the key's site.
    #[response(status = 404)]
    NotFound(Problem<'static>),
    /// Too many wrong keys from one address; `Retry-After` says when there may be more.
    #[response(status = 429)]
    TooMany(Problem<'static>),
    /// The server could not do it; nothing was saved.
    #[response(status = 500)]
    Internal(Problem<'static>),
    /// The server is too busy; `Retry-After` says when to ask again. Nothing was saved.
    #[response(status = 503)]
    Busy(Problem<'static>),
}
