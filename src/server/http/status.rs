//! `GET /`: a small page that shows the server catching up. It reloads itself and needs no script;
//! it is for those who are signed in, and shows their site.

use super::App;
use super::error::ApiError;
use super::session::{NotIn, Person};
use crate::domain::Timestamp;
use crate::server::storage::{DeviceRow, Overview};
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "status.html", config = "src/server/http/askama.toml")]
struct Page {
    now: Timestamp,
    person: Person,
    overview: Overview,
}

impl Page {
    /// "4 s", "12 min", "3 h", "2 d".
    fn age(&self, at: &Timestamp) -> String {
        let s = self.now.ms_since(*at).max(0) / 1_000;
        match s {
            0..=119 => format!("{s} s"),
            120..=7_199 => format!("{} min", s / 60),
            7_200..=172_799 => format!("{} h", s / 3_600),
            _ => format!("{} d", s / 86_400),
        }
    }

    fn waiting(&self, device: &DeviceRow) -> u64 {
        device.reported.saturating_sub(device.accepted)
    }

    fn clock(&self, at: &Timestamp) -> String {
        at.utc().format("%H:%M:%S").to_string()
    }
}

pub(super) async fn page(State(app): State<App>, person: Person) -> Result<Response, NotIn> {
    let overview = app.storage.overview(person.site).await.map_err(ApiError::from)?;
    Ok(super::page::page(&Page { now: app.now(), person, overview }, StatusCode::OK)?)
}

pub(super) async fn style() -> Response {
    let css = include_str!("templates/status.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], css)
        .into_response()
}
