//! `firstout-server serve`: until a signal ends it.

use super::{Home, say};
use anyhow::Context as _;
use clap::Args;
use firstout::server::people::first_admin;
use firstout::server::tls::{Tls, primary_address};
use firstout::server::webhooks::Policy;
use firstout::server::{
    Checkpoints, Config, Limits, MetricsToken, Running, Webhooks, checkpoint, devices, start, system_clock,
};
use hyper::Uri;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Shortest token for `/metrics`, in characters.
const METRICS_TOKEN_MIN: usize = 16;

/// What `serve` is told.
#[derive(Args)]
pub struct ServeArgs {
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7788")]
    listen: SocketAddr,
    /// Where handhelds reach the server, for `enrol`; the address it listens on where absent.
    #[arg(long)]
    url: Option<String>,
    /// A name or an address for the certificate, beside those that are known; can be given more than once.
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// A certificate from elsewhere instead of the server's own authority: its chain (PEM). Handhelds trust the last one in
    /// it.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Plain http, on the loopback interface only: for a demo, or behind a proxy that does TLS.
    #[arg(long, conflicts_with_all = ["tls_cert", "host"])]
    insecure_http: bool,
    /// A folder to import files from (`in/`, `archive/` and `error/` are made in it), for site 1, or for another one as
    /// `SITE=FOLDER`; can be given more than once.
    #[arg(long)]
    inbox: Vec<String>,
    /// A file with the token that lets others than this machine read `/metrics`.
    #[arg(long, value_name = "FILE")]
    metrics_token_file: Option<PathBuf>,
    /// Where a signed checkpoint of each ledger is put at the start and every hour; best on another machine's disk. The
    /// folder `checkpoints` in the data folder where absent.
    #[arg(long, value_name = "FOLDER")]
    checkpoints: Option<PathBuf>,
    /// Webhooks may be sent to addresses of this machine and of private networks too.
    #[arg(long)]
    webhooks_allow_private: bool,
    /// Webhooks may be sent without TLS too.
    #[arg(long)]
    webhooks_allow_http: bool,
    /// Authorities that receivers of webhooks are trusted by, beside the system's (PEM).
    #[arg(long, value_name = "FILE")]
    webhooks_ca: Option<PathBuf>,
    /// Sends no webhooks: for a copy of a database that is only looked at.
    #[arg(long)]
    no_webhooks: bool,
    /// Writes the bound address into this file once it is ready.
    #[arg(long)]
    port_file: Option<PathBuf>,
    /// Stops when standard input ends, so as not to outlive the program that started it.
    #[arg(long)]
    until_stdin_ends: bool,
}

/// Serves; exit code 0 once a signal has ended it.
///
/// # Errors
/// Where it cannot start.
pub async fn run(home: Home, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let inboxes =
        args.inbox.iter().map(|text| super::inbox::inbox(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let Home { data, place } = home;
    let tls = tls(&data, &args)?;
    let (scheme, authority) = tls.as_ref().map_or(("http", None), |tls| ("https", Some(tls.fingerprint)));
    let (listen, clock, limits) = (args.listen, system_clock(), Limits::of(&place));
    let metrics_token = args.metrics_token_file.as_deref().map(metrics_token).transpose()?;
    let folder = args.checkpoints.clone().unwrap_or_else(|| checkpoint::folder(&data));
    let checkpoints = Some(Checkpoints { key: checkpoint::key(&data)?, folder });
    let database = Some(place);
    let webhooks = (!args.no_webhooks).then(|| webhooks(&args)).transpose()?;
    let data_folder = data.clone();
    let config = Config {
        listen,
        data: data_folder,
        database,
        clock,
        limits,
        tls,
        metrics_token,
        checkpoints,
        webhooks,
    };
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
    let reachable = SocketAddr::new(seen_from_outside(running.addr.ip()), running.addr.port());
    let url = args.url.unwrap_or_else(|| format!("{scheme}://{reachable}"));
    devices::note_url(&data, &url, authority).context("cannot write into the data folder")?;
    if let Some((badge, pin)) = first_admin(&running.storage, system_clock()()).await? {
        let mut shown = std::io::stderr().lock();
        writeln!(
            shown,
            "The first administrator signs in at {url}/ with badge {badge} and PIN {pin}; this is shown once."
        )?;
    }
    say(&format!("listening on {scheme}://{}", running.addr))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stdin_end(args.until_stdin_ends) => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The token in a file, without the end of its line.
fn metrics_token(file: &Path) -> anyhow::Result<MetricsToken> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let token = text.trim();
    let long_enough = token.len() >= METRICS_TOKEN_MIN;
    anyhow::ensure!(long_enough, "{}: a token has {METRICS_TOKEN_MIN} characters or more", file.display());
    Ok(MetricsToken::new(token))
}

/// Where webhooks may be sent.
fn webhooks(args: &ServeArgs) -> anyhow::Result<Webhooks> {
    let read =
        |file: &PathBuf| std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    let roots = args.webhooks_ca.as_ref().map(read).transpose()?.unwrap_or_default();
    let (allow_private, allow_http) = (args.webhooks_allow_private, args.webhooks_allow_http);
    Ok(Webhooks::new(Policy { allow_private, allow_http, roots }))
}

/// The certificate that was given, or one of the own authority; none where plain http is wanted.
fn tls(data: &Path, args: &ServeArgs) -> anyhow::Result<Option<Tls>> {
    if args.insecure_http {
        let loopback = args.listen.ip().is_loopback();
        anyhow::ensure!(loopback, "--insecure-http is for the loopback interface, not for {}", args.listen);
        return Ok(None);
    }
    if let (Some(chain), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return Ok(Some(Tls::given(chain, key)?));
    }
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.push(seen_from_outside(args.listen.ip()).to_string());
    names.extend(args.host.iter().cloned());
    names.extend(args.url.as_deref().and_then(host));
    names.sort();
    names.dedup();
    Ok(Some(Tls::own(data, &names)?))
}

/// The listening address, or this machine's own where it listens on all.
fn seen_from_outside(ip: IpAddr) -> IpAddr {
    if ip.is_unspecified() { primary_address().unwrap_or(IpAddr::from([127, 0, 0, 1])) } else { ip }
}

/// The name or address in a server's address.
fn host(url: &str) -> Option<String> {
    let authority: Uri = url.parse().ok()?;
    let host = authority.host()?.trim_start_matches('[').trim_end_matches(']');
    Some(host.to_owned())
}

/// Waits for the end of standard input, or for ever. A thread of its own: such a read cannot be called off.
async fn stdin_end(watched: bool) {
    if !watched {
        return std::future::pending().await;
    }
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}
