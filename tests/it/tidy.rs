//! Keeps the tree tidy: who may import whom, file length, forgotten files, leftovers.
//!
//! Every rule is a function from the tree to complaints with file and line; each is tried on a small wrong tree too, so
//! that none of them can fall asleep.

mod imports;
mod rules;

use std::fs;
use std::path::Path;

/// One text file of the tree.
pub struct File {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// Folders that hold the project's own files; build output and version control stay out.
const FOLDERS: [&str; 9] = ["src", "tests", "benches", "ui", "assets", "android", "docs", "fuzz", ".ci"];

/// Kinds of text files.
const TEXT: [&str; 13] =
    ["rs", "slint", "sql", "toml", "md", "html", "css", "po", "yml", "json", "jsonl", "lock", "sh"];

fn tree() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    read_folder(root, root, false, &mut files);
    for folder in FOLDERS {
        read_folder(root, &root.join(folder), true, &mut files);
    }
    files.sort_by(|one, next| one.path.cmp(&next.path));
    files
}

fn read_folder(root: &Path, folder: &Path, deep: bool, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && deep {
            read_folder(root, &path, deep, files);
        } else if path.is_file() {
            let text_kind = path.extension().is_none_or(|kind| TEXT.iter().any(|text| kind == *text));
            if let (true, Ok(text)) = (text_kind, fs::read_to_string(&path)) {
                let path = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push(File { path, text });
            }
        }
    }
}

/// Fails with every complaint at once.
fn expect_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// A small tree made of paths and texts, and what a rule says of it.
fn check(rule: impl Fn(&[File]) -> Vec<String>, files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<File> = files
        .iter()
        .map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    assert_eq!(rule(&files), expected);
}
