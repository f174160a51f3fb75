//! `GET /v1/snapshot/site`: the site's state as one zstd file, resumable by `Range` with `If-Range` on its
//! `ETag`.
//!
//! The file is the representation (`application/zstd`, no content encoding), so that a range means bytes of
//! the file.

use super::App;
use super::auth::Device;
use super::error::ApiError;
use crate::server::storage::{SnapshotFile, StorageError};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::io::SeekFrom;
use std::ops::Range;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

/// Bytes read from the file at a time.
const PIECE_BYTES: usize = 64 * 1024;

pub(super) async fn site(
    State(app): State<App>,
    device: Device,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let site = device.0.site;
    device.is_trusted()?;
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let (Some(range), Some(tag)) = (text(header::RANGE), text(header::IF_RANGE))
        && let Some(file) = app.storage.snapshot_tagged(site, tag).await?
        && let Some(range) = range.strip_prefix("bytes=")
    {
        return match parse(range, file.bytes) {
            Asked::Part(part) => send(&file, part, StatusCode::PARTIAL_CONTENT).await,
            Asked::Beyond => Ok(beyond(&file)),
            Asked::Odd => send(&file, 0..file.bytes, StatusCode::OK).await,
        };
    }
    let file = app.storage.snapshot(site, app.limits.snapshot_lag_max).await?;
    if text(header::IF_NONE_MATCH) == Some(&file.etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, file.etag)]).into_response());
    }
    send(&file, 0..file.bytes, StatusCode::OK).await
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Part(Range<u64>),
    Beyond,
    /// Several ranges, or what is no range: all of it is sent (RFC 9110, 14.2).
    Odd,
}

/// `FROM-`, `FROM-TO` or `-LAST` of a file of that length.
fn parse(range: &str, bytes: u64) -> Asked {
    let Some((from, to)) = range.split_once('-') else { return Asked::Odd };
    let part = match (from.trim().parse::<u64>(), to.trim()) {
        (Ok(from), "") => from..bytes,
        (Ok(from), to) => match to.parse::<u64>() {
            Ok(to) if to >= from => from..to.saturating_add(1).min(bytes),
            _ => return Asked::Odd,
        },
        (Err(_), last) => match last.parse::<u64>() {
            Ok(last) if from.trim().is_empty() => bytes.saturating_sub(last)..bytes,
            _ => return Asked::Odd,
        },
    };
    if part.is_empty() { Asked::Beyond } else { Asked::Part(part) }
}

fn beyond(file: &SnapshotFile) -> Response {
    let total = format!("bytes */{}", file.bytes);
    (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, total)]).into_response()
}

async fn send(file: &SnapshotFile, part: Range<u64>, status: StatusCode) -> Result<Response, ApiError> {
    let mut open = tokio::fs::File::open(&file.path).await.map_err(StorageError::from)?;
    open.seek(SeekFrom::Start(part.start)).await.map_err(StorageError::from)?;
    let length = part.end - part.start;
    let body = Body::from_stream(ReaderStream::with_capacity(open.take(length), PIECE_BYTES));
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, "application/zstd".to_owned()),
            (header::CONTENT_LENGTH, length.to_string()),
            (header::ETAG, file.etag.clone()),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
        ],
        body,
    )
        .into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", part.start, part.end - 1, file.bytes);
        if let Ok(value) = HeaderValue::from_str(&range) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let cases = [
            ("0-", Asked::Part(0..100)),
            ("40-", Asked::Part(40..100)),
            ("40-49", Asked::Part(40..50)),
            ("40-999", Asked::Part(40..100)),
            ("-10", Asked::Part(90..100)),
            ("-999", Asked::Part(0..100)),
            ("100-", Asked::Beyond),
            ("-0", Asked::Beyond),
            ("9-3", Asked::Odd),
            ("0-1,5-6", Asked::Odd),
            ("x-y", Asked::Odd),
            ("", Asked::Odd),
        ];
        for (range, expected) in cases {
            assert_eq!(parse(range, 100), expected, "{range:?}");
        }
    }
}
