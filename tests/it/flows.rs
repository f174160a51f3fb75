//! The flow files, each against its own demo warehouse.

use crate::store_kit::Folder;
use firstout::domain::{EventId, Timestamp};
use firstout::flow::{Runner, fill_demo, parse};
use firstout::screens::{EventIds, SessionConfig};
use firstout::store::Store;
use std::path::Path;
use std::sync::OnceLock;
use uuid::Uuid;

/// 2026-11-23 08:00 UTC.
pub const MORNING: Timestamp = Timestamp(1_795_420_800_000);

/// Ids that count up: a run is the same every time.
#[derive(Default)]
pub struct Counter(u128);

impl Counter {
    /// Ids that nobody gave before.
    pub fn after(given: u128) -> Self {
        Self(given)
    }
}

impl EventIds for Counter {
    fn next_id(&mut self, _now: Timestamp) -> EventId {
        self.0 += 1;
        EventId(Uuid::from_u128(0xF10 << 64 | self.0))
    }
}

/// A fresh copy of the demo's handheld of 23 November 2026; it is filled once for all tests.
pub fn demo_store(folder: &Folder) -> Store {
    static FILLED: OnceLock<Folder> = OnceLock::new();
    let filled = FILLED.get_or_init(|| {
        let template = Folder::new("demo");
        let (mut store, _) = Store::open(&template.file(), MORNING).unwrap();
        fill_demo(&mut store, 1, MORNING.utc().date_naive(), MORNING).unwrap();
        template
    });
    std::fs::copy(filled.file(), folder.file()).unwrap();
    Store::open(&folder.file(), MORNING).unwrap().0
}

fn play(file: &Path) -> Result<(), String> {
    let folder = Folder::new("flow");
    let named = |what: String| format!("{}: {what}", file.display());
    let steps = parse(&std::fs::read_to_string(file).unwrap()).map_err(|error| named(error.to_string()))?;
    let mut store = demo_store(&folder);
    let mut ids = Counter::default();
    let mut runner = Runner::new(&mut store, &mut ids, SessionConfig::default(), MORNING);
    for (line, step) in &steps {
        runner.step(*line, step).map_err(|error| named(error.to_string()))?;
    }
    Ok(())
}

#[test]
fn every_flow_file_plays_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    let failed: Vec<String> = files.iter().filter_map(|file| play(file).err()).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
