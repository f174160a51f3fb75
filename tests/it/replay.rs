//! `firstout replay`: the program itself, on a file of its own.

use crate::store_kit::Folder;
use std::path::Path;
use std::process::{Command, Output};

fn replay(folder: &Folder, flow: &str, options: &[&str]) -> Output {
    let file = folder.file().with_extension("jsonl");
    std::fs::write(&file, flow).unwrap();
    run(folder, &file, options)
}

fn run(folder: &Folder, flow: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_firstout"))
        .arg("replay")
        .arg(flow)
        .arg("--db")
        .arg(folder.file())
        .args(options)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const DAY: [&str; 4] = ["--demo", "1", "--today", "2026-11-23"];

#[test]
fn each_input_prints_a_view() {
    let folder = Folder::new("replay");
    let flow = "{\"scan\": \"BADGE-1002\"}\n{\"scan\": \"PO-7731\", \"expect\": {\"progress\": \"0/4\"}}\n";
    let output = replay(&folder, flow, &[&DAY[..], &["--json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let views: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(views.len(), 2);
    assert_eq!(views[1]["title"], "PO-7731 · Northfarm Example Foods");
}

#[test]
fn the_same_flow_again_goes_on_where_it_was() {
    let folder = Folder::new("replay");
    let flow = concat!(
        "{\"scan\": \"BADGE-1002\"}\n{\"scan\": \"PO-7731\"}\n",
        "{\"scan\": \"]d201295201010000131727062110L2301\"}\n{\"tap\": \"done\"}\n"
    );
    let first = replay(&folder, flow, &DAY);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(text(&first.stdout).ends_with("Everything is saved. | ↑1\n"), "{}", text(&first.stdout));
    let second = replay(&folder, flow, &DAY);
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert!(text(&second.stdout).ends_with("| ↑2\n"), "{}", text(&second.stdout));
}

#[test]
fn what_is_not_as_expected_is_named_with_its_line() {
    let folder = Folder::new("replay");
    let flow =
        "# a day\n{\"scan\": \"BADGE-1002\"}\n{\"tap\": \"tile:move\", \"expect\": {\"title\": \"Pick\"}}\n";
    let output = replay(&folder, flow, &DAY);
    assert!(!output.status.success());
    let error = text(&output.stderr);
    assert!(error.contains("line 3: title: expected \"Pick\", found \"Move\""), "{error}");
}
