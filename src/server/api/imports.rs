//! `POST /api/v1/imports/{kind}`: a file into the site, every line of it or none.

use super::document::Refused;
use super::params::Params;
use crate::domain::UserId;
use crate::exchange::import::{FileKind, Problem as FileProblem};
use crate::server::http::{ApiError, App, Caller, Import, request_id, whole};
use crate::server::import::{File, ImportError, Imported, import, import_strictly};
use crate::server::own::OwnError;
use crate::server::storage::{Act, AuditEntry, StorageError};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Files that are held in memory at the same time; the others wait before their body is read.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Only says what would change.
    #[serde(default)]
    dry_run: bool,
    /// Takes a file with columns that are not known and leaves them out; without it such a file is refused.
    #[serde(default)]
    ignore_columns: bool,
}

/// What a file brought, or would bring.
#[derive(Serialize, ToSchema)]
struct ImportReport {
    /// What it lists.
    kind: &'static str,
    /// True once it is saved; false for a dry run.
    saved: bool,
    /// Lines below the header.
    lines: u64,
    /// Records or balances that are new.
    created: u64,
    /// Records that are there and become others.
    changed: u64,
    /// Records that are there as they stand in the file.
    unchanged: u64,
    /// Columns that were left out.
    ignored: Vec<String>,
}

/// Why a file was not taken; nothing of it was saved.
#[derive(Serialize, ToSchema)]
struct ImportRefused {
    /// `file_refused`.
    code: &'static str,
    /// The same in words.
    message: String,
    /// What the log calls this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    request: Option<Uuid>,
    /// The first 200 problems.
    problems: Vec<LineProblem>,
    /// All of them.
    problems_total: usize,
}

/// One thing that keeps a file from being taken.
#[derive(Serialize, ToSchema)]
struct LineProblem {
    /// The line in the file, from 1; 0 for the file as a whole.
    line: u64,
    /// The column; empty for the whole line.
    column: String,
    /// What stands there, cut where it is long.
    value: String,
    /// What is wrong and what to write instead.
    message: String,
}

/// Brings a file into the site: all of its lines, or none where one of them has a problem. Files of records may be sent
/// again: what is there already stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/imports/{kind}",
    tag = "imports",
    params(
        ("kind" = String, Path, description = "What the file lists: items, locations, suppliers, customers, inbound, \
            outbound or stock"),
        How
    ),
    request_body(content = String, content_type = "text/csv", description = "The file, at most 64 MiB and 500,000 \
        lines; docs/import.md names its columns"),
    responses(
        (status = 200, description = "Saved, or for a dry run: it could be", body = ImportReport),
        (status = 413, description = "The file is too large", body = inline(crate::server::http::Problem<'static>)),
        (status = 415, description = "The body is a form, not a file", body = inline(crate::server::http::Problem<'static>)),
        (status = 422, description = "The file has problems; nothing was saved", body = ImportRefused),
        Refused
    ),
    security(("key" = ["import"]))
)]
pub(super) async fn import_file(
    State(app): State<App>,
    caller: Caller<Import>,
    kind: Result<Path<String>, PathRejection>,
    Params(how): Params<How>,
    request: Request,
) -> Result<Response, ApiError> {
    let Path(kind) = kind.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let kind: FileKind =
        kind.parse().map_err(|_| ApiError::NotFound(format!("there is no kind of file {kind:?}")))?;
    let form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|is| is.as_bytes().starts_with(b"multipart/"));
    if form {
        return Err(ApiError::UnsupportedMedia);
    }
    let turn = AT_ONCE.acquire().await.map_err(|_| ApiError::Cut)?;
    let bytes = whole(request, &()).await?;
    // On its own, so that a program that hangs up cannot part what is saved from what the audit trail says of it.
    let work = tokio::spawn(async move {
        let imported = take(app, caller, kind, how, bytes).await;
        drop(turn);
        imported
    });
    let imported = work.await.map_err(|_| ApiError::Cut)??;
    if imported.problems_total > 0 {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(refused(imported))).into_response());
    }
    let Imported { saved, counts, ignored, .. } = imported;
    Ok(Json(ImportReport {
        kind: kind.as_str(),
        saved,
        lines: counts.lines,
        created: counts.created,
        changed: counts.changed,
        unchanged: counts.unchanged,
        ignored,
    })
    .into_response())
}

async fn take(
    app: App,
    caller: Caller<Import>,
    kind: FileKind,
    how: How,
    bytes: Bytes,
) -> Result<Imported, ApiError> {
    let (site, now) = (caller.site, app.now());
    let file = File { site, kind, bytes, dry_run: how.dry_run, by: UserId::NOBODY, now };
    let imported = if how.ignore_columns {
        import(&app.storage, &file).await?
    } else {
        import_strictly(&app.storage, &file).await?
    };
    if imported.saved {
        let counts = imported.counts;
        let subject = format!("{kind} by the API: {} new, {} changed", counts.created, counts.changed);
        let entry = AuditEntry { at: now, by: caller.key.named(), act: Act::FileImported, subject };
        app.storage.note(site, entry).await?;
    }
    Ok(imported)
}

fn refused(imported: Imported) -> ImportRefused {
    let total = imported.problems_total;
    let plural = if total == 1 { "problem" } else { "problems" };
    let line = |FileProblem { line, column, value, message }| LineProblem { line, column, value, message };
    ImportRefused {
        code: "file_refused",
        message: format!("the file has {total} {plural}; nothing was saved"),
        request: request_id(),
        problems: imported.problems.into_iter().map(line).collect(),
        problems_total: total,
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Storage(error) | ImportError::Own(OwnError::Storage(error)) => error.into(),
            ImportError::Busy | ImportError::Own(OwnError::Busy) => StorageError::Busy.into(),
            ImportError::Own(OwnError::Random) | ImportError::Cut => Self::Cut,
            ImportError::Own(OwnError::Impossible(_)) | ImportError::Refused(_) => {
                Self::Refused(error.to_string())
            }
        }
    }
}
