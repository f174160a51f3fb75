//! From a scan's answer to painted pixels, from start to the first frame, and what it costs to hold and to ship.
//!
//! The file, the session and the window are the real ones; only the display is memory (480×800, software renderer).
//! The commit is measured by `scan`; here the clock begins when the answer is there, because the limit is for what
//! comes after it.

use crate::report::{Report, Times};
use crate::site::{self, Folder, NOW};
use firstout::app::clock::Ids;
use firstout::app::controller::{Controller, Seams};
use firstout::app::headless::Canvas;
use firstout::app::ui::AppWindow;
use firstout::app::worker::Update;
use firstout::demo;
use firstout::domain::{Timestamp, day_from_number};
use firstout::screens::{Input, Session, SessionConfig, View};
use firstout::store::Store;
use slint::ComponentHandle;
use std::cell::RefCell;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Names the large file for the child.
const CHILD: &str = "FIRSTOUT_BENCH_FRAME";
const STARTS: usize = 7;
const ROUNDS: usize = 12;
/// Longer than the bounce window.
const BETWEEN_MS: i64 = 2_000;
const FRAME_MAX: Duration = Duration::from_millis(8);
const START_MAX: Duration = Duration::from_millis(200);
const RESIDENT_MIB_MAX: f64 = 64.0;
const PROGRAM_MIB_MAX: f64 = 25.0 * 1e6 / 1_048_576.0;

pub fn run(report: &mut Report) {
    if let Some(file) = std::env::var_os(CHILD) {
        return child(Path::new(&file));
    }
    let folder = Folder::new("frame");
    let large = folder.file("large.db");
    drop(site::large(&large));
    fresh_process(report, &large);

    let mut canvas = Canvas::install(480, 800).expect("a canvas");
    let mut store = site::enrolled(&folder.file("demo.db"));
    let warehouse = demo::warehouse(1, day_from_number(site::TODAY).expect("a day"));
    for page in demo::seed::pull_pages(&warehouse).expect("the demo warehouse") {
        store.apply_pull(&page, NOW).expect("a page");
    }
    let mut handheld = Handheld::new(store);
    let mut frames = Times::default();
    let labels = demo::labels(&warehouse);
    let clerk =
        labels.iter().find(|label| label.title.starts_with("Chris Clerk")).expect("the clerk's badge");
    handheld.act(Input::Scan { bytes: clerk.scan_text.clone().into_bytes() });
    // Every other label on whatever page the one before it led to: accepted, asked, refused, another job.
    let scans: Vec<String> =
        labels.into_iter().filter(|label| label.group != "badges").map(|label| label.scan_text).collect();
    let mut painted = 0;
    for scan in std::iter::repeat_n(&scans, ROUNDS).flatten() {
        let view = handheld.answer(Input::Scan { bytes: scan.clone().into_bytes() });
        painted += usize::from(frames.measure(|| {
            handheld.draw(view);
            canvas.paint()
        }));
    }
    assert!(painted * 10 > scans.len() * ROUNDS * 9, "a scan's answer is seen: {painted} frames");
    report.within_p99("painted after a scan's answer", &frames, FRAME_MAX);
    if let Some(mib) = program_mib() {
        report.size("the handheld's program, stripped", mib, PROGRAM_MIB_MAX);
    }
}

/// Starts the handheld in a process of its own, as often as a day has shifts.
fn fresh_process(report: &mut Report, large: &Path) {
    let (mut start, mut resident) = (Times::default(), 0.0_f64);
    for _ in 0..STARTS {
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program).arg("frame").env(CHILD, large).output().expect("a child");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = said.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let [seconds, mib] = numbers[..] else { panic!("the child said {said:?}") };
        start.push(Duration::from_secs_f64(seconds));
        resident = resident.max(mib);
    }
    report.within("start to first frame, 1,000,000 lots", &start, START_MAX);
    report.size("resident memory after it", resident, RESIDENT_MIB_MAX);
}

/// The child: opens the file, draws the first page, says how long it took and how large it is.
fn child(file: &Path) {
    let began = Instant::now();
    let (store, _) = Store::open(file, NOW).expect("the large file opens");
    let mut canvas = Canvas::install(480, 800).expect("a canvas");
    let mut handheld = Handheld::new(store);
    handheld.act(Input::SyncChanged);
    assert!(canvas.paint(), "nothing was painted");
    println!("{} {}", began.elapsed().as_secs_f64(), resident_mib().unwrap_or(f64::MAX));
    std::process::exit(0);
}

struct Handheld {
    store: Store,
    session: Session,
    _window: AppWindow,
    controller: Rc<RefCell<Controller>>,
    now: Timestamp,
    generation: u64,
}

impl Handheld {
    fn new(store: Store) -> Self {
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

    fn answer(&mut self, input: Input) -> View {
        self.now = Timestamp(self.now.0 + BETWEEN_MS);
        self.session.handle(&mut self.store, input, self.now, &mut Ids)
    }

    fn draw(&mut self, view: View) {
        self.generation += 1;
        let language = self.session.words().language;
        self.controller.borrow_mut().take(Update {
            generation: self.generation,
            view,
            language,
            notice: None,
        });
    }

    fn act(&mut self, input: Input) {
        let view = self.answer(input);
        self.draw(view);
    }
}

fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? / 1024.0)
}

/// The release program, where it was built.
fn program_mib() -> Option<f64> {
    let here = std::env::current_exe().ok()?;
    let program = here.parent()?.parent()?.join("firstout");
    Some(std::fs::metadata(program).ok()?.len() as f64 / 1_048_576.0)
}
