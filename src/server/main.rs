//! `firstout-server`: serves a site's handhelds, enrols them, and checks what it keeps.

mod cli;

use clap::{Parser, Subcommand};
use cli::{Home, say};
use firstout::demo;
use firstout::domain::Day;
use firstout::server::storage::{Act, AuditEntry, Findings, Place, SERVER, move_to, restore};
use firstout::server::{seed, system_clock};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{fmt, prelude::*};

/// The central server of Firstout.
#[derive(Parser)]
#[command(name = "firstout-server", version, about)]
struct Args {
    /// Where the database lies; made where it is missing.
    #[arg(long, global = true, default_value = "firstout-data")]
    data: PathBuf,
    /// Which database: `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST/NAME`, which several server processes may
    /// share; the file `firstout.sqlite` in the data folder where absent.
    #[arg(long, global = true, env = "FIRSTOUT_DATABASE", hide_env_values = true)]
    database: Option<Place>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves handhelds until it is told to stop (SIGTERM, SIGINT).
    Serve(cli::serve::ServeArgs),
    /// Shows a code that makes a handheld a device of a site: once, within ten minutes.
    Enrol(cli::devices::EnrolArgs),
    /// Locks a device out, from its next request on. What it still has recorded is taken into quarantine.
    Revoke(cli::devices::RevokeArgs),
    /// People: who they are and what they may do.
    User {
        #[command(subcommand)]
        command: cli::people::UserCommand,
    },
    /// Keys by which other programs use the API: made, listed, taken back.
    ApiKey {
        #[command(subcommand)]
        command: cli::api_keys::ApiKeyCommand,
    },
    /// Webhooks: where news of a site are sent.
    Webhook {
        #[command(subcommand)]
        command: cli::webhooks::WebhookCommand,
    },
    /// Lists what administrators did and who signed in, the newest last.
    Audit(cli::people::AuditArgs),
    /// Makes a site or changes its rules. A new one needs its locations imported first.
    Site(cli::site::SiteArgs),
    /// Imports files of items, locations, suppliers, customers, orders and opening stock. Exit code 0: all are saved; 1: a file
    /// has problems, which are listed by line, and nothing of it is saved; 2: it could not be done.
    Import(cli::import::ImportArgs),
    /// Fills an empty data folder with the demo warehouse.
    SeedDemo {
        /// Which warehouse.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The day around which its dates lie; today (UTC) where absent.
        #[arg(long)]
        today: Option<Day>,
    },
    /// Signs how far each site's ledger is and what is in it; keep the file where nobody here can write.
    Checkpoint(cli::checkpoint::CheckpointArgs),
    /// Checks sequences, chains and projections, and the ledger against checkpoints. Exit code 0: intact; 2: altered;
    /// 3: truncated; 4: a fork, two histories; 5: it cannot be read.
    Verify(cli::checkpoint::VerifyArgs),
    /// Looks at everything that a server needs and says what is wrong, why that matters and what to do. Exit code 0: nothing
    /// needs anybody; 1: something does.
    Doctor(cli::doctor::DoctorArgs),
    /// Copies the database into a file while the server runs, verifies the copy, and tells handhelds that what is in it
    /// is safe. Exit code 0: done; 1: the database is not sound, and the file is as it was; 2: it could not be done.
    Backup {
        /// The copy; an older one there is replaced once the new one is verified.
        file: PathBuf,
    },
    /// Moves a site that has outgrown its file to an empty PostgreSQL. The server must be stopped; devices notice nothing.
    /// Exit code 0: done, and the file is kept as FILE.moved; 1: it is not sound, and nothing was moved; 2: it could not
    /// be done.
    MigrateDatabase {
        /// The database's file, as `sqlite:PATH`.
        #[arg(long)]
        from: Place,
        /// An empty database, as `postgres://USER:PASSWORD@HOST/NAME`.
        #[arg(long)]
        to: Place,
    },
    /// Puts a backup into an empty data folder. Handhelds send again what it does not have.
    Restore {
        /// What `backup` wrote.
        file: PathBuf,
    },
}

