//! Commands of `firstout-server` that are more than one call.

pub mod devices;
pub mod import;
pub mod inbox;
pub mod serve;
pub mod site;

use anyhow::Context as _;
use std::io::Write as _;

/// Prints a line to standard output.
///
/// # Errors
/// Where nobody reads it any more.
pub fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to standard output")
}
