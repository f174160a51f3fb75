//! Pages that fail at a bad moment.

use super::*;
use crate::demo::{seed, warehouse};
use crate::domain::{Body, DeviceId, EventId, Park};
use crate::screens::resolve::Scan;
use crate::screens::view::{HomePage, Page};
use crate::store::Identity;
use crate::sync::wire::{ServerEpoch, Stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

const MORNING: Timestamp = Timestamp(1_795_420_800_000);

struct Counter(u128);

impl EventIds for Counter {
    fn next_id(&mut self, _now: Timestamp) -> EventId {
        self.0 += 1;
        EventId(Uuid::from_u128(self.0))
    }
}

/// Saves so many events, then cannot read on.
struct Stumbles {
    saves: u32,
    refreshed: Arc<AtomicU32>,
}

impl Screen for Stumbles {
    fn name(&self) -> &'static str {
        "stumbles"
    }

    fn refresh(&mut self, _desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.refreshed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, _scan: &Scan) -> Result<Answer, StoreError> {
        for _ in 0..self.saves {
            desk.confirm(Body::Park(Park { bytes_hex: "00".into(), screen: "stumbles".into() }))?;
        }
        Err(StoreError::Busy)
    }

    fn on_tap(&mut self, _desk: &mut Desk<'_>, _id: &str) -> Result<Answer, StoreError> {
        Ok(Answer::silent())
    }

    fn view(&self, _frame: &Frame<'_>) -> Drawn {
        let page = HomePage { greeting: String::new(), tiles: Vec::new(), hint: String::new() };
        Drawn::new(String::new(), Page::Home(page))
    }
}

fn fill(store: &mut Store) {
    let demo = warehouse(1, MORNING.utc().date_naive());
    let identity = Identity {
        device: DeviceId(Uuid::from_u128(1)),
        epoch: 1,
        key: crate::domain::DeviceKey::from_seed(&[1; 32]),
        site: demo.site.id,
        server_id: Uuid::from_u128(2),
        server_epoch: ServerEpoch(Uuid::from_u128(3)),
        server_url: String::new(),
        roots: String::new(),
        name: String::new(),
    };
    store.enrol(identity).unwrap();
    for page in seed::pull_pages(&demo).unwrap().iter().filter(|page| page.stream == Stream::Master) {
        store.apply_pull(page, MORNING).unwrap();
    }
}

fn check(saves: u32, room: u64, tone: Tone, text: &str, refreshed_next: u32) {
    let mut store = Store::open_in_memory().unwrap();
    fill(&mut store);
    store.limit_outbox(room);
    let mut session = Session::new(SessionConfig::default());
    let mut ids = Counter(0);
    let mut scan = |session: &mut Session, text: &str, ms: i64| {
        let input = Input::Scan { bytes: text.as_bytes().to_vec() };
        session.handle(&mut store, input, MORNING.plus_ms(ms), &mut ids)
    };
    scan(&mut session, "BADGE-1002", 0);
    let refreshed = Arc::new(AtomicU32::new(0));
    session.stack.push(Box::new(Stumbles { saves, refreshed: refreshed.clone() }));
    let view = scan(&mut session, "A-03-2", 2_000);
    let strip = view.strip.unwrap();
    assert_eq!((strip.tone, strip.text.as_str()), (tone, text), "{saves} of {room}");
    scan(&mut session, "A-03-2", 4_000);
    assert_eq!(refreshed.load(Ordering::Relaxed), refreshed_next, "{saves} of {room}");
}

#[test]
fn what_was_saved_is_never_called_unsaved() {
    check(1, 10, Tone::Question, "It is saved, but the page could not be read. Go back.", 1);
    check(0, 10, Tone::Refused, "Storage is busy. Nothing was saved. Scan again.", 0);
    check(2, 1, Tone::Refused, "Too much waits to be sent. Find the network first.", 0);
}
