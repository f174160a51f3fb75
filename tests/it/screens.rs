//! What a session keeps when things go wrong: noise, a full outbox, a pulled battery, a badge that ends.

use crate::flows::{Counter, MORNING, demo_store};
use crate::store_kit::Folder;
use firstout::barcode::Profile;
use firstout::domain::{Body, Event, MasterRecord, Timestamp, User};
use firstout::screens::words::Language;
use firstout::screens::{Input, Page, ReceivePage, Session, SessionConfig, Tone, View};
use firstout::store::Store;
use firstout::sync::wire::{Hash, Head, MasterEntry, PullReply, Status, Stream};

const OAT: &str = "]d201295201010000131727062110L2301";
const OAT_ORGANIC: &str = "]d201295201010000201727062110L2302";

struct Stage {
    folder: Folder,
    store: Store,
    session: Session,
    ids: Counter,
    now: Timestamp,
}

impl Stage {
    fn new() -> Self {
        Self::with(SessionConfig::default())
    }

    fn with(config: SessionConfig) -> Self {
        let folder = Folder::new("screens");
        let store = demo_store(&folder);
        Self { folder, store, session: Session::new(config), ids: Counter::default(), now: MORNING }
    }

    /// The same device after its battery was pulled: the files as they are on disk now, with nothing closed.
    fn pulled(&self) -> Self {
        let folder = Folder::new("pulled");
        for suffix in ["", "-wal"] {
            let name = |folder: &Folder| format!("{}{suffix}", folder.file().display());
            std::fs::copy(name(&self.folder), name(&folder)).unwrap();
        }
        let (store, report) = Store::open(&folder.file(), self.now).unwrap();
        assert!(!report.created && report.salvage.is_none());
        let session = Session::new(SessionConfig::default());
        Self { folder, store, session, ids: Counter::after(1_000), now: self.now }
    }

    fn input(&mut self, input: Input) -> View {
        self.now = self.now.plus_ms(2_000);
        self.session.handle(&mut self.store, input, self.now, &mut self.ids)
    }

    fn scan(&mut self, text: &str) -> View {
        self.input(Input::Scan { bytes: text.as_bytes().to_vec() })
    }

    fn tap(&mut self, id: &str) -> View {
        self.input(Input::Tap(id.to_owned()))
    }

    /// A clerk with a line in hand.
    fn receiving() -> Self {
        let mut stage = Self::new();
        stage.scan("BADGE-1002");
        stage.scan("PO-7731");
        assert_eq!(receive(&stage.scan(OAT)).quantity, "12");
        stage
    }

    /// Everything that waits to be sent, oldest first.
    fn events(&self) -> Vec<Event> {
        let envelopes = self.store.outbox(0, 1_000, usize::MAX).unwrap();
        envelopes.iter().map(|envelope| Event::decode(envelope.bytes.as_bytes()).unwrap()).collect()
    }
}

fn receive(view: &View) -> &ReceivePage {
    match &view.page {
        Page::Receive(page) => page,
        other => panic!("not receiving: {other:?}"),
    }
}

fn strip(view: &View) -> (Tone, &str) {
    view.strip.as_ref().map_or((Tone::Quiet, ""), |strip| (strip.tone, &strip.text))
}

