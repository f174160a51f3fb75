//! Reads answers without trusting their size: encoded and decoded bytes are counted while they come.

use crate::sync::engine::Failure;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::de::DeserializeOwned;
use std::io::{self, Read};

/// Most bytes of an answer on the wire.
pub const ENCODED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most bytes of an answer after unpacking.
pub const DECODED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Largest window of a zstd frame (8 MiB), so that a small answer cannot ask for much memory.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Passes on at most so many bytes and then fails, unlike [`Read::take`], which would look like the end.
pub struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Limited<R> {
    /// At most `limit` bytes.
    pub fn new(inner: R, limit: u64) -> Self {
        Self { inner, left: limit }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "the answer is too large"))?;
        Ok(read)
    }
}

/// The body as JSON.
///
/// # Errors
/// [`Failure::NotFirstout`] for pages and foreign JSON, else what went wrong on the way.
pub fn json<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    if !is_json(&response) {
        return Err(Failure::NotFirstout);
    }
    let bytes = read(response)?;
    serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => Failure::Truncated,
        _ => Failure::NotFirstout,
    })
}

/// True where the answer says that it is JSON; a captive portal's page does not.
#[must_use]
pub fn is_json(response: &Response) -> bool {
    header(response, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("application/json"))
}

/// A header's text.
#[must_use]
pub fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

fn read(response: Response) -> Result<Vec<u8>, Failure> {
    let zstd = header(&response, CONTENT_ENCODING.as_str()) == Some("zstd");
    let wire = Limited::new(response, ENCODED_BYTES_MAX);
    if zstd { unpack(wire, DECODED_BYTES_MAX) } else { collect(Limited::new(wire, DECODED_BYTES_MAX)) }
}

/// Unpacks zstd up to `limit` bytes.
fn unpack(packed: impl Read, limit: u64) -> Result<Vec<u8>, Failure> {
    let mut decoder = zstd::Decoder::new(packed).map_err(|error| io_failure(&error))?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|error| io_failure(&error))?;
    collect(Limited::new(decoder, limit))
}

fn collect(mut body: impl Read) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes).map_err(|error| io_failure(&error))?;
    Ok(bytes)
}

/// What a failed read means.
#[must_use]
pub fn io_failure(error: &io::Error) -> Failure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    match error.kind() {
        io::ErrorKind::FileTooLarge => Failure::TooLarge,
        io::ErrorKind::TimedOut => Failure::TimedOut,
        _ if inner.is_some_and(reqwest::Error::is_timeout) => Failure::TimedOut,
        _ => Failure::Truncated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let packed = zstd::encode_all(&*vec![0_u8; 1 << 20], 3).unwrap();
        assert!(packed.len() < 1_000);
        assert_eq!(unpack(&*packed, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(unpack(&*packed, (1 << 20) - 1), Err(Failure::TooLarge));
    }

    #[test]
    fn half_an_answer_is_no_answer() {
        let packed = zstd::encode_all(&b"{\"service\":\"firstout\"}"[..], 3).unwrap();
        assert_eq!(unpack(&packed[..packed.len() - 3], 1_000), Err(Failure::Truncated));
        assert_eq!(unpack(&b"<html>"[..], 1_000), Err(Failure::Truncated));
    }

    #[test]
    fn more_than_the_limit_is_an_error_not_an_end() {
        assert_eq!(collect(Limited::new(&[1, 2, 3][..], 3)), Ok(vec![1, 2, 3]));
        assert_eq!(collect(Limited::new(&[1, 2, 3, 4][..], 3)), Err(Failure::TooLarge));
    }
}
