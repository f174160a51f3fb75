//! Sync: the wire format, a state machine without I/O, and its HTTP executor.

pub mod wire;
