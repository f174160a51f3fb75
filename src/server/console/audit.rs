//! Who did what outside the ledger, and whether the log is whole.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, html};
use super::story;
use crate::server::http::App;
use crate::server::storage::console::{PAGE_ROWS_MAX, Wanted};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

struct Row {
    seq: u64,
    when: String,
    who: String,
    what: String,
    subject: String,
}

#[derive(Template)]
#[template(path = "audit.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    broken: bool,
    rows: Vec<Row>,
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Before {
    #[serde(default)]
    before: Option<u64>,
    #[serde(default)]
    check: Option<String>,
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(before): Query<Before>,
) -> Result<Response, PageError> {
    let found = app.storage.audit_of(seat.site, before.before.unwrap_or(i64::MAX as u64)).await?;
    let mut wanted = Wanted::default();
    wanted.site(seat.site);
    let names = app.storage.names(seat.site, wanted).await?;
    let problems = match before.check {
        Some(_) => Some(app.storage.audit_problems(seat.site).await?),
        None => None,
    };
    let lead = match problems.as_deref() {
        Some([]) => "The log is whole: every line follows from the one before.".to_owned(),
        Some([first, ..]) => format!("The log was altered: {first}."),
        None => found.first().map_or_else(
            || "Nothing was done yet.".to_owned(),
            |row| format!("{} lines; the newest is of {}.", row.n, story::when(row.entry.at, &names)),
        ),
    };
    let next = match found.last() {
        Some(last) if found.len() == PAGE_ROWS_MAX => format!("/audit?before={}", last.n),
        _ => String::new(),
    };
    let rows = found.into_iter().map(|row| Row {
        seq: row.n,
        when: story::when(row.entry.at, &names),
        who: row.entry.by,
        what: row.entry.act.code().replace('_', " "),
        subject: row.entry.subject,
    });
    let rows = rows.collect();
    let shell = Shell::new(&app, &seat, "/audit").await?;
    let broken = problems.is_some_and(|problems| !problems.is_empty());
    html(&Page { shell, title: "Audit", reload_s: 0, lead, broken, rows, next })
}
