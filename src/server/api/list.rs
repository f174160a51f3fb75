//! How every list is answered: a page of it as JSON, or as CSV all of it from one state of the database.

use super::csv::{Lines, Spool, page};
use crate::domain::SiteId;
use crate::server::http::{ApiError, App};
use crate::server::storage::StorageError;
use crate::server::storage::export::{Found, List};
use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows on a page, where none are asked for.
const ROWS: usize = 1_000;
/// Most rows on a page.
const ROWS_MAX: usize = 10_000;
/// Whole lists that are made at the same time; each holds a connection of the database while it is made.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Bytes read from a finished list at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Where the next page of a list as CSV begins.
const NEXT: HeaderName = HeaderName::from_static("x-next");

/// In which form a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// A page as JSON.
    Json,
    /// CSV.
    Csv,
}

/// Which part of a list is wanted, and how.
pub(super) struct Asked {
    /// From the address; by the `Accept` header where absent.
    pub format: Option<Format>,
    /// A cursor.
    pub after: Option<String>,
    /// Rows.
    pub limit: Option<usize>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<R> {
    /// Its rows.
    rows: Vec<R>,
    /// What to send as `after` for the next page; null behind the last one. A page may have fewer rows than asked for, or
    /// none, and still not be the last.
    next: Option<String>,
    /// The ledger's newest entry when this page was read: where it is the same for two pages, nothing moved between
    /// them.
    seq: u64,
}

/// A place in a list as a text that a program keeps and sends back.
pub(super) trait Cursor: Sized {
    /// As it is sent.
    fn text(&self) -> Option<String>;
    /// Reads what was sent back.
    fn read(text: &str) -> Option<Self>;
}

impl Cursor for u64 {
    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn read(text: &str) -> Option<Self> {
        // Databases count in 63 bits.
        text.parse().ok().filter(|seq| i64::try_from(*seq).is_ok())
    }
}

/// Other cursors are their JSON in hexadecimal digits: safe in an address, and plainly nothing to make up.
macro_rules! opaque {
    ($($name:ident),* $(,)?) => { $(
        impl Cursor for crate::server::storage::export::$name {
            fn text(&self) -> Option<String> { pack(self) }
            fn read(text: &str) -> Option<Self> { unpack(text) }
        }
    )* };
}

opaque!(StockCursor, LotCursor, OriginCursor, DestinationCursor, OrderCursor);

fn pack(cursor: &impl Serialize) -> Option<String> {
    let mut text = String::new();
    for byte in serde_json::to_vec(cursor).ok()? {
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}

fn unpack<C: DeserializeOwned>(text: &str) -> Option<C> {
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let digits = std::str::from_utf8(pair).ok().filter(|digits| digits.len() == 2)?;
        u8::from_str_radix(digits, 16).ok()
    });
    let json = pairs.collect::<Option<Vec<u8>>>()?;
    // No label has a control character, and a database may refuse a text with a NUL.
    let is_plain = !json.windows(2).any(|pair| pair == b"\\u");
    is_plain.then(|| serde_json::from_slice(&json).ok()).flatten()
}

/// Answers with a list; `name` is the file's, `whole` false for lists too long to be sent at once.
pub(super) async fn answer<L>(
    app: &App,
    headers: &HeaderMap,
    (site, list): (SiteId, L),
    asked: Asked,
    (name, whole): (&str, bool),
) -> Result<Response, ApiError>
where
    L: List<Row: Serialize + Lines, Cursor: Cursor>,
{
    let after = match asked.after.as_deref() {
        None | Some("") => None,
        Some(text) => Some(Cursor::read(text).ok_or(ApiError::BadCursor)?),
    };
    let limit = asked.limit.unwrap_or(ROWS);
    if !(1..=ROWS_MAX).contains(&limit) {
        return Err(ApiError::BadRequest(format!("limit is 1 to {ROWS_MAX}")));
    }
    let format = asked.format.or_else(|| accepted(headers)).ok_or(ApiError::NotAcceptable)?;
    if format == Format::Csv && whole && asked.limit.is_none() {
        return Ok(whole_csv(app, site, list, after, name).await?);
    }
    let (Found { rows, next }, seq) = app.storage.page(site, list, after, limit).await?;
    let next = next.and_then(|next| next.text());
    if format == Format::Json {
        return Ok((vary(), Json(Page { rows, next, seq })).into_response());
    }
    let mut response = (as_file(name), page(&rows).map_err(StorageError::from)?).into_response();
    if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
        response.headers_mut().insert(NEXT, next);
    }
    Ok((vary(), response).into_response())
}