#[test]
fn noise_is_parked_with_its_bytes_and_the_line_stays() {
    let mut stage = Stage::receiving();
    let noise: Vec<u8> = (0..2_953_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let view = stage.input(Input::Scan { bytes: noise.clone() });
    assert_eq!(strip(&view), (Tone::Refused, "Unknown code. It is kept for the office. Scan another."));
    assert_eq!(receive(&view).quantity, "12");
    let events = stage.events();
    let Some(Body::Park(park)) = events.last().map(|event| &event.body) else { panic!("{events:?}") };
    let hex: String = noise.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((park.bytes_hex.as_str(), park.screen.as_str()), (hex.as_str(), "receive"));
}

#[test]
fn a_scan_longer_than_any_symbol_is_parked_in_part() {
    let mut stage = Stage::receiving();
    let view = stage.input(Input::Scan { bytes: vec![b'7'; 1_000_000] });
    assert_eq!(strip(&view).0, Tone::Refused);
    assert_eq!(view.badge.pending, 1);
}

#[test]
fn what_cannot_be_saved_is_never_called_saved() {
    let mut stage = Stage::receiving();
    stage.store.limit_outbox(0);
    let view = stage.scan(OAT_ORGANIC);
    assert_eq!(strip(&view), (Tone::Refused, "Too much waits to be sent. Find the network first."));
    assert_eq!(view.flash.tone, Tone::Refused);
    assert_eq!(receive(&view).goods.as_ref().map(|goods| goods.lot.as_str()), Some("Lot L2301"));
    assert!(stage.events().is_empty());

    stage.store.limit_outbox(100);
    let view = stage.scan(OAT_ORGANIC);
    assert_eq!(strip(&view).0, Tone::Accepted);
    assert_eq!(stage.events().len(), 1);
}

#[test]
fn a_pulled_battery_takes_nothing() {
    let mut stage = Stage::receiving();
    let mut lines = vec!["Lot L2301"];
    for (scan, lot) in [(OAT_ORGANIC, "Lot L2302"), (OAT, "Lot L2301"), (OAT_ORGANIC, "Lot L2302")] {
        assert_eq!(strip(&stage.scan(scan)).0, Tone::Accepted);
        lines.push(lot);
        let mut after = stage.pulled();
        assert_eq!(after.events(), stage.events(), "what was called saved, and nothing else");
        assert_eq!(after.events().len(), lines.len() - 1);
        let view = after.input(Input::SyncChanged);
        let in_hand = receive(&view).goods.as_ref().map(|goods| goods.lot.as_str());
        assert_eq!(in_hand, lines.last().copied(), "the line in hand is still in hand");
        let (tone, text) = strip(&view);
        assert!(tone == Tone::Question && text.starts_with("Not saved yet: "), "{text}");
        assert_eq!(view.badge.pending, after.events().len() as u64);
    }
    stage.tap("done");
    let view = stage.pulled().input(Input::SyncChanged);
    assert!(matches!(view.page, Page::SignIn(_)), "nothing was open: {:?}", view.page);
}

/// The line saved and the line in hand are one transaction: a full disk, a full outbox or a kill leaves both or neither.
#[test]
fn what_could_not_be_saved_stays_in_hand_after_a_restart() {
    let mut stage = Stage::receiving();
    stage.store.limit_outbox(0);
    stage.scan(OAT_ORGANIC);
    let mut after = stage.pulled();
    let view = after.input(Input::SyncChanged);
    assert_eq!(receive(&view).goods.as_ref().map(|goods| goods.lot.as_str()), Some("Lot L2301"));
    assert!(after.events().is_empty());
}

#[test]
fn an_undo_is_an_event_that_carries_what_it_takes_back() {
    let mut stage = Stage::receiving();
    stage.tap("done");
    let view = stage.tap("undo");
    assert_eq!(strip(&view), (Tone::Accepted, "Taken back: received 12 each Oat drink barista 1 l."));
    let events = stage.events();
    let [receipt, undo] = events.as_slice() else { panic!("{events:?}") };
    let Body::Undo(body) = &undo.body else { panic!("{undo:?}") };
    assert_eq!((body.event, body.body.as_ref()), (receipt.id, &receipt.body));
    let view = stage.tap("undo");
    assert_eq!(strip(&view), (Tone::Refused, "Nothing of yours is left to take back."));
}

#[test]
fn german_speaks_german() {
    let mut stage = Stage::with(SessionConfig { language: Language::German, ..SessionConfig::default() });
    stage.scan("BADGE-1002");
    let view = stage.scan("PO-7731");
    assert_eq!(strip(&view), (Tone::Accepted, "Auftrag PO-7731 geöffnet."));
    let view = stage.scan(OAT);
    let goods = receive(&view).goods.clone().unwrap();
    assert_eq!((goods.lot.as_str(), goods.good_to.as_str()), ("Charge L2301", "haltbar bis 21. Juni 2027"));
    assert_eq!(goods.in_days, "in 210 Tagen");
    assert_eq!(receive(&view).quantity_detail, "von 240 · Stück · = 1 Karton");
}

#[test]
fn a_badge_that_ends_signs_out() {
    let mut stage = Stage::receiving();
    let user = stage.session.user().unwrap().clone();
    let head = stage.store.cursor(Stream::Master).unwrap();
    let record = MasterRecord::User(User { active: false, ..user });
    let bytes = serde_json::to_string(&record).unwrap();
    let stream_seq = head.seq + 1;
    let hash = Hash::chain_stream(head.hash, stream_seq, Status::Accepted, bytes.as_bytes());
    let next = Head { seq: stream_seq, hash };
    let page = PullReply {
        stream: Stream::Master,
        events: Vec::new(),
        records: vec![MasterEntry { stream_seq, bytes }],
        next,
        head: next,
        backed_up_through: 0,
        backed_up_epoch: 0,
    };
    stage.store.apply_pull(&page, stage.now).unwrap();
    let view = stage.input(Input::SyncChanged);
    assert!(matches!(view.page, Page::SignIn(_)), "{:?}", view.page);
    assert_eq!(strip(&view), (Tone::Refused, "The badge of Chris Clerk no longer works. Ask a supervisor."));
    let view = stage.scan("BADGE-1002");
    assert!(matches!(view.page, Page::SignIn(_)));
}

#[test]
fn a_device_that_knows_no_site_says_so() {
    let folder = Folder::new("screens");
    let (mut store, _) = Store::open(&folder.file(), MORNING).unwrap();
    let mut session = Session::new(SessionConfig { profile: Profile::bare(), ..SessionConfig::default() });
    let input = Input::Scan { bytes: b"BADGE-1002".to_vec() };
    let view = session.handle(&mut store, input, MORNING, &mut Counter::default());
    assert_eq!(strip(&view), (Tone::Refused, "This device knows no warehouse yet. Scan the office's code."));
}

#[test]
fn a_typed_code_is_a_scan() {
    let mut stage = Stage::new();
    stage.tap("type");
    for key in "BADGE-1002".chars() {
        stage.tap(&format!("key:{key}"));
    }
    let view = stage.tap("key:ok");
    assert!(matches!(view.page, Page::Home(_)), "{:?}", view.page);
    assert!(view.keypad.is_none());
}

#[test]
fn damage_that_a_scan_meets_is_said_and_marked() {
    let mut stage = Stage::new();
    let file = stage.folder.file();
    stage.store = Store::open_in_memory().unwrap();
    crate::store_damage::damage_root(&file, "pack");
    stage.store = Store::open(&file, MORNING).unwrap().0;
    stage.scan("BADGE-1002");
    assert!(!stage.store.is_suspect());
    let view = stage.scan(OAT);
    assert_eq!(strip(&view), (Tone::Refused, "Storage is damaged. Nothing was saved. It is being repaired."));
    assert!(stage.store.is_suspect());
    drop(std::mem::replace(&mut stage.store, Store::open_in_memory().unwrap()));
    let (_, report) = Store::open(&file, MORNING).unwrap();
    assert!(report.salvage.is_some(), "the next start looks at all of it");
}

#[test]
fn what_is_still_being_fetched_is_said() {
    let mut stage = Stage::new();
    let folder = Folder::new("fetching");
    stage.store = crate::store_kit::enrolled(&folder.file());
    let fetching = "The warehouse is being fetched from the server. Please wait.";
    let view = stage.input(Input::SyncChanged);
    let Page::SignIn(page) = &view.page else { panic!("{:?}", view.page) };
    assert_eq!(page.prompt, fetching);
    assert_eq!(strip(&stage.scan(OAT)), (Tone::Refused, fetching));

    let warehouse = firstout::demo::warehouse(1, MORNING.utc().date_naive());
    let (master, rest): (Vec<_>, Vec<_>) = firstout::demo::seed::pull_pages(&warehouse)
        .unwrap()
        .into_iter()
        .partition(|page| page.stream == Stream::Master);
    let greeting = |view: View| match view.page {
        Page::Home(page) => page.greeting,
        other => panic!("not at home: {other:?}"),
    };
    master.iter().for_each(|page| stage.store.apply_pull(page, MORNING).unwrap());
    stage.input(Input::SyncChanged);
    assert_eq!(greeting(stage.scan("BADGE-1002")), "Stock is being fetched");
    rest.iter().for_each(|page| stage.store.apply_pull(page, MORNING).unwrap());
    assert!(greeting(stage.input(Input::SyncChanged)).starts_with("Good morning"));
}
