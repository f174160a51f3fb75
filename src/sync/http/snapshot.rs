//! Fetches a snapshot into a file, and goes on where it stopped when the network comes back.
//!
//! The server sends it as one zstd stream with an `ETag`. What arrived is kept beside the store with that tag; the next
//! attempt asks for the rest with `Range` and `If-Range`, and a server whose snapshot has changed sends all of it.

use super::body::{Limited, ZSTD_WINDOW_LOG_MAX, header, io_failure};
use super::refusal;
use crate::sync::engine::{Failure, Snapshot};
use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE,
};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Most bytes of an unpacked snapshot: five times the million lots that a handheld is made for.
pub const SNAPSHOT_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Asks for it with these headers and returns the complete, unpacked snapshot.
pub(super) fn fetch(
    ask: impl FnOnce(HeaderMap) -> Result<Response, Failure>,
    part: &Path,
) -> Result<Snapshot, Failure> {
    let have = fs::metadata(part).map_or(0, |data| data.len());
    let tag = fs::read_to_string(tag_path(part)).ok().filter(|_| have > 0);
    let mut headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("zstd"))]);
    let rest = HeaderValue::try_from(format!("bytes={have}-"));
    if let (Some(Ok(tag)), Ok(rest)) = (tag.map(HeaderValue::try_from), rest) {
        headers.insert(RANGE, rest);
        headers.insert(IF_RANGE, tag);
    }
    let mut response = ask(headers)?;
    match response.status() {
        StatusCode::OK => {
            begin(&response, part)?;
            append(&mut response, part)?;
        }
        StatusCode::PARTIAL_CONTENT if range(&response).starts_with(&format!("{have}-")) => {
            append(&mut response, part)?;
        }
        // All of it is there: the program ended before it was unpacked.
        StatusCode::RANGE_NOT_SATISFIABLE if range(&response) == format!("*/{have}") => {}
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT => {
            forget(part);
            return Err(Failure::Truncated);
        }
        _ => return Err(refusal(&response)),
    }
    let unpacked = part.with_extension("jsonl");
    let done = unpack(part, &unpacked);
    forget(part);
    done.map(|()| Snapshot::File(unpacked))
}

/// A new snapshot: what was kept of an older one goes.
fn begin(response: &Response, part: &Path) -> Result<(), Failure> {
    let kind = header(response, CONTENT_TYPE.as_str()).unwrap_or_default();
    if kind.starts_with("text/html") {
        return Err(Failure::NotFirstout);
    }
    forget(part);
    if let Some(tag) = header(response, ETAG.as_str()).filter(|tag| !tag.starts_with("W/")) {
        fs::write(tag_path(part), tag).map_err(|_| Failure::Storage)?;
    }
    Ok(())
}

/// What of the snapshot this is: `FROM-TO/ALL`, or `*/ALL` for nothing.
fn range(response: &Response) -> &str {
    let range = header(response, CONTENT_RANGE.as_str());
    range.and_then(|range| range.strip_prefix("bytes ")).unwrap_or_default()
}

/// Proxies rewrite headers; the first bytes tell.
fn is_zstd(part: &Path) -> bool {
    let mut magic = [0_u8; 4];
    File::open(part).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == ZSTD_MAGIC
}

/// The first bytes of every zstd frame (RFC 8878, 3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Keeps every piece that arrives, also when the rest does not.
fn append(response: &mut Response, part: &Path) -> Result<(), Failure> {
    let file = OpenOptions::new().create(true).append(true).open(part).map_err(|_| Failure::Storage)?;
    let mut file = BufWriter::new(file);
    let mut piece = vec![0_u8; 64 * 1024];
    let ended = loop {
        match response.read(&mut piece) {
            Ok(0) => break Ok(()),
            Ok(read) => {
                if file.write_all(piece.get(..read).unwrap_or_default()).is_err() {
                    break Err(Failure::Storage);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(io_failure(&error)),
        }
    };
    file.flush().map_err(|_| Failure::Storage)?;
    ended
}

fn unpack(part: &Path, unpacked: &Path) -> Result<(), Failure> {
    let packed = File::open(part).map_err(|_| Failure::Storage)?;
    let mut lines = BufWriter::new(File::create(unpacked).map_err(|_| Failure::Storage)?);
    let copied = if is_zstd(part) {
        let mut decoder = zstd::Decoder::new(packed).map_err(|error| io_failure(&error))?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|error| io_failure(&error))?;
        copy(&mut Limited::new(decoder, SNAPSHOT_BYTES_MAX), &mut lines)
    } else {
        copy(&mut Limited::new(packed, SNAPSHOT_BYTES_MAX), &mut lines)
    };
    if copied.is_err() {
        let _ = fs::remove_file(unpacked);
    }
    copied
}

/// Tells an answer that cannot be unpacked from a disk that cannot take it.
fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<(), Failure> {
    let mut piece = vec![0_u8; 64 * 1024];
    loop {
        let read = from.read(&mut piece).map_err(|error| io_failure(&error))?;
        if read == 0 {
            return to.flush().map_err(|_| Failure::Storage);
        }
        to.write_all(piece.get(..read).unwrap_or_default()).map_err(|_| Failure::Storage)?;
    }
}

fn tag_path(part: &Path) -> PathBuf {
    part.with_extension("etag")
}

fn forget(part: &Path) {
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(tag_path(part));
}
