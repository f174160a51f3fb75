//! `firstout-server serve`: until a signal ends it.

use super::say;
use anyhow::Context as _;
use clap::Args;
use firstout::server::{Config, Limits, Running, devices, start, system_clock};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// What `serve` is told.
#[derive(Args)]
pub struct ServeArgs {
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7788")]
    listen: SocketAddr,
    /// Where handhelds reach the server, for `enrol`; the address it listens on where absent.
    #[arg(long)]
    url: Option<String>,
    /// A folder to import files from (`in/`, `archive/` and `error/` are made in it), for site 1, or for another one as
    /// `SITE=FOLDER`; can be given more than once.
    #[arg(long)]
    inbox: Vec<String>,
    /// Writes the bound address into this file once it is ready.
    #[arg(long)]
    port_file: Option<PathBuf>,
}

/// Serves; exit code 0 once a signal has ended it.
///
/// # Errors
/// Where it cannot start.
pub async fn run(data: PathBuf, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let inboxes =
        args.inbox.iter().map(|text| super::inbox::inbox(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let config =
        Config { listen: args.listen, data: data.clone(), clock: system_clock(), limits: Limits::default() };
    let clock = config.clock.clone();
    let running: Running = start(config).await?;
    super::inbox::watch(running.storage.clone(), clock, inboxes);
    if let Some(file) = args.port_file {
        // Renamed into place, so that a reader never sees half an address.
        let part = file.with_extension("part");
        std::fs::write(&part, format!("{}\n", running.addr))
            .and_then(|()| std::fs::rename(&part, &file))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let bound = format!("http://{}", running.addr);
    let reachable = args.url.or_else(|| (!running.addr.ip().is_unspecified()).then(|| bound.clone()));
    devices::note_url(&data, &reachable.unwrap_or_default()).context("cannot write into the data folder")?;
    say(&format!("listening on {bound}"))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}
