//! What surrounds every page: the site, the pages, the search box, and what was just done.

use super::error::PageError;
use super::seat::Seat;
use super::words;
use crate::domain::Role;
use crate::server::http::App;
use crate::server::storage::console::Wanted;
use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use std::fmt::Write as _;

/// The frame of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Shell {
    pub site: String,
    pub name: String,
    pub token: String,
    pub at: &'static str,
    pub query: String,
    pub said: String,
    pub said_tone: &'static str,
    pub discrepancies: u64,
    is_admin: bool,
}

/// One page in the bar.
pub(super) struct PageLink {
    pub href: &'static str,
    pub name: &'static str,
    pub count: String,
}

impl Shell {
    /// The frame for a page at `at`.
    pub async fn new(app: &App, seat: &Seat, at: &'static str) -> Result<Self, PageError> {
        let mut wanted = Wanted::default();
        wanted.site(seat.site);
        let names = app.storage.names(seat.site, wanted).await?;
        let (said, said_tone) = said(&seat.path);
        Ok(Self {
            site: names.site().map_or_else(|| format!("Site {}", seat.site), |site| site.name.clone()),
            name: seat.user.name.clone(),
            token: seat.token.clone(),
            at,
            query: String::new(),
            said,
            said_tone,
            discrepancies: app.storage.open_discrepancies(seat.site).await?,
            is_admin: seat.user.role >= Role::Admin,
        })
    }

    /// The pages that this person sees.
    pub fn pages(&self) -> Vec<PageLink> {
        let link = |href, name| PageLink { href, name, count: String::new() };
        let open = if self.discrepancies == 0 { String::new() } else { words::open(self.discrepancies) };
        let mut pages = vec![
            link("/", "Shift end"),
            PageLink { count: open, ..link("/discrepancies", "Discrepancies") },
            link("/holds", "Holds"),
            link("/stock", "Stock"),
            link("/expiry", "Expiry"),
            link("/orders", "Orders"),
            link("/imports", "Imports"),
        ];
        if self.is_admin {
            pages.push(link("/people", "People"));
            pages.push(link("/webhooks", "Webhooks"));
        }
        pages.push(link("/audit", "Audit"));
        pages
    }
}

/// A page as an answer.
pub(super) fn html(page: &impl Template) -> Result<Response, PageError> {
    let text = page.render()?;
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response())
}

/// What a page says after something was done; the words are ours, the address only names them.
const SAID: &[(&str, &str, &str)] = &[
    ("signed-off", "Signed off.", "good"),
    ("not-cleared", "Not signed off: something of this device is still on its way.", "warn"),
    ("settled", "Settled.", "good"),
    ("held", "Stopped. Handhelds learn it with their next sync.", "good"),
    ("released", "Released.", "good"),
    ("not-released", "Not released: this stop has ended already.", "warn"),
    ("saved", "Saved.", "good"),
    ("webhook-enabled", "Enabled. What waits is sent at once.", "good"),
    ("webhook-disabled", "Disabled. Its place in the ledger is kept.", "good"),
    ("webhook-removed", "Removed. Nothing is sent there any more.", "good"),
    ("webhook-tested", "A test message is on its way. Load this page again to see how it went.", "good"),
    ("revoked", "Locked out. What it still sends is kept aside.", "good"),
];

/// Goes to a page that says so.
pub(super) fn done(to: &str, what: &str) -> Response {
    let mark = if to.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{to}{mark}done={what}")).into_response()
}

fn said(path: &str) -> (String, &'static str) {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let what = query.split('&').find_map(|pair| pair.strip_prefix("done="));
    let found = what.and_then(|what| SAID.iter().find(|(code, ..)| *code == what));
    found.map_or((String::new(), ""), |(_, words, tone)| ((*words).to_owned(), tone))
}

/// A text as a part of a query.
pub(super) fn in_query(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
