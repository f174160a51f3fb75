//! Which programs are told of what happens here, and how that goes: the acts of `firstout-server webhook` as forms.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, done, html};
use super::words;
use crate::domain::Timestamp;
use crate::server::http::App;
use crate::server::people::named;
use crate::server::webhooks::admin::{self, New, OVERLAP_MS, WebhookError};
use crate::server::webhooks::{SigningSecret, Topic, Webhook};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;

const HOUR_MS: i64 = 3_600_000;

struct Row {
    name: String,
    url: String,
    topics: Vec<&'static str>,
    tone: &'static str,
    state: String,
    problem: String,
    next_try: String,
    delivered: String,
    behind: String,
    is_disabled: bool,
    is_waiting: bool,
}

impl Row {
    fn new(hook: Webhook, now: Timestamp) -> Self {
        let (tone, state) = match (hook.disabled, hook.failing_since) {
            (Some(at), _) => ("bad", format!("disabled {}", words::ago(now, at))),
            (None, Some(since)) if hook.failures > 0 => {
                ("warn", format!("failing for {}", words::span(now.ms_since(since))))
            }
            _ => ("good", "active".to_owned()),
        };
        let next_try = hook.next_at.filter(|_| tone == "warn").map(|at| at.ms_since(now));
        let delivered = hook.delivered.map_or_else(|| "nothing yet".to_owned(), |at| words::ago(now, at));
        let behind = match hook.behind {
            0 => "told of everything".to_owned(),
            1 => "1 entry behind".to_owned(),
            behind => format!("{} entries behind", words::grouped(i64::try_from(behind).unwrap_or(i64::MAX))),
        };
        Self {
            name: hook.name,
            url: hook.url,
            topics: hook.topics.iter().map(|topic| topic.as_str()).collect(),
            problem: if tone == "good" { String::new() } else { hook.problem },
            next_try: next_try.map_or_else(String::new, |ms| format!("next try in {}", words::span(ms))),
            delivered,
            behind,
            is_disabled: tone == "bad",
            is_waiting: tone == "warn",
            tone,
            state,
        }
    }
}

/// A secret that was just made, and of which webhook.
struct Shown {
    name: String,
    secret: String,
    /// The one before signs too, for so many hours.
    overlap_hours: Option<i64>,
}

impl Shown {
    fn new(name: &str, secret: &SigningSecret, overlap_ms: Option<i64>) -> Self {
        let overlap_hours = overlap_ms.map(|ms| ms / HOUR_MS);
        Self { name: name.to_owned(), secret: secret.reveal().to_owned(), overlap_hours }
    }
}

#[derive(Template)]
#[template(path = "webhooks.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    rows: Vec<Row>,
    topics: Vec<&'static str>,
    shown: Option<Shown>,
}

pub(super) async fn page(State(app): State<App>, seat: Seat) -> Result<Response, PageError> {
    seat.needs_admin("only administrators see where news are sent")?;
    made(&app, &seat, None).await
}

async fn made(app: &App, seat: &Seat, shown: Option<Shown>) -> Result<Response, PageError> {
    let here = app.storage.webhooks().await?.into_iter().filter(|hook| hook.site == seat.site);
    let rows: Vec<Row> = here.map(|hook| Row::new(hook, seat.now)).collect();
    html(&Page {
        shell: Shell::new(app, seat, "/webhooks").await?,
        title: "Webhooks",
        reload_s: 0,
        lead: lead(&rows),
        rows,
        topics: Topic::ALL.iter().map(|topic| topic.as_str()).collect(),
        shown,
    })
}

/// "1 of 3 webhooks is not told: erp failing for 3 h."
fn lead(rows: &[Row]) -> String {
    let all = rows.len();
    let wrong: Vec<&Row> = rows.iter().filter(|row| row.tone != "good").collect();
    let plural = if all == 1 { "webhook" } else { "webhooks" };
    match wrong.first() {
        None if all == 0 => "No program is told of what happens here.".to_owned(),
        None => format!("{all} {plural}, and each was told of what it asked for or is being told."),
        Some(first) => {
            let verb = if wrong.len() == 1 { "is" } else { "are" };
            format!("{} of {all} {plural} {verb} not told: {} {}.", wrong.len(), first.name, first.state)
        }
    }
}

/// What one of the page's forms asks for. Its fields as they came: a kind of news is a field that comes several times.
#[derive(Default)]
struct Asked {
    token: String,
    act: String,
    name: String,
    url: String,
    topics: Vec<String>,
}

impl Asked {
    fn new(fields: Vec<(String, String)>) -> Self {
        let mut asked = Self::default();
        for (field, value) in fields {
            match field.as_str() {
                "token" => asked.token = value,
                "do" => asked.act = value,
                "name" => asked.name = value,
                "url" => asked.url = value,
                "topic" => asked.topics.push(value),
                _ => {}
            }
        }
        asked
    }
}

pub(super) async fn act(
    State(app): State<App>,
    seat: Seat,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let asked = Asked::new(fields);
    seat.check(&asked.token)?;
    seat.needs_admin("only administrators change where news are sent")?;
    // A database may refuse a text with a NUL, and no webhook has one.
    if asked.name.contains('\0') {
        return Err(PageError::NotFound("webhook"));
    }
    let (storage, by, now) = (&app.storage, named(&seat.user), seat.now);
    let which = (seat.site, asked.name.as_str());
    match asked.act.as_str() {
        "add" => {
            let topics = asked.topics.iter().map(|topic| topic.parse::<Topic>()).collect::<Result<_, _>>();
            let topics = topics.map_err(|error| PageError::Wrong(error.to_string()))?;
            let (name, url) = (asked.name.clone(), asked.url.clone());
            let new = New { site: seat.site, name, url, topics, after: None };
            let secret = admin::add(storage, new, &by, now).await?;
            made(&app, &seat, Some(Shown::new(&asked.name, &secret, None))).await
        }
        "rotate" => {
            let secret = admin::rotate(storage, which, OVERLAP_MS, &by, now).await?;
            made(&app, &seat, Some(Shown::new(&asked.name, &secret, Some(OVERLAP_MS)))).await
        }
        "enable" => {
            admin::enable(storage, which, &by, now).await?;
            Ok(done("/webhooks", "webhook-enabled"))
        }
        "disable" => {
            admin::disable(storage, which, &by, now).await?;
            Ok(done("/webhooks", "webhook-disabled"))
        }
        // Offered for a disabled one: nobody removes in one touch what somebody waits for.
        "remove" => {
            admin::remove(storage, which, &by, now).await?;
            Ok(done("/webhooks", "webhook-removed"))
        }
        "test" => {
            admin::test(storage, which, now).await?;
            Ok(done("/webhooks", "webhook-tested"))
        }
        _ => Err(PageError::Wrong("this page has no such form".to_owned())),
    }
}

impl From<WebhookError> for PageError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Storage(error) => error.into(),
            WebhookError::Secret(error) => error.into(),
            WebhookError::Unknown { .. } => Self::NotFound("webhook"),
            error => Self::Wrong(error.to_string()),
        }
    }
}
