//! The flow files, each against its own demo warehouse.

use crate::store_kit::Folder;
use firstout::domain::{EventId, Timestamp};
use firstout::flow::{Runner, parse};
use firstout::screens::{EventIds, SessionConfig};
use firstout::store::Store;
use std::path::Path;
use uuid::Uuid;

/// Ids that count up: a run is the same every time.
#[derive(Default)]
pub struct Counter(u128);

impl EventIds for Counter {
    fn next_id(&mut self, _now: Timestamp) -> EventId {
        self.0 += 1;
        EventId(Uuid::from_u128(0xF10 << 64 | self.0))
    }
}

fn play(file: &Path) -> Result<(), String> {
    let folder = Folder::new("flow");
    let named = |what: String| format!("{}: {what}", file.display());
    let steps = parse(&std::fs::read_to_string(file).unwrap()).map_err(|error| named(error.to_string()))?;
    let (mut store, _) = Store::open(&folder.file(), Timestamp(0)).unwrap();
    let mut ids = Counter::default();
    let mut runner = Runner::new(&mut store, &mut ids, SessionConfig::default(), Timestamp(0));
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
