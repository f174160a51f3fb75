//! One reading: nanoseconds and allocations, beside simple baselines and the limits.
//!
//! `cargo bench --no-default-features -- barcode`

use firstout::barcode::{Profile, Reading, read};
use firstout::domain::Day;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::time::Instant;

/// Readings in one timed run; the fastest of `RUNS` counts, since a shared machine only ever adds time.
const READINGS: u32 = 20_000;
const RUNS: usize = 40;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting what each thread asks of it.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to `System` unchanged; the counter is a plain cell of the thread and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

/// A label, and what one reading of it may cost.
struct Case {
    name: &'static str,
    label: &'static str,
    limit_ns: Option<f64>,
}

const CASES: [Case; 7] = [
    Case { name: "]C1 01+17+10", label: "]C101095060001343521727063010L2231", limit_ns: Some(250.0) },
    Case {
        name: "]d2 01+17+11+10+21",
        label: "]d20109506000134352172706301126010110L2231\u{1d}21S0004711",
        limit_ns: Some(400.0),
    },
    Case {
        name: "]d2 numeric lot",
        label: "]d2010950600013435217270630102231004711\u{1d}3724",
        limit_ns: Some(400.0),
    },
    Case {
        name: "Digital Link",
        label: "https://id.gs1.org/01/09506000134352/10/L2231?17=270630",
        limit_ns: Some(600.0),
    },
    Case { name: "]E0 EAN-13", label: "]E09506000134352", limit_ns: None },
    Case { name: "unmarked 01+17", label: "010950600013435217270630", limit_ns: None },
    Case { name: "plain location", label: "A-03-2", limit_ns: None },
];

/// Prints one line for each case.
pub fn run() {
    let profile = Profile::default();
    let today: Day = Day::from_ymd_opt(2026, 11, 23).unwrap_or_default();
    println!("{:<22} {:>9} {:>8} {:>7}  allocations", "barcode", "ns", "limit", "ratio");
    for (name, work) in BASELINES {
        let (nanos, allocations) = measure(|| work(black_box(CASES[0].label)));
        println!("{name:<22} {nanos:>9.1} {:>8} {:>7}  {allocations}", "", "");
    }
    for Case { name, label, limit_ns } in CASES {
        let (nanos, allocations) = measure(|| read(black_box(label.as_bytes()), &profile, today));
        let limit = limit_ns.map_or(String::new(), |limit| format!("{limit:.0}"));
        let ratio = limit_ns.map_or(String::new(), |limit| format!("{:.2}", nanos / limit));
        println!("{name:<22} {nanos:>9.1} {limit:>8} {ratio:>7}  {allocations}");
    }
    let answers = |reading: &Reading| (reading.gtin(), reading.expiry(), reading.lot());
    let reading = read(CASES[0].label.as_bytes(), &profile, today);
    let (nanos, allocations) = measure(|| answers(black_box(&reading)));
    println!("{:<22} {nanos:>9.1} {:>8} {:>7}  {allocations}", "gtin+expiry+lot asked", "", "");
}

type Baseline = (&'static str, fn(&str) -> String);

/// What any reader has to pay: the copy of the bytes, and one plain pass with fixed places.
const BASELINES: [Baseline; 2] = [("copy of the bytes", str::to_owned), ("naive slicing", naive)];

/// Reads exactly 01+17+10 by place, as a scanner macro would: no table, no rule but the check digit.
fn naive(label: &str) -> String {
    let sum: u32 = label
        .bytes()
        .skip(5)
        .take(13)
        .enumerate()
        .map(|(n, b)| u32::from(b & 15) * if n % 2 == 0 { 3 } else { 1 })
        .sum();
    let lot = label.get(29..).unwrap_or_default();
    if black_box(sum) > 0 { lot.to_owned() } else { String::new() }
}

/// Nanoseconds of the fastest run and allocations of one call.
fn measure<T>(mut work: impl FnMut() -> T) -> (f64, u64) {
    let before = ALLOCATIONS.get();
    drop(black_box(work()));
    let allocations = ALLOCATIONS.get() - before;
    let mut fastest = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        for _ in 0..READINGS {
            drop(black_box(work()));
        }
        fastest = fastest.min(start.elapsed().as_nanos() as f64 / f64::from(READINGS));
    }
    (fastest, allocations)
}
