//! The handheld's program.
fn main() {}
