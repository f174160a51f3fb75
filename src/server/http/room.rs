//! Room for what devices send and fetch: how much of it is in memory at once, whoever many come back at the same time.
//!
//! A request waits for room before its body is read. Who would wait too long is asked to come again (503 with
//! `Retry-After`), each after another time, so that they do not come back together.

use super::error::ApiError;
use crate::server::config::Limits;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a packed body unpacks to, as a multiple: pushes of ordinary events come to six or seven.
const UNPACKED: usize = 8;
/// The text of a push and what is read of it are there at the same time.
const PARSED: usize = 2;
/// What of an answer is given away at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// The latest time to come again, in seconds.
const LATER_S_MAX: u32 = 3;

/// The room of a server; clones are the same one.
#[derive(Clone)]
pub(super) struct Room {
    pushes: Arc<Semaphore>,
    pulls: Arc<Semaphore>,
    push_bytes_max: usize,
    body_bytes_max: usize,
    wait: Duration,
}

/// Room that somebody has, until it is dropped.
pub(super) struct Taken(Option<OwnedSemaphorePermit>);

impl Room {
    pub(super) fn new(limits: &Limits) -> Self {
        let push_bytes_max = limits.push_bytes_max.min(Semaphore::MAX_PERMITS);
        Self {
            pushes: Arc::new(Semaphore::new(push_bytes_max)),
            pulls: Arc::new(Semaphore::new(limits.pulls_max)),
            push_bytes_max,
            body_bytes_max: limits.decoded_bytes_max,
            wait: limits.room_timeout,
        }
    }

    /// Waits for room for a request's body, or for the page that it asks for.
    pub(super) async fn take(
        &self,
        method: &Method,
        path: &str,
        head: &HeaderMap,
    ) -> Result<Taken, ApiError> {
        let (room, count) = match path {
            "/v1/pull" => (&self.pulls, 1),
            _ if method == Method::POST => (&self.pushes, self.bytes(head)),
            _ => return Ok(Taken(None)),
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let permit = tokio::time::timeout(self.wait, Arc::clone(room).acquire_many_owned(count)).await;
        match permit {
            Ok(Ok(permit)) => Ok(Taken(Some(permit))),
            _ => Err(ApiError::Full(1 + getrandom::u32().unwrap_or(0) % LATER_S_MAX)),
        }
    }

    /// How much of the pushes' room is taken, in bytes.
    pub(super) fn push_bytes(&self) -> usize {
        self.push_bytes_max.saturating_sub(self.pushes.available_permits())
    }

    /// What a body will take, going by what its head says.
    fn bytes(&self, head: &HeaderMap) -> usize {
        let length = head.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let times = if head.contains_key(header::CONTENT_ENCODING) { UNPACKED } else { PARSED };
        let bytes = length.unwrap_or(self.body_bytes_max).saturating_mul(times);
        // A larger one than all of the room has all of it.
        bytes.min(self.body_bytes_max.saturating_mul(PARSED)).min(self.push_bytes_max)
    }
}

impl Taken {
    /// Gives the room back once the answer was sent.
    pub(super) fn until_sent(self, response: Response) -> Response {
        match self.0 {
            None => response,
            Some(permit) => {
                response.map(|body| Body::new(Held { body, rest: Bytes::new(), _permit: permit }))
            }
        }
    }
}

/// A body that holds its room, and gives itself away in pieces: who sends it takes the next one when most of those before
/// are gone.
struct Held {
    body: Body,
    rest: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl Held {
    fn piece(&mut self) -> Option<Result<Frame<Bytes>, axum::Error>> {
        let length = self.rest.len().min(PIECE_BYTES);
        (length > 0).then(|| Ok(Frame::data(self.rest.split_to(length))))
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            if let Some(piece) = self.piece() {
                return Poll::Ready(Some(piece));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, of_body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower().saturating_add(rest));
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_weighed_by_its_head() {
        let limits = Limits { push_bytes_max: 3_000_000, decoded_bytes_max: 1_000_000, ..Limits::default() };
        let room = Room::new(&limits);
        let cases: [(&[(&str, &str)], usize); 6] = [
            (&[("content-length", "1000")], 2_000),
            (&[("content-length", "1000"), ("content-encoding", "zstd")], 8_000),
            (&[("content-length", "900000"), ("content-encoding", "zstd")], 2_000_000),
            (&[("content-length", "99999999999")], 2_000_000),
            (&[("content-length", "x")], 2_000_000),
            (&[], 2_000_000),
        ];
        for (head, expected) in cases {
            let head: HeaderMap = head
                .iter()
                .map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap()))
                .collect();
            assert_eq!(room.bytes(&head), expected, "{head:?}");
        }
        let small = Room::new(&Limits { push_bytes_max: 500, ..limits });
        assert_eq!(small.bytes(&HeaderMap::new()), 500, "one always has room alone");
    }
}
