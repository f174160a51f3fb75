//! The handheld's program: each command is a module of the library; only here is the clock read.

use clap::{Parser, Subcommand};
use firstout::decode::{self, DecodeArgs};
use firstout::domain::Timestamp;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

/// Offline-first lot scanner for warehouse floors.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads one symbol per line (`\xNN` escapes) and prints what it means.
    Decode(DecodeArgs),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Decode(args) => {
            let today = now().utc().date_naive();
            decode::run(&args, today, io::stdin().lock(), io::stdout().lock())?;
        }
    }
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
