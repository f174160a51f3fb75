//! Each bench is a module with `run`; the words after `--` choose among them, without any all run.

#![allow(clippy::disallowed_methods, reason = "a bench is there to read the clock")]

mod barcode;

const BENCHES: [(&str, fn()); 1] = [("barcode", barcode::run)];

fn main() {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for (name, run) in BENCHES {
        if words.is_empty() || words.iter().any(|word| word == name) {
            run();
        }
    }
}
