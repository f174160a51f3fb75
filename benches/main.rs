#![allow(clippy::disallowed_methods, reason = "a bench is there to read the clock")]

fn main() {}
