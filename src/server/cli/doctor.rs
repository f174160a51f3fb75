//! `firstout-server doctor`: what it found, for people or for programs.

use super::{Home, say};
use clap::Args;
use firstout::domain::Timestamp;
use firstout::server::doctor::{Ask, Finding, Level, examine};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `doctor` is told: where it is not the usual, the same as `serve`.
#[derive(Args)]
pub struct DoctorArgs {
    /// Where the server listens.
    #[arg(long, default_value = "127.0.0.1:7788")]
    listen: SocketAddr,
    /// The certificate chain that the server is given (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A folder that the server imports files from, as `FOLDER` or `SITE=FOLDER`; can be given more than once.
    #[arg(long)]
    inbox: Vec<String>,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

/// Looks and tells; exit code 0: nothing needs anybody; 1: something does.
///
/// # Errors
/// Where nobody reads the answer.
pub async fn run(home: Home, args: DoctorArgs, now: Timestamp) -> anyhow::Result<ExitCode> {
    let folder = |text: &String| {
        Path::new(text.split_once('=').map_or(text.as_str(), |(_, folder)| folder)).to_owned()
    };
    let ask = Ask {
        data: home.data,
        place: home.place,
        listen: args.listen,
        tls: args.tls_cert.zip(args.tls_key),
        inboxes: args.inbox.iter().map(folder).collect(),
    };
    let found = examine(&ask, now).await;
    let healthy = found.iter().all(|finding| finding.level <= Level::Note);
    if args.json {
        say(&serde_json::json!({ "healthy": healthy, "findings": found }).to_string())?;
    } else {
        found.iter().try_for_each(tell)?;
        let bad = found.iter().filter(|finding| finding.level > Level::Note).count();
        say(&if healthy {
            "nothing needs you".to_owned()
        } else {
            format!("{bad} of {} need you", found.len())
        })?;
    }
    Ok(ExitCode::from(u8::from(!healthy)))
}

fn tell(finding: &Finding) -> anyhow::Result<()> {
    let level = match finding.level {
        Level::Fine => "fine",
        Level::Note => "note",
        Level::Warning => "WARNING",
        Level::Problem => "PROBLEM",
    };
    say(&format!("{level:<8} {:<20} {}", finding.code, finding.what))?;
    if finding.level > Level::Fine {
        say(&format!("{:29} Why: {}", "", finding.why))?;
        say(&format!("{:29} Do:  {}", "", finding.todo))?;
    }
    Ok(())
}
