//! `firstout-server checkpoint` and `verify`.

use super::{Home, say};
use anyhow::Context as _;
use clap::Args;
use firstout::domain::{PublicKey, SiteId, Timestamp};
use firstout::server::checkpoint::{self, Signed};
use firstout::server::storage::Report;
use firstout::sync::wire::Verdict;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What `checkpoint` is told.
#[derive(Args)]
pub struct CheckpointArgs {
    /// The site; all of them where absent.
    #[arg(long)]
    site: Option<i64>,
    /// Writes the checkpoint into this file instead of printing it; for one site.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Writes a sheet to print as well (HTML): the text, and the same as a code to scan; for one site.
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
}

/// Signs what is true now.
///
/// # Errors
/// Where there is nothing to sign, or a file cannot be written.
pub async fn sign(home: &Home, args: CheckpointArgs, now: Timestamp) -> anyhow::Result<ExitCode> {
    let storage = home.existing().await?;
    let key = checkpoint::key(&home.data)?;
    let signed = checkpoint::sign(&storage, &key, args.site.map(SiteId), now).await?;
    let to_file = args.out.is_some() || args.sheet.is_some();
    anyhow::ensure!(!signed.is_empty(), "there is no ledger to sign");
    anyhow::ensure!(!to_file || signed.len() == 1, "there are several sites: say which one with --site");
    for one in &signed {
        if let Some(file) = &args.out {
            checkpoint::write(one, file)?;
        } else {
            say(one.text.trim_end())?;
        }
        if let Some(file) = &args.sheet {
            std::fs::write(file, checkpoint::sheet(one))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        tell_where(one, &args)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_where(signed: &Signed, args: &CheckpointArgs) -> anyhow::Result<()> {
    let files = [&args.out, &args.sheet].into_iter().flatten();
    for file in files {
        let (site, size) = (signed.checkpoint.site, signed.checkpoint.size);
        writeln!(std::io::stderr(), "site {site}, {size} entries: {}", file.display())?;
    }
    Ok(())
}

/// What `verify` is told.
#[derive(Args)]
pub struct VerifyArgs {
    /// A checkpoint that was taken elsewhere; can be given more than once. Prints JSON.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// A key that checkpoints are trusted by (`checkpoint.pub`, 64 digits), kept elsewhere; the data folder's own where
    /// absent. Can be given more than once.
    #[arg(long, value_name = "DIGITS", value_parser = key)]
    key: Vec<PublicKey>,
    /// Prints JSON also without a checkpoint.
    #[arg(long)]
    json: bool,
}

fn key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse(text).ok_or_else(|| "a key has 64 hexadecimal digits".to_owned())
}

/// Checks the database; the exit code says what was found.
///
/// # Errors
/// Where nobody reads what is printed.
pub async fn verify(home: &Home, args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let json = args.json || !args.checkpoint.is_empty();
    let verdict = match check(home, &args).await {
        Ok(report) => {
            if json {
                say(&serde_json::to_string(&report)?)?;
            } else {
                tell(&report)?;
            }
            report.verdict
        }
        Err(error) => {
            let verdict = Verdict::Unreadable;
            if json {
                let problems = [format!("{error:#}")];
                say(&serde_json::json!({ "verdict": verdict, "problems": problems }).to_string())?;
            } else {
                writeln!(std::io::stderr(), "firstout-server: {error:#}")?;
            }
            verdict
        }
    };
    Ok(ExitCode::from(verdict as u8))
}

async fn check(home: &Home, args: &VerifyArgs) -> anyhow::Result<Report> {
    let storage = home.existing().await?;
    let mut given = Vec::new();
    for file in &args.checkpoint {
        let name = file.display().to_string();
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {name}"))?;
        given.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    let keys = if args.key.is_empty() && !given.is_empty() {
        vec![checkpoint::public_key(&home.data).context("say by --key which key is trusted")?]
    } else {
        args.key.clone()
    };
    Ok(checkpoint::check(&storage, &given, &keys).await?)
}

fn tell(report: &Report) -> anyhow::Result<()> {
    say(&format!("{} sites, {} entries", report.sites, report.entries))?;
    for problem in &report.problems {
        say(problem)?;
    }
    if report.verdict == Verdict::Intact {
        say("sequences dense, chains unbroken, projections equal to the fold")?;
    }
    Ok(())
}
