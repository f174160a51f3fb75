//! The seam between the engine and whatever carries its requests: HTTP in the app, a model server in tests.

use super::engine::{Failure, Reply, Standing};
use super::wire::{PullRequest, PushRequest};

/// A complete request of protocol v1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `GET /v1/hello`, with how far the device is where the server does not know it yet.
    Hello(Standing),
    /// `POST /v1/push`.
    Push(PushRequest),
    /// `GET /v1/pull`.
    Pull(PullRequest),
    /// `GET /v1/snapshot/site`.
    Snapshot,
}

/// Carries one request and brings its answer. It may take long and knows nothing of the store.
pub trait Transport {
    /// Sends and waits.
    ///
    /// # Errors
    /// [`Failure`] where no answer came that can be used.
    fn send(&mut self, request: &Request) -> Result<Reply, Failure>;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        (**self).send(request)
    }
}
