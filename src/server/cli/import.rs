//! `firstout-server import`: files into a site, all lines or none, with the problems by line.

use anyhow::Context as _;
use clap::Args;
use firstout::domain::{SiteId, Timestamp, UserId};
use firstout::exchange::import::FileKind;
use firstout::server::import::{File, Imported, import};
use firstout::server::storage::Storage;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `import` is told.
#[derive(Args)]
pub struct ImportArgs {
    /// Files whose names begin with what they list (items, locations, suppliers, customers, inbound, outbound, stock), as in
    /// `items-2026-11.csv`; imported in that order.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What the files list, where their names do not say it.
    #[arg(long)]
    kind: Option<FileKind>,
    /// The site.
    #[arg(long, default_value_t = 1)]
    site: i64,
    /// Only says what would change.
    #[arg(long)]
    dry_run: bool,
    /// Prints a line of JSON for each file.
    #[arg(long)]
    json: bool,
}

/// Imports; exit code 0: all files are saved; 1: a file has problems, which are listed, and it and the ones after it are
/// not saved.
///
/// # Errors
/// Where a file cannot be read or the database cannot be used.
pub async fn run(storage: &Storage, args: ImportArgs, now: Timestamp) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in args.files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = args.kind.or_else(|| FileKind::of_file_name(&name)).with_context(|| {
            format!("{}: the name does not say what the file lists; add --kind", path.display())
        })?;
        files.push((kind, path));
    }
    files.sort();
    let bar = bar(files.len());
    for (kind, path) in &files {
        bar.set_message(path.display().to_string());
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file = File {
            site: SiteId(args.site),
            kind: *kind,
            bytes: bytes.into(),
            dry_run: args.dry_run,
            by: UserId::NOBODY,
            now,
        };
        let imported = import(storage, &file).await.with_context(|| path.display().to_string())?;
        let told = bar.suspend(|| tell(path, &imported, args.json, args.dry_run));
        told?;
        if imported.problems_total > 0 {
            return Ok(ExitCode::from(1));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// A bar for a terminal; nothing where standard error is a file.
fn bar(files: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(files).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn tell(path: &Path, imported: &Imported, json: bool, dry_run: bool) -> anyhow::Result<()> {
    if json {
        return super::say(&serde_json::to_string(imported)?);
    }
    let path = path.display();
    if imported.problems_total > 0 {
        super::say(&format!("{path}: not imported, {} problems", imported.problems_total))?;
        for problem in &imported.problems {
            super::say(&format!("  {problem}"))?;
        }
        let more = imported.problems_total - imported.problems.len();
        return if more > 0 { super::say(&format!("  and {more} more")) } else { Ok(()) };
    }
    let counts = imported.counts;
    let done = if dry_run { "would be imported" } else { "imported" };
    super::say(&format!(
        "{path}: {} {done}: {} lines, {} new, {} changed, {} as before",
        imported.kind, counts.lines, counts.created, counts.changed, counts.unchanged
    ))?;
    if imported.ignored.is_empty() {
        return Ok(());
    }
    super::say(&format!("  columns left out: {}", imported.ignored.join(", ")))
}
