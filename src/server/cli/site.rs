//! `firstout-server site`: makes a site, or changes its rules.

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use firstout::domain::{FefoPolicy, SiteId, SiteZone};
use firstout::server::storage::Storage;
use firstout::server::{SiteChange, set_site};
use std::process::ExitCode;

/// What `site` is told; what is absent stays as it is.
#[derive(Args)]
pub struct SiteArgs {
    /// The site's number.
    #[arg(default_value_t = 1)]
    site: i64,
    /// The name on screens.
    #[arg(long)]
    name: Option<String>,
    /// IANA time zone, for example Europe/Berlin; it decides when a day ends.
    #[arg(long)]
    zone: Option<String>,
    /// What the scan of a later lot does.
    #[arg(long)]
    fefo: Option<Fefo>,
    /// Code of the dock where receipts are booked.
    #[arg(long)]
    dock: Option<String>,
    /// Code of the staging place where picked goods wait.
    #[arg(long)]
    staging: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Fefo {
    /// Accept and record.
    Allow,
    /// Ask for a reason.
    AskReason,
    /// Refuse.
    Stop,
}

/// Sets the site.
///
/// # Errors
/// Where something is missing or unknown, or the database cannot be used.
pub async fn run(storage: &Storage, args: SiteArgs) -> anyhow::Result<ExitCode> {
    let zone = args.zone.map(|zone| {
        let found = zone.parse().map(SiteZone);
        found.map_err(|_| anyhow::anyhow!("there is no time zone {zone:?}; write one like Europe/Berlin"))
    });
    let fefo = args.fefo.map(|fefo| match fefo {
        Fefo::Allow => FefoPolicy::Allow,
        Fefo::AskReason => FefoPolicy::AskReason,
        Fefo::Stop => FefoPolicy::Stop,
    });
    let change =
        SiteChange { name: args.name, zone: zone.transpose()?, fefo, dock: args.dock, staging: args.staging };
    let site = set_site(storage, SiteId(args.site), change).await.context("the site was not set")?;
    super::say(&format!("site {}: {}, {}", site.id, site.name, site.zone.0.name()))?;
    Ok(ExitCode::SUCCESS)
}
