//! Holds and recalls: what is stopped, a new stop, and its end.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, done, html};
use super::{story, words};
use crate::domain::{
    Body, EventId, Hold, HoldKind, HoldTarget, HuCode, LotNumber, MasterRecord, Reason, Release,
};
use crate::server::http::App;
use crate::server::own;
use crate::server::storage::console::{HoldRow, Wanted};
use crate::sync::wire::Status;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

/// Longest note, in characters.
const NOTE_CHARS_MAX: usize = 500;

struct Row {
    id: EventId,
    target: String,
    href: String,
    kind: &'static str,
    tone: &'static str,
    why: String,
    who: String,
    since: String,
}

#[derive(Template)]
#[template(path = "holds.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    ended: bool,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
pub(super) struct Which {
    ended: Option<String>,
}

pub(super) async fn page(
    State(app): State<App>,
    seat: Seat,
    Query(which): Query<Which>,
) -> Result<Response, PageError> {
    let ended = which.ended.is_some();
    let (holds, total) = match ended {
        true => app.storage.ended_holds(seat.site).await?,
        false => app.storage.open_holds(seat.site).await?,
    };
    let mut wanted = Wanted::default();
    for hold in &holds {
        story::of_target(&hold.hold.target, &mut wanted);
        wanted.user(hold.operator);
    }
    let names = app.storage.names(seat.site, wanted).await?;
    let lead = if ended { ended_lead(&holds, total) } else { open_lead(&holds, total) };
    let rows = holds.iter().map(|row| {
        let note = if row.hold.note.is_empty() { String::new() } else { format!(": {}", row.hold.note) };
        Row {
            id: row.id,
            target: story::target(&row.hold.target, &names),
            href: super::cases::href(row.id),
            kind: words::hold_kind(row.hold.kind),
            tone: if row.hold.kind == HoldKind::Recall { "bad" } else { "warn" },
            why: format!("{}{note}", words::reason(row.hold.reason)),
            who: names.person(row.operator),
            since: words::ago(seat.now, row.at),
        }
    });
    let rows = rows.collect();
    let shell = Shell::new(&app, &seat, "/holds").await?;
    html(&Page { shell, title: "Holds", reload_s: 0, lead, ended, rows })
}

fn open_lead(holds: &[HoldRow], total: u64) -> String {
    let recalls = holds.iter().filter(|hold| hold.hold.kind == HoldKind::Recall).count();
    match (total, recalls) {
        (count, _) if count > holds.len() as u64 => {
            format!("{count} stops are open, the newest {} are listed.", holds.len())
        }
        (0, _) => "Nothing is stopped.".to_owned(),
        (1, 0) => "One stop is open.".to_owned(),
        (count, 0) => format!("{count} stops are open."),
        (1, _) => "One stop is open, a recall.".to_owned(),
        (count, 1) => format!("{count} stops are open, one of them a recall."),
        (count, recalls) => format!("{count} stops are open, {recalls} of them recalls."),
    }
}

fn ended_lead(holds: &[HoldRow], total: u64) -> String {
    match total {
        0 => "No stop has ended.".to_owned(),
        1 => "One stop has ended.".to_owned(),
        count if count > holds.len() as u64 => {
            format!("{count} stops have ended, the newest {} are listed.", holds.len())
        }
        count => format!("{count} stops have ended."),
    }
}

#[derive(Deserialize)]
pub(super) struct HoldForm {
    token: String,
    /// `lot`, `location` or `hu`.
    of: String,
    /// The lot's item code; only for a lot.
    #[serde(default)]
    item: String,
    /// Lot number, location code or handling unit.
    code: String,
    kind: HoldKind,
    reason: Reason,
    #[serde(default)]
    note: String,
}

pub(super) async fn place(
    State(app): State<App>,
    seat: Seat,
    Form(form): Form<HoldForm>,
) -> Result<Response, PageError> {
    seat.check(&form.token)?;
    let target = target(&app, &seat, &form).await?;
    let note = form.note.trim().chars().filter(|c| !c.is_control()).take(NOTE_CHARS_MAX).collect();
    let body = Body::Hold(Hold { target, kind: form.kind, reason: form.reason, note });
    own::record(&app.storage, seat.site, seat.id(), vec![body], seat.now).await?;
    Ok(done("/holds", "held"))
}

async fn target(app: &App, seat: &Seat, form: &HoldForm) -> Result<HoldTarget, PageError> {
    let wrong = |text: String| PageError::Wrong(text);
    let code = form.code.trim();
    let record = async |kind, code| app.storage.record_by_code(seat.site, kind, code).await;
    match form.of.as_str() {
        "hu" => HuCode::new(code).map(HoldTarget::Hu).map_err(|error| wrong(error.to_string())),
        "location" => match record("location", code).await? {
            Some(MasterRecord::Location(location)) => Ok(HoldTarget::Location(location.id)),
            _ => Err(wrong(format!("there is no place {code:?}"))),
        },
        "lot" => {
            let item = match record("item", form.item.trim()).await? {
                Some(MasterRecord::Item(item)) => item.id,
                _ => return Err(wrong(format!("there is no item {:?}", form.item.trim()))),
            };
            let lot = LotNumber::new(code).map_err(|error| wrong(error.to_string()))?;
            // A lot that is not here yet can be stopped before it comes.
            Ok(HoldTarget::Lot(crate::domain::LotKey { item, lot: Some(lot) }))
        }
        _ => Err(wrong("say what to stop: a lot, a place or a handling unit".to_owned())),
    }
}

#[derive(Deserialize)]
pub(super) struct ReleaseForm {
    token: String,
    hold: Uuid,
    reason: Reason,
}

pub(super) async fn release(
    State(app): State<App>,
    seat: Seat,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, PageError> {
    seat.check(&form.token)?;
    let Some(hold) = app.storage.open_hold(seat.site, EventId(form.hold)).await? else {
        return Ok(done("/holds", "not-released"));
    };
    let body = Body::Release(Release { hold: hold.id, target: hold.hold.target, reason: form.reason });
    let verdicts = own::record(&app.storage, seat.site, seat.id(), vec![body], seat.now).await?;
    let ended = verdicts.first() == Some(&Status::Accepted);
    Ok(done("/holds", if ended { "released" } else { "not-released" }))
}
