//! `firstout replay FLOW.jsonl --db FILE`: plays a flow against a real file, without a window.

use super::{FlowError, Runner, fill_demo, parse};
use crate::domain::{Day, Timestamp};
use crate::screens::{EventIds, Page, SessionConfig, View};
use crate::store::Store;
use std::io::Write;
use std::path::PathBuf;

/// Options of `firstout replay`.
#[derive(Debug, Clone, clap::Args)]
pub struct ReplayArgs {
    /// The flow file: one JSON object a line.
    pub flow: PathBuf,
    /// The handheld's file; made where there is none.
    #[arg(long)]
    pub db: PathBuf,
    /// Print each view as one line of JSON.
    #[arg(long)]
    pub json: bool,
    /// Fill a fresh file with the demo warehouse of this seed.
    #[arg(long, value_name = "SEED")]
    pub demo: Option<u64>,
    /// The day around which the demo's dates are made (YYYY-MM-DD); the flow's clock starts there at 08:00 UTC.
    #[arg(long, value_name = "DATE")]
    pub today: Option<Day>,
}

/// Why a replay ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file cannot be read, or the output not written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The handheld's file.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The flow is none, or something is not as it expects.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// A view without JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Plays the flow and prints the state after each input.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay(
    args: &ReplayArgs,
    now: Timestamp,
    ids: &mut dyn EventIds,
    mut output: impl Write,
) -> Result<(), ReplayError> {
    let steps = parse(&std::fs::read_to_string(&args.flow)?)?;
    let now = args.today.and_then(morning).unwrap_or(now);
    let (mut store, _) = Store::open(&args.db, now)?;
    if let (Some(seed), None) = (args.demo, store.identity()?) {
        fill_demo(&mut store, seed, args.today.unwrap_or(now.utc().date_naive()), now)?;
    }
    let name = store.identity()?.map(|identity| identity.name).unwrap_or_default();
    let config = SessionConfig { device_name: name, ..SessionConfig::default() };
    let mut runner = Runner::new(&mut store, ids, config, now);
    for (line, step) in &steps {
        let Some(view) = runner.step(*line, step)? else { continue };
        if args.json {
            serde_json::to_writer(&mut output, &view)?;
            writeln!(output)?;
        } else {
            writeln!(output, "{line:>4}  {}", describe(&view))?;
        }
    }
    output.flush()?;
    Ok(())
}

fn morning(day: Day) -> Option<Timestamp> {
    let at = day.and_hms_opt(8, 0, 0)?;
    Some(Timestamp(at.and_utc().timestamp_millis()))
}

/// One view in a few words: title, what is asked, what is in hand, the question, the strip.
fn describe(view: &View) -> String {
    let mut parts = vec![view.title.clone()];
    if !view.progress.is_empty() {
        parts.push(view.progress.clone());
    }
    parts.push(middle(&view.page));
    parts.extend(view.keypad.as_ref().map(|keypad| format!("{} [{}]", keypad.prompt, keypad.text)));
    parts.extend(view.sheet.as_ref().map(|sheet| {
        let answers: Vec<&str> = sheet.answers.iter().map(|answer| answer.label.as_str()).collect();
        format!("? {} ({})", sheet.title, answers.join(" / "))
    }));
    parts.extend(view.strip.as_ref().map(|strip| format!("{:?}: {}", strip.tone, strip.text)));
    parts.push(match view.badge.pending {
        0 => "✓".to_owned(),
        pending => format!("↑{pending}"),
    });
    parts.retain(|part| !part.is_empty());
    parts.join(" | ")
}

fn middle(page: &Page) -> String {
    let words: Vec<&str> = match page {
        Page::SignIn(page) => vec![&page.prompt],
        Page::Home(page) => vec![&page.greeting],
        Page::Orders(page) => vec![&page.prompt],
        Page::Receive(page) => {
            let mut words = vec![page.prompt.as_str()];
            if let Some(goods) = &page.goods {
                words.extend([
                    &*goods.item,
                    &goods.lot,
                    &goods.good_to,
                    &page.quantity,
                    &page.quantity_detail,
                ]);
            }
            words
        }
        Page::PutAway(page) | Page::Move(page) => {
            let mut words = vec![page.prompt.as_str(), page.suggestion.as_str()];
            if let Some(goods) = &page.goods {
                words.extend([&*goods.item, &goods.lot, &page.quantity, &page.quantity_detail]);
            }
            words
        }
        Page::Pick(page) => {
            vec![&page.prompt, &page.location, &page.goods.item, &page.goods.lot, &page.quantity]
        }
        Page::Dispatch(page) => vec![&page.prompt, &page.customer, &page.loaded],
        Page::LookUp(page) | Page::Hold(page) => vec![&page.prompt, &page.heading, &page.status],
        Page::Sync(page) => vec![&page.headline, &page.problem],
        Page::Calibrate(page) => {
            std::iter::once(&page.prompt).chain(&page.advice).map(String::as_str).collect()
        }
    };
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · ")
}