/// Of a command that is not understood, as sysexits.h has it: to start it again does not help.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(said) => {
            let _ = said.print();
            return if said.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    log(matches!(args.command, Command::Serve(_)));
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "firstout-server: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// What is worth a line goes to standard error: of a server also what it does, of a command only what is wrong.
/// `FIRSTOUT_LOG=debug` or `FIRSTOUT_LOG=firstout::server=debug` says more.
fn log(serves: bool) {
    let asked = std::env::var("FIRSTOUT_LOG").ok().and_then(|asked| asked.parse().ok());
    let usual = if serves { LevelFilter::INFO } else { LevelFilter::WARN };
    let targets = asked.unwrap_or_else(|| Targets::new().with_default(usual));
    tracing_subscriber::registry().with(fmt::layer().with_writer(std::io::stderr)).with(targets).init();
}

#[tokio::main]
async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let place = args.database.unwrap_or_else(|| Place::in_folder(&args.data));
    let home = Home { data: args.data, place };
    match args.command {
        Command::Serve(options) => cli::serve::run(home, options).await,
        Command::Enrol(options) => cli::devices::enrol(&home, options, system_clock()()).await,
        Command::Revoke(options) => cli::devices::revoke(&home, options, system_clock()()).await,
        Command::User { command } => cli::people::user(&home, command, system_clock()()).await,
        Command::ApiKey { command } => cli::api_keys::run(&home, command, system_clock()()).await,
        Command::Webhook { command } => cli::webhooks::run(&home, command, system_clock()()).await,
        Command::Audit(options) => cli::people::audit(&home, options).await,
        Command::SeedDemo { seed, today } => seed_demo(&home, seed, today).await,
        Command::Site(set) => cli::site::run(&home.open().await?, set).await,
        Command::Import(files) => cli::import::run(&home.open().await?, files, system_clock()()).await,
        Command::Checkpoint(options) => cli::checkpoint::sign(&home, options, system_clock()()).await,
        Command::Verify(options) => cli::checkpoint::verify(&home, options).await,
        Command::Doctor(options) => cli::doctor::run(home, options, system_clock()()).await,
        Command::Backup { file } => backup(&home, &file).await,
        Command::MigrateDatabase { from, to } => {
            let (findings, kept) = move_to(&from, &to).await?;
            tell(&findings, &format!("moved to {to} and verified there; the old file is {}", kept.display()))
        }
        Command::Restore { file } => {
            let findings = restore(&file, &home.place, &home.data).await?;
            if findings.problems.is_empty() {
                home.open().await?.note(SERVER, machine(Act::Restored, &file)).await?;
            }
            tell(&findings, &format!("restored {}", file.display()))
        }
    }
}

async fn seed_demo(home: &Home, number: u64, today: Option<Day>) -> anyhow::Result<ExitCode> {
    let storage = home.open().await?;
    let now = system_clock()();
    let warehouse = demo::warehouse(number, today.unwrap_or_else(|| now.utc().date_naive()));
    let events = demo::seed::events(&warehouse);
    let seeded = seed(&storage, warehouse.site.id, warehouse.master().collect(), &events, now).await?;
    say(&format!(
        "{}: {} records, {} events taken, {} known, {} odd",
        warehouse.site.name, seeded.records, seeded.events, seeded.known, seeded.odd
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn backup(home: &Home, file: &Path) -> anyhow::Result<ExitCode> {
    let storage = home.existing().await?;
    let findings = storage.backup(file).await?;
    if findings.problems.is_empty() {
        storage.note(SERVER, machine(Act::BackedUp, file)).await?;
    }
    tell(&findings, &format!("backed up and verified: {}", file.display()))
}

fn machine(act: Act, file: &Path) -> AuditEntry {
    AuditEntry::at_the_machine(system_clock()(), act, file.display().to_string())
}

fn tell(findings: &Findings, well: &str) -> anyhow::Result<ExitCode> {
    say(&format!("{} sites, {} entries", findings.sites, findings.entries))?;
    for problem in &findings.problems {
        say(problem)?;
    }
    if findings.problems.is_empty() {
        say(well)?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(1))
}
