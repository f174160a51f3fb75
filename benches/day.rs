//! Days of work by scans, each on a handheld as it leaves the cupboard: every label of the demo's sheet, the pallets
//! at the dock, then the walks over the open orders. Whatever is asked is answered as recommended.

use crate::report::Times;
use crate::site::{self, NOW};
use firstout::app::clock::Ids;
use firstout::app::controller::{Controller, Seams};
use firstout::app::headless::Canvas;
use firstout::app::ui::AppWindow;
use firstout::app::worker::Update;
use firstout::demo::{self, Warehouse};
use firstout::domain::{Direction, OrderStatus, Timestamp};
use firstout::exchange::Label;
use firstout::screens::{Input, Page, PickPage, Session, SessionConfig, Tone, View};
use firstout::store::Store;
use firstout::sync::wire::PullReply;
use slint::ComponentHandle;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

/// Longer than the bounce window, and than the colour of an accepted answer stays.
pub const BETWEEN_MS: u64 = 2_000;
/// The groups of the sheet, each scanned on the page of its job.
const JOBS: &[(&str, &str)] = &[
    ("receive", "tile:receive"),
    ("move", "tile:move"),
    ("pick", "tile:pick"),
    ("dispatch", "tile:dispatch"),
    ("look up", "tile:look_up"),
    ("odd ones", "tile:move"),
];
/// More than any order of the demo has.
const STOPS_MAX: usize = 60;
/// Walks in a day.
const ORDERS: usize = 8;

/// What days like these are made of.
pub struct Floor {
    warehouse: Warehouse,
    pages: Vec<PullReply>,
    labels: Vec<Label>,
}

impl Floor {
    pub fn new() -> Self {
        let warehouse = demo::warehouse(1, NOW.utc().date_naive());
        let pages = demo::seed::pull_pages(&warehouse).expect("the demo warehouse");
        let labels = demo::labels(&warehouse);
        Self { warehouse, pages, labels }
    }

    /// Plays a day on a new file; the clerk is signed in all the time.
    pub fn work(&self, file: PathBuf, canvas: &mut Canvas, seen: &mut Seen) {
        let mut store = site::enrolled(&file);
        for page in &self.pages {
            store.apply_pull(page, NOW).expect("a page");
        }
        let mut clerk = Clerk { handheld: Handheld::new(store), canvas, seen };
        clerk.sign_in(&self.label("badges", "Chris Clerk").scan_text);
        for (group, tile) in JOBS {
            clerk.home();
            clerk.tap(tile);
            for label in self.labels.iter().filter(|label| label.group == *group) {
                clerk.scan(&label.scan_text);
            }
        }
        clerk.home();
        clerk.tap("tile:put_away");
        self.put_away(&mut clerk);
        clerk.home();
        let open = self
            .warehouse
            .orders
            .iter()
            .filter(|order| order.direction == Direction::Outbound && order.status == OrderStatus::Open);
        for order in open.take(ORDERS) {
            clerk.scan(&plain(&order.number));
            self.pick(&mut clerk);
        }
        clerk.seen.confirmed += clerk.handheld.store.pending();
    }

    fn put_away(&self, clerk: &mut Clerk<'_>) {
        let pallets = self.labels.iter().filter(|label| label.group == "put away");
        for pallet in pallets.filter(|label| label.title.starts_with("Pallet of")) {
            if let Page::PutAway(page) = clerk.scan(&pallet.scan_text).page {
                clerk.scan(&plain(&page.suggestion));
            }
        }
    }

    fn pick(&self, clerk: &mut Clerk<'_>) {
        for _ in 0..STOPS_MAX {
            let Some(stop) = clerk.stop() else { return };
            if !stop.at_location {
                clerk.scan(&plain(&stop.location));
            }
            clerk.scan(&self.case(&stop));
        }
    }

    /// What stands on a case of the lot that is to be taken.
    fn case(&self, stop: &PickPage) -> String {
        let item = self.warehouse.item_named(&stop.goods.item).expect("an item of the demo");
        let pack = item.packs.iter().find(|pack| pack.name == "case").or(item.packs.first());
        let gtin = pack.expect("a pack").gtin;
        match stop.goods.lot.rsplit(' ').next() {
            Some(lot) if !lot.is_empty() => format!("]d201{gtin}10{lot}"),
            _ => format!("]d201{gtin}"),
        }
    }

    fn label(&self, group: &str, title: &str) -> &Label {
        let found = self.labels.iter().find(|label| label.group == group && label.title.starts_with(title));
        found.expect("a label of the demo")
    }
}

fn plain(code: &str) -> String {
    format!("]C0{code}")
}

