//! Any flow file is refused by its line or played, and no input is met by a panic.
#![no_main]

use firstout::domain::{EventId, Timestamp};
use firstout::flow::{Runner, Step, fill_demo, parse};
use firstout::screens::{EventIds, SessionConfig};
use firstout::store::Store;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_795_420_800_000);
/// Inputs of one flow, and flows on one file.
const STEPS_MAX: usize = 40;
const FLOWS_MAX: u32 = 500;

struct Ids(u128);

impl EventIds for Ids {
    fn next_id(&mut self, _now: Timestamp) -> EventId {
        self.0 += 1;
        EventId(Uuid::from_u128(self.0))
    }
}

fn store() -> Store {
    let mut store = Store::open_in_memory().expect("a store in memory");
    fill_demo(&mut store, 1, NOW.utc().date_naive(), NOW).expect("the demo warehouse");
    store
}

thread_local! {
    static STORE: RefCell<(Store, Ids, u32)> = RefCell::new((store(), Ids(0), 0));
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(steps) = parse(text) else { return };
    STORE.with_borrow_mut(|(store, ids, flows)| {
        *flows += 1;
        if *flows > FLOWS_MAX {
            (*store, *flows) = (self::store(), 0);
        }
        let mut runner = Runner::new(store, ids, SessionConfig::default(), NOW);
        for (line, step) in steps.into_iter().take(STEPS_MAX) {
            // What is expected is the tests' matter.
            let step = Step { expect: None, count: None, ..step };
            let _ = runner.step(line, &step);
        }
    });
});
