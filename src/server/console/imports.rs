//! Files into the site: tried first, then taken whole.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, html};
use crate::exchange::import::{Column, FileKind, columns};
use crate::server::http::App;
use crate::server::import::{File, ImportError, Imported, import};
use crate::server::own::OwnError;
use crate::server::storage::Act;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "imports.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    tone: &'static str,
    outcome: Option<Imported>,
    kinds: Vec<(FileKind, Vec<&'static Column>)>,
    chosen: FileKind,
}

async fn made(
    app: &App,
    seat: &Seat,
    chosen: FileKind,
    outcome: Option<Imported>,
) -> Result<Page, PageError> {
    let (lead, tone) = match &outcome {
        None => ("Bring items, places, parties, orders or opening stock from a spreadsheet.".to_owned(), ""),
        Some(imported) if imported.problems_total > 0 => {
            let problems = imported.problems_total;
            let plural = if problems == 1 { "problem" } else { "problems" };
            (format!("Nothing was saved: the file has {problems} {plural}."), "bad")
        }
        Some(imported) => {
            let counts = imported.counts;
            let done = if imported.saved { "Saved" } else { "The file is good" };
            let text = format!(
                "{done}: {} new, {} changed, {} as before.",
                counts.created, counts.changed, counts.unchanged
            );
            (text, "good")
        }
    };
    let kinds = FileKind::ALL.iter().map(|kind| (*kind, columns(*kind).iter().collect()));
    let (shell, kinds) = (Shell::new(app, seat, "/imports").await?, kinds.collect());
    Ok(Page { shell, title: "Imports", reload_s: 0, lead, tone, outcome, kinds, chosen })
}

pub(super) async fn page(State(app): State<App>, seat: Seat) -> Result<Response, PageError> {
    html(&made(&app, &seat, FileKind::Items, None).await?)
}

#[derive(Default)]
struct Upload {
    token: String,
    kind: String,
    dry_run: bool,
    name: String,
    bytes: Bytes,
}

async fn parts(mut form: Multipart) -> Result<Upload, PageError> {
    let cut = |error: axum::extract::multipart::MultipartError| PageError::Wrong(error.body_text());
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await.map_err(cut)? {
        match field.name().unwrap_or_default().to_owned().as_str() {
            "token" => upload.token = field.text().await.map_err(cut)?,
            "kind" => upload.kind = field.text().await.map_err(cut)?,
            "act" => upload.dry_run = field.text().await.map_err(cut)? != "import",
            "file" => {
                upload.name = field.file_name().unwrap_or_default().chars().take(96).collect();
                upload.bytes = field.bytes().await.map_err(cut)?;
            }
            _ => {}
        }
    }
    Ok(upload)
}

pub(super) async fn upload(
    State(app): State<App>,
    seat: Seat,
    form: Multipart,
) -> Result<Response, PageError> {
    let upload = parts(form).await?;
    seat.check(&upload.token)?;
    let wrong = |text: String| PageError::Wrong(text);
    let kind = match upload.kind.as_str() {
        "" => FileKind::of_file_name(&upload.name)
            .ok_or_else(|| wrong("say what the file lists; its name does not".to_owned()))?,
        kind => {
            kind.parse().map_err(|error: crate::exchange::import::FileKindError| wrong(error.to_string()))?
        }
    };
    if upload.bytes.is_empty() {
        return Err(wrong("choose a file first".to_owned()));
    }
    let (dry_run, by, now) = (upload.dry_run, seat.id(), seat.now);
    let file = File { site: seat.site, kind, bytes: upload.bytes, dry_run, by, now };
    let imported = import(&app.storage, &file).await.map_err(|error| match error {
        ImportError::Storage(error) | ImportError::Own(OwnError::Storage(error)) => error.into(),
        error => wrong(error.to_string()),
    })?;
    if imported.saved {
        let counts = imported.counts;
        let subject =
            format!("{kind} from {}: {} new, {} changed", upload.name, counts.created, counts.changed);
        app.storage.note(seat.site, seat.act(Act::FileImported, subject)).await?;
    }
    let status = if imported.problems_total > 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&made(&app, &seat, kind, Some(imported)).await?)?).into_response())
}
