//! `GET /`: a small page that shows the server catching up. It reloads itself and needs no script.

use super::App;
use super::error::ApiError;
use crate::domain::Timestamp;
use crate::server::storage::{DeviceRow, Overview};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// No script, no frame, nothing from elsewhere, no form.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "status.html", config = "src/server/http/askama.toml")]
struct Page {
    now: Timestamp,
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

pub(super) async fn page(State(app): State<App>) -> Result<Response, ApiError> {
    let page = Page { now: app.now(), overview: app.storage.overview().await? };
    let html = page.render().map_err(|_| ApiError::Cut)?;
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

pub(super) async fn style() -> Response {
    let css = include_str!("templates/status.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], css)
        .into_response()
}
