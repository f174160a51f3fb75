//! `firstout-server api-key`: keys for other programs.

use super::{Home, say};
use clap::{Args, Subcommand};
use firstout::domain::{SiteId, Timestamp};
use firstout::server::api_keys::{ApiKey, NewApiKey, Scope, make, revoke};
use std::io::Write as _;
use std::process::ExitCode;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What `api-key` is told.
#[derive(Subcommand)]
pub enum ApiKeyCommand {
    /// Makes a key and prints it; it is shown once.
    Add(AddArgs),
    /// Lists every key, without its secret.
    List,
    /// Takes a key back, from its next request on.
    Revoke(RevokeArgs),
}

/// A key to be.
#[derive(Args)]
pub struct AddArgs {
    /// Whose it is, for example erp; a name is used once.
    name: String,
    /// What it may be used for: read (stock, lots, orders), events (the ledger, with who did what), import (files),
    /// webhooks (where news are sent, with who did what); can be given more than once.
    #[arg(long = "scope", required = true)]
    scopes: Vec<Scope>,
    /// After how many days it ends; never where absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: Option<u32>,
    /// The only site that it opens.
    #[arg(long, default_value_t = 1)]
    site: i64,
}

/// Which key.
#[derive(Args)]
pub struct RevokeArgs {
    /// Its name.
    name: String,
    /// Its site.
    #[arg(long, default_value_t = 1)]
    site: i64,
}

/// Does it.
///
/// # Errors
/// Where nothing could be saved or read.
pub async fn run(home: &Home, command: ApiKeyCommand, now: Timestamp) -> anyhow::Result<ExitCode> {
    match command {
        ApiKeyCommand::Add(AddArgs { name, scopes, days, site }) => {
            let expires = days.map(|days| now.plus_ms(i64::from(days) * DAY_MS));
            let new = NewApiKey { site: SiteId(site), name, scopes, expires };
            let key = make(&home.open().await?, new, now).await?;
            // Apart from the key, so that a script can take the key alone.
            writeln!(std::io::stderr(), "The key is shown once; keep it like a password.")?;
            say(&key)?;
        }
        ApiKeyCommand::List => {
            for key in home.existing().await?.api_keys().await? {
                let (site, name, scopes) = (key.site, &key.name, Scope::join(&key.scopes));
                say(&format!("{site:>3}  {name:<20}  {scopes:<18}  {}", state(&key, now)))?;
            }
        }
        ApiKeyCommand::Revoke(RevokeArgs { name, site }) => {
            revoke(&home.existing().await?, SiteId(site), &name, now).await?;
            say(&format!("{name} is taken back"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn state(key: &ApiKey, now: Timestamp) -> String {
    let used = key.last_used.map_or_else(|| "never used".to_owned(), |used| format!("last used {used}"));
    let until = match (key.revoked, key.expires) {
        (Some(revoked), _) => format!("revoked {revoked}"),
        (None, Some(expires)) if now >= expires => format!("ended {expires}"),
        (None, Some(expires)) => format!("until {expires}"),
        (None, None) => "no end".to_owned(),
    };
    format!("made {}, {used}, {until}", key.created)
}
