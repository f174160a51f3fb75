//! `firstout-server enrol` and `revoke`.

use super::{Home, say};
use clap::Args;
use firstout::domain::{SiteId, Timestamp};
use firstout::server::devices;
use firstout::server::storage::COMMAND_LINE;
use std::io::IsTerminal as _;
use std::process::ExitCode;

/// What `enrol` is told.
#[derive(Args)]
pub struct EnrolArgs {
    /// The site.
    #[arg(long, default_value_t = 1)]
    site: i64,
    /// The name on the device's back; the handheld's own name where absent.
    #[arg(long, default_value = "")]
    name: String,
    /// Where handhelds reach the server; what `serve` keeps in the data folder where absent.
    #[arg(long)]
    url: Option<String>,
    /// Prints the text alone, without the code to scan.
    #[arg(long)]
    plain: bool,
}

/// What `revoke` is told.
#[derive(Args)]
pub struct RevokeArgs {
    /// The device's name or its id.
    device: String,
    /// The site, where an id is given.
    #[arg(long, default_value_t = 1)]
    site: i64,
}

/// Shows an invitation.
///
/// # Errors
/// Where nothing could be saved.
pub async fn enrol(home: &Home, args: EnrolArgs, now: Timestamp) -> anyhow::Result<ExitCode> {
    let storage = home.open().await?;
    let site = SiteId(args.site);
    let invitation = devices::invite(&storage, site, &args.name, args.url, COMMAND_LINE, now).await?;
    let text = invitation.to_string();
    if let Some(code) = devices::qr(&text).filter(|_| !args.plain) {
        // On a terminal the colours are said: a reader wants dark modules on a light ground, whatever the theme.
        let (on, off) =
            if std::io::stdout().is_terminal() { ("\u{1b}[97;40m", "\u{1b}[0m") } else { ("", "") };
        for line in code {
            say(&format!("{on}{line}{off}"))?;
        }
        say(
            "Scan it in the handheld's window or with `firstout enrol`, within ten minutes; it works once. Or type:",
        )?;
    }
    say(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Locks a device out.
///
/// # Errors
/// Where the name fits none or several, and where nothing could be saved.
pub async fn revoke(home: &Home, args: RevokeArgs, now: Timestamp) -> anyhow::Result<ExitCode> {
    let storage = home.existing().await?;
    let (device, changed) = devices::revoke(&storage, SiteId(args.site), &args.device, now).await?;
    let done = if changed { "is locked out" } else { "was locked out before" };
    say(&format!("{} ({}) {done}", device.name, device.device))?;
    Ok(ExitCode::SUCCESS)
}
