//! The handheld's program: each command is a module of the library; only here and in `app` is the clock read.
#![expect(clippy::disallowed_methods, reason = "only programs read the clock and make ids")]

use clap::{Parser, Subcommand};
#[cfg(feature = "gui")]
use firstout::app::{
    data::{self, EnrolArgs},
    demo::{self, DemoArgs},
    run::{self, RunArgs},
};
use firstout::decode::{self, DecodeArgs};
use firstout::domain::{EventId, Timestamp};
use firstout::flow::{self, ReplayArgs};
use firstout::screens::EventIds;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

/// Offline-first lot scanner for warehouse floors. Without a command it opens the window.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
#[cfg_attr(not(feature = "gui"), command(subcommand_required = true, arg_required_else_help = true))]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[cfg(feature = "gui")]
    #[command(flatten)]
    window: RunArgs,
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
    /// Checks what this device has seen against checkpoints that the server has signed. Exit code 0: intact; 2: altered; 3:
    /// this device has read fewer entries; 4: a fork, the server has told two stories; 5: nothing to compare.
    #[cfg(feature = "net")]
    Verify(firstout::sync::cli::verify::VerifyArgs),
    /// A demo warehouse, its server and a handheld.
    #[cfg(feature = "gui")]
    Demo(DemoArgs),
    /// Prints the sheet of codes that a scanner is set up with, as HTML.
    #[cfg(feature = "gui")]
    ScannerCodes,
    /// Makes this device one of a site's, with a token from `firstout-server enrol`.
    #[cfg(feature = "gui")]
    Enrol(EnrolArgs),
}

fn main() -> anyhow::Result<()> {
    #[cfg(feature = "gui")]
    log();
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Decode(args)) => {
            let today = now().utc().date_naive();
            decode::run(&args, today, io::stdin().lock(), io::stdout().lock())?;
        }
        Some(Command::Replay(args)) => flow::replay(&args, now(), &mut NewIds, io::stdout().lock())?,
        #[cfg(feature = "net")]
        Some(Command::Sync(args)) => {
            let clock: firstout::sync::http::Clock = std::sync::Arc::new(now);
            firstout::sync::cli::run(&args, &clock, io::stdout().lock())?;
        }
        #[cfg(feature = "net")]
        Some(Command::Verify(args)) => {
            let verdict = firstout::sync::cli::verify::run(&args, io::stdout().lock())?;
            std::process::exit(verdict as i32);
        }
        #[cfg(feature = "gui")]
        Some(Command::Demo(args)) => demo::run(&args)?,
        #[cfg(feature = "gui")]
        Some(Command::ScannerCodes) => println!("{}", firstout::app::symbols::scanner_sheet()),
        #[cfg(feature = "gui")]
        Some(Command::Enrol(args)) => {
            let identity = data::enrol(&args)?;
            println!("{} is enrolled at {}", identity.name, identity.server_url);
        }
        #[cfg(feature = "gui")]
        None => run::run(&cli.window)?,
        #[cfg(not(feature = "gui"))]
        None => {}
    }
    Ok(())
}

/// Warnings go to standard error; `FIRSTOUT_LOG=debug` or `FIRSTOUT_LOG=firstout::sync=debug` says more.
#[cfg(feature = "gui")]
fn log() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::{fmt, prelude::*};
    let asked = std::env::var("FIRSTOUT_LOG").ok().and_then(|asked| asked.parse().ok());
    let targets = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    tracing_subscriber::registry().with(fmt::layer().with_writer(io::stderr)).with(targets).init();
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
