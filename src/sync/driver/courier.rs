//! The thread that waits for the network, so that nobody else has to.

use super::answer;
use crate::sync::engine::Input;
use crate::sync::transport::{Request, Transport};
use std::io;
use std::sync::mpsc::{self, Sender};
use std::thread;

/// Takes requests, brings answers. Ends by itself once it is dropped and its last request is over.
#[derive(Debug)]
pub struct Courier {
    requests: Sender<(u64, Request)>,
}

impl Courier {
    /// Starts the thread. `deliver` is called on it with each answer; it hands the input to the thread that owns the
    /// store.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start(
        mut transport: impl Transport + Send + 'static,
        mut deliver: impl FnMut(Input) + Send + 'static,
    ) -> io::Result<Self> {
        let (requests, waiting) = mpsc::channel::<(u64, Request)>();
        thread::Builder::new().name("sync".into()).spawn(move || {
            for (number, request) in waiting {
                deliver(answer(number, transport.send(&request)));
            }
        })?;
        Ok(Self { requests })
    }

    /// Sends without waiting; false where the thread is gone.
    pub fn send(&self, number: u64, request: Request) -> bool {
        self.requests.send((number, request)).is_ok()
    }
}
