//! Each limit beside what was measured in the same run: `cargo bench --bench bench -- [NAME…] [--strict]`.
//!
//! A limit that is a multiple is measured against a baseline that runs in turn with what is measured, so that a slow
//! disk or a busy machine slows both. `--strict` ends with an error where a limit was missed.

#![allow(clippy::disallowed_methods, reason = "a bench is there to read the clock")]

mod barcode;
#[cfg(feature = "server")]
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the tests' PostgreSQL, of which a bench needs a part"
)]
#[path = "../tests/it/server_database.rs"]
mod database;
#[cfg(feature = "gui")]
mod day;
mod fefo;
#[cfg(feature = "gui")]
mod frame;
#[cfg(all(feature = "net", feature = "server"))]
mod pipeline;
mod report;
mod scan;
#[cfg(all(feature = "net", feature = "server"))]
mod server;
mod site;
#[cfg(all(feature = "net", feature = "server"))]
mod sync;
#[cfg(feature = "server")]
mod verify;

use report::Report;

type Bench = (&'static str, fn(&mut Report));

/// Everything that can be measured, by name.
const BENCHES: &[Bench] = &[
    ("barcode", |_| barcode::run()),
    ("scan", scan::run),
    ("fefo", fefo::run),
    #[cfg(feature = "gui")]
    ("frame", frame::run),
    #[cfg(all(feature = "net", feature = "server"))]
    ("sync", sync::run),
    #[cfg(feature = "server")]
    ("verify", verify::run),
    #[cfg(all(feature = "net", feature = "server"))]
    ("server", server::run),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let wanted: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    if let Some(name) = wanted.iter().find(|name| BENCHES.iter().all(|(known, _)| known != *name)) {
        let known: Vec<&str> = BENCHES.iter().map(|(known, _)| *known).collect();
        eprintln!("no bench is called {name}; there are {}", known.join(", "));
        std::process::exit(2);
    }
    let mut report = Report::default();
    for (name, run) in BENCHES.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)) {
        eprintln!("{name} …");
        run(&mut report);
    }
    print!("{report}");
    if args.iter().any(|arg| arg == "--strict") && report.missed() {
        std::process::exit(1);
    }
}