/// What was measured, and what the scans were answered with.
#[derive(Default)]
pub struct Seen {
    /// From the answer to its pixels.
    pub frames: Times,
    /// From the scan to the pixels, rules and commit included.
    pub whole: Times,
    pub scans: u64,
    pub painted: u64,
    pub accepted: u64,
    pub asked: u64,
    pub refused: u64,
    /// Events on disk at the end of the days.
    pub confirmed: u64,
}

impl Seen {
    /// A figure says little when nearly everything was refused, or nothing was seen.
    pub fn check(&self) {
        let Self { scans, painted, accepted, asked, refused, confirmed, .. } = self;
        assert!(painted * 100 >= scans * 99, "{painted} of {scans} answers were painted");
        assert!(accepted * 2 >= *scans, "{accepted} of {scans} scans were accepted");
        assert!(refused * 3 <= *scans, "{refused} of {scans} scans were refused");
        assert!(*asked > 0 && *refused > 0, "{asked} questions, {refused} refusals: one kind is missing");
        assert!(confirmed * 3 >= *scans, "{confirmed} events from {scans} scans");
    }

    pub fn words(&self) -> String {
        format!(
            "{} scans by a clerk who is signed in: {} accepted, {} asked, {} refused, {} with nothing to say; \
             {} events confirmed",
            self.scans,
            self.accepted,
            self.asked,
            self.refused,
            self.scans - self.accepted - self.asked - self.refused,
            self.confirmed,
        )
    }
}

/// Who scans, reads and answers.
struct Clerk<'a> {
    handheld: Handheld,
    canvas: &'a mut Canvas,
    seen: &'a mut Seen,
}

impl Clerk<'_> {
    fn sign_in(&mut self, badge: &str) {
        let view = self.handheld.answer(Input::Scan { bytes: badge.as_bytes().to_vec() });
        self.handheld.draw(view);
        self.canvas.paint();
    }

    fn scan(&mut self, text: &str) -> View {
        self.rest();
        let began = Instant::now();
        let view = self.handheld.answer(Input::Scan { bytes: text.as_bytes().to_vec() });
        assert!(!matches!(view.page, Page::SignIn(_)), "{text:?} signed the clerk out");
        let (tone, shown) = (view.flash.tone, view.clone());
        let painted = self.seen.frames.measure(|| {
            self.handheld.draw(view);
            self.canvas.paint()
        });
        self.seen.whole.push(began.elapsed());
        self.seen.scans += 1;
        self.seen.painted += u64::from(painted);
        match tone {
            Tone::Accepted | Tone::Done => self.seen.accepted += 1,
            Tone::Question => self.seen.asked += 1,
            Tone::Refused => self.seen.refused += 1,
            Tone::Quiet => {}
        }
        match shown.sheet.as_ref().and_then(|sheet| sheet.answers.first()) {
            Some(answer) => self.tap(&answer.id.clone()),
            None => shown,
        }
    }

    fn tap(&mut self, id: &str) -> View {
        self.rest();
        let view = self.handheld.answer(Input::Tap(id.to_owned()));
        self.handheld.draw(view.clone());
        self.canvas.paint();
        view
    }

    /// The colour of the answer before goes.
    fn rest(&mut self) {
        self.canvas.skip_ms(BETWEEN_MS);
        self.canvas.paint();
    }

    fn home(&mut self) {
        while self.handheld.view().can_go_back {
            self.tap("back");
        }
    }

    fn stop(&self) -> Option<PickPage> {
        match self.handheld.view().page {
            Page::Pick(page) if !page.goods.item.is_empty() => Some(page),
            _ => None,
        }
    }
}

/// The file, the session and the window.
pub struct Handheld {
    store: Store,
    session: Session,
    _window: AppWindow,
    controller: Rc<RefCell<Controller>>,
    now: Timestamp,
    generation: u64,
}

impl Handheld {
    pub fn new(store: Store) -> Self {
        let window = AppWindow::new().expect("a window");
        window.show().expect("it is shown");
        let began = Instant::now();
        let seams = Seams {
            send: Box::new(|_| {}),
            clock_ms: Box::new(move || began.elapsed().as_millis() as u64),
            feedback: Box::new(|_| {}),
        };
        let controller = Controller::attach(&window, seams);
        let session = Session::new(SessionConfig::default());
        Self { store, session, _window: window, controller, now: NOW, generation: 0 }
    }

    pub fn answer(&mut self, input: Input) -> View {
        self.now = self.now.plus_ms(BETWEEN_MS as i64);
        self.session.handle(&mut self.store, input, self.now, &mut Ids)
    }

    pub fn draw(&mut self, view: View) {
        self.generation += 1;
        let language = self.session.words().language;
        let update = Update { generation: self.generation, view, language, notice: None };
        self.controller.borrow_mut().take(update);
    }

    fn view(&self) -> View {
        self.session.view(self.now)
    }
}
