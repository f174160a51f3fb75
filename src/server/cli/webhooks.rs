//! `firstout-server webhook`: where news of a site are sent.

use super::{Home, say};
use clap::{Args, Subcommand};
use firstout::domain::{SiteId, Timestamp};
use firstout::server::storage::COMMAND_LINE;
use firstout::server::webhooks::admin::{self, New};
use firstout::server::webhooks::{SigningSecret, Topic, Webhook};
use std::io::Write as _;
use std::process::ExitCode;

const HOUR_MS: i64 = 3_600_000;

/// What `webhook` is told.
#[derive(Subcommand)]
pub enum WebhookCommand {
    /// Makes a webhook and prints what its messages are signed with; it is shown once.
    Add(AddArgs),
    /// Lists every webhook: how it stands, how far it was told, why it fails.
    List,
    /// Has the running server send a message of no meaning, before everything else.
    Test(Which),
    /// Replaces the secret and prints the new one; for a while messages are signed with both.
    Rotate(RotateArgs),
    /// Sends again, at once, to one that was disabled or that waits after a failure.
    Enable(Which),
    /// Sends nothing until it is enabled again; its place in the ledger is kept.
    Disable(Which),
    /// Takes it away.
    Remove(Which),
}

/// A webhook to be.
#[derive(Args)]
pub struct AddArgs {
    /// What it is called, for example erp.
    name: String,
    /// Where its messages are sent: https://host/path.
    #[arg(long)]
    url: String,
    /// What it wants to know, for example order.closed, recall.placed; can be given more than once.
    #[arg(long = "topic", required = true)]
    topics: Vec<Topic>,
    /// Begins behind this entry of the ledger, 0 for all of it; with what comes from now on where absent.
    #[arg(long)]
    after: Option<u64>,
    /// Whose news it gets.
    #[arg(long, default_value_t = 1)]
    site: i64,
}

/// Which one.
#[derive(Args)]
pub struct Which {
    /// Its name.
    name: String,
    /// Its site.
    #[arg(long, default_value_t = 1)]
    site: i64,
}

/// Another secret.
#[derive(Args)]
pub struct RotateArgs {
    #[command(flatten)]
    which: Which,
    /// For how many hours messages are signed with the old one too.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=720))]
    overlap_hours: u32,
}

/// Does it.
///
/// # Errors
/// Where nothing could be saved or read.
pub async fn run(home: &Home, command: WebhookCommand, now: Timestamp) -> anyhow::Result<ExitCode> {
    match command {
        WebhookCommand::Add(AddArgs { name, url, topics, after, site }) => {
            if url.trim_start().starts_with("http://") {
                let note = "This address is not https: it is used where `serve` has --webhooks-allow-http.";
                writeln!(std::io::stderr(), "{note}")?;
            }
            let new = New { site: SiteId(site), name, url, topics, after };
            show(&admin::add(&home.open().await?, new, COMMAND_LINE, now).await?)?;
        }
        WebhookCommand::List => {
            for webhook in home.existing().await?.webhooks().await? {
                tell(&webhook)?;
            }
        }
        WebhookCommand::Test(Which { name, site }) => {
            admin::test(&home.existing().await?, (SiteId(site), &name), now).await?;
            say(&format!(
                "the server sends a test to {name}; `firstout-server webhook list` says how that went"
            ))?;
        }
        WebhookCommand::Rotate(RotateArgs { which: Which { name, site }, overlap_hours }) => {
            let overlap_ms = i64::from(overlap_hours) * HOUR_MS;
            let (storage, which) = (home.existing().await?, (SiteId(site), name.as_str()));
            show(&admin::rotate(&storage, which, overlap_ms, COMMAND_LINE, now).await?)?;
        }
        WebhookCommand::Enable(Which { name, site }) => {
            admin::enable(&home.existing().await?, (SiteId(site), &name), COMMAND_LINE, now).await?;
            say(&format!("{name} is enabled"))?;
        }
        WebhookCommand::Disable(Which { name, site }) => {
            admin::disable(&home.existing().await?, (SiteId(site), &name), COMMAND_LINE, now).await?;
            say(&format!("{name} is disabled"))?;
        }
        WebhookCommand::Remove(Which { name, site }) => {
            admin::remove(&home.existing().await?, (SiteId(site), &name), COMMAND_LINE, now).await?;
            say(&format!("{name} is removed"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(secret: &SigningSecret) -> anyhow::Result<()> {
    // Apart from the secret, so that a script can take the secret alone.
    writeln!(std::io::stderr(), "The secret is shown once; keep it like a password.")?;
    say(secret.reveal())
}

fn tell(webhook: &Webhook) -> anyhow::Result<()> {
    let Webhook { site, name, url, topics, seq, behind, .. } = webhook;
    say(&format!("{site:>3}  {name:<20}  {:<8}  {url}  {}", webhook.state(), Topic::join(topics)))?;
    let delivered = webhook.delivered.map_or_else(|| "nothing yet".to_owned(), |at| at.to_string());
    say(&format!("     told up to entry {seq}, {behind} behind; last delivered: {delivered}"))?;
    if let Some(since) = webhook.failing_since {
        let next = match (webhook.disabled, webhook.next_at) {
            (Some(at), _) => format!("disabled {at}"),
            (None, Some(at)) => format!("next try {at}"),
            (None, None) => String::new(),
        };
        let (failures, problem) = (webhook.failures, &webhook.problem);
        say(&format!("     failed {failures} times since {since}: {problem}; {next}"))?;
    }
    Ok(())
}