/// All of a list as CSV, written into a file without a name before the first byte is sent: a slow reader holds no
/// connection of the database, and what is sent is one state of it.
///
/// # Errors
/// [`StorageError`] where the database cannot be read or there is no room for the file.
pub(in crate::server) async fn whole_csv<L>(
    app: &App,
    site: SiteId,
    list: L,
    after: Option<L::Cursor>,
    name: &str,
) -> Result<Response, StorageError>
where
    L: List<Row: Serialize + Lines>,
{
    let turn = AT_ONCE.acquire().await.map_err(io::Error::other)?;
    let spool = Spool::new(nameless(app.storage.folder())?, Some(turn));
    let sink = Arc::new(Mutex::new(Some(spool)));
    app.storage.all(site, list, after, Arc::clone(&sink)).await?;
    let spool = sink.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (file, bytes) = spool.ok_or_else(|| io::Error::other("the list is gone"))?.finish()?;
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), PIECE_BYTES);
    let length = [(header::CONTENT_LENGTH, bytes.to_string())];
    Ok((vary(), as_file(name), length, Body::from_stream(stream)).into_response())
}

/// A new file in the folder that is gone with the last one who has it open.
fn nameless(folder: &Path) -> io::Result<File> {
    let path = folder.join(format!("list-{}.part", Uuid::now_v7()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// The form that the client takes; `None` where it takes neither.
fn accepted(headers: &HeaderMap) -> Option<Format> {
    let texts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let kinds: Vec<&str> = texts
        .flat_map(|text| text.split(','))
        .map(|kind| kind.split(';').next().unwrap_or_default().trim())
        .filter(|kind| !kind.is_empty())
        .collect();
    let format = |kind: &&str| match *kind {
        "*/*" | "application/*" | "application/json" => Some(Format::Json),
        "text/*" | "text/csv" => Some(Format::Csv),
        _ => None,
    };
    if kinds.is_empty() { Some(Format::Json) } else { kinds.iter().find_map(format) }
}

/// What the form of the answer depends on.
fn vary() -> [(HeaderName, &'static str); 1] {
    [(header::VARY, "accept")]
}

fn as_file(name: &str) -> [(HeaderName, String); 2] {
    [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::export::StockCursor;

    #[test]
    fn the_first_known_form_is_taken() {
        let check = |accept: &str, expected: Option<Format>| {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(accepted(&headers), expected, "{accept:?}");
        };
        check("", Some(Format::Json));
        check("*/*", Some(Format::Json));
        check("text/csv", Some(Format::Csv));
        check("text/html, text/csv;q=0.9, */*;q=0.1", Some(Format::Csv));
        check("application/json,text/csv", Some(Format::Json));
        check("image/png", None);
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_or_not_at_all() {
        let json = r#"[7,"</script>\"=1","",3,""]"#;
        let hex: String = json.bytes().map(|byte| format!("{byte:02x}")).collect();
        let cursor = StockCursor::read(&hex).unwrap();
        assert_eq!(cursor.text(), Some(hex.clone()));
        let nul: String = r#"[7,"\u0000","",3,""]"#.bytes().map(|byte| format!("{byte:02x}")).collect();
        for wrong in ["0", "zz", &hex[2..], &nul, "5b5d", "1é", "+1+1"] {
            assert!(StockCursor::read(wrong).is_none(), "{wrong:?}");
        }
        assert_eq!(
            (u64::read("17"), u64::read("-1"), u64::read("18446744073709551615")),
            (Some(17), None, None)
        );
    }
}
