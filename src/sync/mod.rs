//! Sync: the wire format, a state machine without I/O, the driver that gives it a store, and its HTTP executor.

#[cfg(feature = "net")]
pub mod cli;
pub mod driver;
pub mod engine;
#[cfg(feature = "net")]
pub mod http;
pub mod transport;
pub mod wire;
