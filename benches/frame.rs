//! From a scan's answer to painted pixels, from start to the first frame, and what it costs to hold and to ship.
//!
//! The file, the session and the window are the real ones; only the display is memory (480×800, software renderer).
//! The commit is measured by `scan`; here the clock begins when the answer is there, because the limit is for what
//! comes after it.

use crate::day::{BETWEEN_MS, Floor, Handheld, Seen};
use crate::report::{Report, Times};
use crate::site::{self, Folder, NOW};
use firstout::app::headless::Canvas;
use firstout::screens::{Input, Page};
use firstout::store::Store;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Names the large file for the child.
const CHILD: &str = "FIRSTOUT_BENCH_FRAME";
/// Names the program to weigh.
const PROGRAM: &str = "FIRSTOUT_BENCH_PROGRAM";
/// What the child says once its first page is there.
const PAINTED: &str = "painted";
const STARTS: usize = 7;
const LOOK_UPS: i64 = 200;
const DAYS: usize = 8;
const FRAME_MAX: Duration = Duration::from_millis(8);
const START_MAX: Duration = Duration::from_millis(200);
const RESIDENT_MIB_MAX: f64 = 64.0;
const PROGRAM_BYTES_MAX: u64 = 25_000_000;

pub fn run(report: &mut Report) {
    if let Some(file) = std::env::var_os(CHILD) {
        return child(Path::new(&file));
    }
    let folder = Folder::new("frame");
    let large = folder.file("large.db");
    drop(site::large(&large));
    fresh_process(report, &large);

    let mut canvas = Canvas::install(480, 800).expect("a canvas");
    let (floor, mut seen) = (Floor::new(), Seen::default());
    for day in 0..DAYS {
        floor.work(folder.file(&format!("day-{day}.db")), &mut canvas, &mut seen);
    }
    seen.check();
    report.within_p99("painted after a scan's answer", &seen.frames, FRAME_MAX);
    report.measured("scan to pixels, rules and commit included", &seen.whole);
    report.note(&seen.words());
    program(report);
}

/// Starts the handheld in a process of its own, as often as a day has shifts: the clock runs from before the process is
/// made until it says that it has painted.
fn fresh_process(report: &mut Report, large: &Path) {
    let (mut start, mut resident) = (Times::default(), 0.0_f64);
    for _ in 0..STARTS {
        let program = std::env::current_exe().expect("this program");
        let began = Instant::now();
        let mut command = Command::new(program);
        let mut child =
            command.arg("frame").env(CHILD, large).stdout(Stdio::piped()).spawn().expect("a child");
        let mut said = BufReader::new(child.stdout.take().expect("its words")).lines();
        assert_eq!(said.next().expect("a word").expect("a line"), PAINTED);
        start.push(began.elapsed());
        let mib: f64 = said.next().expect("a figure").expect("a line").parse().expect("a number");
        resident = resident.max(mib);
        child.wait().expect("it ends");
    }
    report.within("start to first frame, 1,000,000 lots", &start, START_MAX);
    report.size("resident memory after some work", resident, RESIDENT_MIB_MAX);
}

/// The child: opens the file and draws the first page; then somebody looks up lots and opens what there is to open.
fn child(file: &Path) {
    let (store, _) = Store::open(file, NOW).expect("the large file opens");
    let mut canvas = Canvas::install(480, 800).expect("a canvas");
    let mut handheld = Handheld::new(store);
    let view = handheld.answer(Input::SyncChanged);
    handheld.draw(view);
    assert!(canvas.paint(), "nothing was painted");
    println!("{PAINTED}");
    let mut found = 0;
    let lots = (0..LOOK_UPS).map(|i| format!("L{}", 1_000_000 + i * 997));
    for scan in std::iter::once(site::BADGE.to_owned()).chain(lots) {
        let view = handheld.answer(Input::Scan { bytes: scan.into_bytes() });
        found += usize::from(matches!(&view.page, Page::LookUp(page) if !page.heading.is_empty()));
        handheld.draw(view);
        canvas.skip_ms(BETWEEN_MS);
        canvas.paint();
    }
    assert_eq!(found, LOOK_UPS as usize, "lots were looked up");
    println!("{}", resident_mib().unwrap_or(f64::MAX));
    std::process::exit(0);
}

fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? / 1024.0)
}

/// Weighs the stripped release program that `./x bench` built; a bench's own programs are built in other ways.
fn program(report: &mut Report) {
    let name = "the handheld's program, stripped";
    match std::env::var_os(PROGRAM) {
        None => report.note(&format!("{name}: not weighed, `./x bench frame` builds it first")),
        Some(file) => {
            let bytes = std::fs::metadata(&file).expect("the program that was named").len();
            report.file(name, bytes, PROGRAM_BYTES_MAX);
        }
    }
}
