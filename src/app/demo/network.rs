//! A network that can be cut: the demo's switch between the handheld and its server.

use crate::sync::engine::{Failure, Reply};
use crate::sync::transport::{Request, Transport};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The switch; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Switch(Arc<AtomicBool>);

impl Switch {
    /// True while nothing gets through.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Cuts or restores.
    pub fn set_cut(&self, cut: bool) {
        self.0.store(cut, Ordering::SeqCst);
    }
}

/// A transport behind the switch.
pub struct Switched<T> {
    /// The switch.
    pub switch: Switch,
    /// What carries requests while it is closed.
    pub inner: T,
}

impl<T: Transport> Transport for Switched<T> {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        if self.switch.is_cut() {
            return Err(Failure::Offline);
        }
        let reply = self.inner.send(request);
        // What was on its way when the cable was pulled is lost too.
        if self.switch.is_cut() { Err(Failure::Offline) } else { reply }
    }
}
