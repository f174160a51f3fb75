//! Who may import whom (ARCHITECTURE.md): nothing pure reaches the store, the network, the clock or the window.

use super::{File, check, expect_none, tree};

/// Each module and what it may import beside itself; the longest name that fits a file counts.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("barcode", &["domain"]),
    ("ledger", &["domain"]),
    ("exchange", &["domain"]),
    ("sync", &[]),
    ("sync::wire", &["domain"]),
    ("sync::engine", &["sync::wire", "domain"]),
    ("sync::transport", &["sync::engine", "sync::wire", "domain"]),
    ("sync::driver", &["store", "sync::engine", "sync::transport", "sync::wire", "domain"]),
    ("sync::http", &["sync::driver", "sync::engine", "sync::transport", "sync::wire", "domain"]),
    ("sync::cli", &["sync", "store", "domain"]),
    ("store", &["ledger", "domain", "sync::wire"]),
    ("screens", &["ledger", "store", "barcode", "domain"]),
    ("decode", &["barcode", "domain"]),
    ("demo", &["domain", "exchange", "sync::wire"]),
    ("flow", &["screens", "store", "ledger", "barcode", "domain", "demo", "sync::wire"]),
    ("app", &["screens", "sync", "store", "ledger", "barcode", "domain", "demo", "exchange", "flow"]),
    ("server", &["ledger", "sync::wire", "exchange", "domain", "demo"]),
    ("main", &["app", "barcode", "decode", "demo", "domain", "exchange", "flow", "screens", "store", "sync"]),
];

/// Modules that only compute, and what they must not name.
const PURE: [&str; 8] =
    ["domain", "barcode", "ledger", "exchange", "demo", "screens", "sync::wire", "sync::engine"];
const IMPURE: [&str; 12] = [
    "rusqlite",
    "reqwest",
    "rustls",
    "slint",
    "axum",
    "tokio",
    "refinery",
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "std::process",
];

#[test]
fn imports_keep_the_direction() {
    expect_none(&forbidden_imports(&tree()));
}

#[test]
fn pure_modules_stay_pure() {
    expect_none(&impure_names(&tree()));
}

#[test]
fn a_forbidden_import_is_seen() {
    let rule = forbidden_imports;
    check(rule, &[("src/domain/ids.rs", "use crate::domain::Gtin;\n//! crate::store\n")], &[]);
    check(
        rule,
        &[("src/domain/ids.rs", "\nuse crate::store::Db;\n")],
        &["src/domain/ids.rs:2: domain → store"],
    );
    check(
        rule,
        &[("src/app/mod.rs", "fn x() { crate::server::start() }")],
        &["src/app/mod.rs:1: app → server"],
    );
    check(rule, &[("src/server/main.rs", "use firstout::app;")], &["src/server/main.rs:1: server → app"]);
    check(
        rule,
        &[("src/server/push.rs", "use crate::{\n    domain::Day,\n    sync::{wire::Hash, engine},\n};\n")],
        &["src/server/push.rs:3: server → sync::engine"],
    );
    check(
        rule,
        &[("src/sync/engine/mod.rs", "use super::http;")],
        &["src/sync/engine/mod.rs:1: sync::engine → sync::http"],
    );
    check(
        rule,
        &[("src/ledger/fefo.rs", "use super::super::store::Db;")],
        &["src/ledger/fefo.rs:1: ledger → store"],
    );
    check(rule, &[("src/ledger/fefo.rs", "#[cfg(test)]\nmod tests {\n    use crate::demo;\n}\n")], &[]);
    check(
        rule,
        &[("src/news.rs", "")],
        &["src/news.rs:1: tests/it/tidy/imports.rs does not know this module"],
    );
}

#[test]
fn files_of_tests_may_import_anything() {
    let files = [
        ("src/demo/mod.rs", "#[cfg(test)]\nmod trial;\nmod real;"),
        ("src/demo/trial.rs", "use crate::app;"),
        ("src/demo/trial/deep.rs", "use crate::app;"),
        ("src/demo/real.rs", "use crate::app;\n#[cfg(test)]\n#[path = \"real_tests.rs\"]\nmod tests;"),
        ("src/demo/real_tests.rs", "use crate::app;"),
    ];
    check(forbidden_imports, &files, &["src/demo/real.rs:1: demo → app"]);
}

#[test]
fn an_impure_name_is_seen() {
    check(impure_names, &[("src/store/open.rs", "use rusqlite::Connection;")], &[]);
    check(
        impure_names,
        &[("src/ledger/fold.rs", "// std::fs is fine here\nlet x = std::fs::read(y);\nuse myrusqlite::A;")],
        &["src/ledger/fold.rs:2: ledger names std::fs"],
    );
}

fn forbidden_imports(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (file, module) in sources(files) {
        let Some((key, allowed)) = rule_for(&module) else {
            complaints.push(format!("{}:1: tests/it/tidy/imports.rs does not know this module", file.path));
            continue;
        };
        for (line, path) in imported(&shipped_code(&file.text), &module) {
            let ok = starts(&path, key) || allowed.iter().any(|other| starts(&path, other));
            // A name that a folder's own mod.rs re-exports.
            let own_root = key.split("::").next() == path.split("::").next()
                && rule_for(&path).is_none_or(|(k, _)| k == "sync");
            if !ok && !own_root {
                let shown = rule_for(&path).map_or(path.as_str(), |(known, _)| known);
                complaints.push(format!("{}:{line}: {key} → {shown}", file.path));
            }
        }
    }
    complaints
}

