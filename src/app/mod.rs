//! The window: Slint adapters, the worker that owns the store, scanner sources and feedback.
