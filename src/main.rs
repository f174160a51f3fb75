//! The handheld's program: each command is a module of the library; only here is the clock read.
#![expect(clippy::disallowed_methods, reason = "only programs read the clock and make ids")]

use clap::{Parser, Subcommand};
use firstout::decode::{self, DecodeArgs};
use firstout::domain::{EventId, Timestamp};
use firstout::flow::{self, ReplayArgs};
use firstout::screens::EventIds;
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
    /// Plays a flow file against a handheld's file, without a window, and prints the state after each input.
    Replay(ReplayArgs),
    /// Sends what waits in a handheld's file and fetches what is new, once.
    #[cfg(feature = "net")]
    Sync(firstout::sync::cli::SyncArgs),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Decode(args) => {
            let today = now().utc().date_naive();
            decode::run(&args, today, io::stdin().lock(), io::stdout().lock())?;
        }
        Command::Replay(args) => flow::replay(&args, now(), &mut NewIds, io::stdout().lock())?,
        #[cfg(feature = "net")]
        Command::Sync(args) => {
            firstout::sync::cli::run(&args, now, io::stdout().lock())?;
        }
    }
    Ok(())
}

/// Draws the ids of new events.
struct NewIds;

impl EventIds for NewIds {
    fn next_id(&mut self, _now: Timestamp) -> EventId {
        EventId(uuid::Uuid::now_v7())
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