fn impure_names(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (file, module) in sources(files) {
        let Some((key, _)) = rule_for(&module).filter(|(key, _)| PURE.contains(key)) else { continue };
        for (number, line) in (1..).zip(shipped_code(&file.text).lines()) {
            for name in IMPURE.iter().filter(|name| names(line, name)) {
                complaints.push(format!("{}:{number}: {key} names {name}", file.path));
            }
        }
    }
    complaints
}

/// The library's files with their module paths; files of tests are left out.
fn sources(files: &[File]) -> Vec<(&File, String)> {
    let tests = test_modules(files);
    let mut sources = Vec::new();
    for file in files {
        let Some(path) = file.path.strip_prefix("src/").and_then(|path| path.strip_suffix(".rs")) else {
            continue;
        };
        let module = path.strip_suffix("/mod").unwrap_or(path).replace('/', "::");
        if module != "lib" && !tests.iter().any(|test| starts(&module, test)) {
            sources.push((file, module));
        }
    }
    sources
}

/// Module paths, by folder and file name, that are declared for tests only.
fn test_modules(files: &[File]) -> Vec<String> {
    let mut modules = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("src/")) {
        let folder = file.path["src/".len()..].rsplit_once('/').map_or("", |(folder, _)| folder);
        let own = file.path["src/".len()..].trim_end_matches(".rs").trim_end_matches("/mod");
        for (at, attribute) in file.text.match_indices("#[cfg(test)]\n") {
            let rest = &file.text[at + attribute.len()..];
            let by_path = rest.strip_prefix("#[path = \"").and_then(|rest| rest.split(".rs").next());
            let by_name =
                rest.strip_prefix("mod ").and_then(|rest| rest.split_once(';')).map(|(name, _)| name);
            let module = by_path
                .map(|name| format!("{folder}/{name}"))
                .or(by_name.map(|name| format!("{own}/{name}")));
            modules.extend(module.map(|module| module.replace('/', "::")));
        }
    }
    modules
}

fn rule_for(module: &str) -> Option<(&'static str, &'static [&'static str])> {
    MAY_IMPORT.iter().filter(|(key, _)| starts(module, key)).max_by_key(|(key, _)| key.len()).copied()
}

/// True where `path` is `module` or lies below it.
fn starts(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The file without comments and without its inline tests, line by line.
fn shipped_code(text: &str) -> String {
    let inline = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text.get(..inline).unwrap_or(text).lines().map(|line| without_comment(line).to_owned() + "\n").collect()
}

fn without_comment(line: &str) -> &str {
    let begin = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':')).map(|(at, _)| at);
    &line[..begin.unwrap_or(line.len())]
}

/// Line and path from the crate's root of everything that the code names with `crate::`, `firstout::` or `super::`.
fn imported(code: &str, module: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for root in ["crate::", "firstout::", "super::"] {
        for (at, _) in code.match_indices(root) {
            let before = &code[..at];
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut rest = &code[at..];
            let mut parent: Vec<&str> =
                if root == "super::" { module.split("::").collect() } else { Vec::new() };
            while let Some(after) = rest.strip_prefix("super::") {
                parent.pop();
                rest = after;
            }
            rest = rest.strip_prefix("crate::").or_else(|| rest.strip_prefix("firstout::")).unwrap_or(rest);
            let mut cursor = Cursor { code, at: code.len() - rest.len() };
            cursor.tree(&parent.join("::"), &mut found);
        }
    }
    found.sort();
    found
}

/// Reads a use tree: `a::{b, c::{d, e}}`.
struct Cursor<'a> {
    code: &'a str,
    at: usize,
}

impl Cursor<'_> {
    fn tree(&mut self, prefix: &str, found: &mut Vec<(usize, String)>) {
        self.skip_blanks();
        if self.eat("{") {
            loop {
                self.skip_blanks();
                if self.eat("}") || self.at >= self.code.len() {
                    break;
                }
                let before = self.at;
                self.tree(prefix, found);
                self.skip_blanks();
                if !self.eat(",") && self.at == before {
                    break;
                }
            }
            return;
        }
        let line = self.code[..self.at].matches('\n').count() + 1;
        let rest = &self.code[self.at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let path =
            if prefix.is_empty() { rest[..end].to_owned() } else { format!("{prefix}::{}", &rest[..end]) };
        self.at += end;
        if self.eat("::")
            && self.code[self.at..].starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{')
        {
            self.tree(&path, found);
        } else {
            self.skip_alias();
            found.push((line, path));
        }
    }

    fn skip_alias(&mut self) {
        if self.eat(" as ") {
            let rest = &self.code[self.at..];
            self.at += rest.find([',', '}', ';']).unwrap_or(rest.len());
        }
    }

    fn skip_blanks(&mut self) {
        let rest = &self.code[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.code[self.at..].starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }
}

/// True where the line names `path` as a whole word.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        !line[..at].ends_with(word) && !line[at + path.len()..].starts_with(word)
    })
}
