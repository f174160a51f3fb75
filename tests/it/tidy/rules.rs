//! The smaller rules: length, forgotten files, leftovers, hosts.

use super::{File, check, expect_none, tree};

/// Longest file, in lines.
const LINES_MAX: usize = 600;

#[test]
fn files_are_short() {
    expect_none(&long_files(&tree()));
}

#[test]
fn no_test_is_forgotten_or_switched_off() {
    expect_none(&forgotten_tests(&tree()));
    expect_none(&ignored_tests(&tree()));
}

#[test]
fn nothing_is_left_lying_about() {
    expect_none(&leftovers(&tree()));
}

#[test]
fn every_query_is_used() {
    expect_none(&unused_sql(&tree()));
}

#[test]
fn no_host_of_a_registry_is_named() {
    expect_none(&registry_hosts(&tree()));
}

#[test]
fn a_long_file_is_seen() {
    let long = "x\n".repeat(LINES_MAX + 1);
    let files = [("src/a.rs", long.as_str()), ("Cargo.lock", long.as_str()), ("src/b.rs", &long[2..])];
    check(long_files, &files, &["src/a.rs: 601 lines, at most 600"]);
}

#[test]
fn a_forgotten_test_is_seen() {
    let files = [
        ("tests/it/main.rs", "mod one;\nmod folder;\n"),
        ("tests/it/one.rs", ""),
        ("tests/it/two.rs", ""),
        ("tests/it/folder/mod.rs", "mod deep;"),
        ("tests/it/folder/deep.rs", ""),
        ("tests/it/folder/lost.rs", ""),
        ("src/lib.rs", "pub mod ledger;"),
        ("src/ledger/mod.rs", "#[path = \"odd_tests.rs\"]\nmod odd;"),
        ("src/ledger/odd_tests.rs", ""),
        ("src/ledger/dead.rs", ""),
    ];
    let expected = [
        "tests/it/two.rs: no `mod two;` names it",
        "tests/it/folder/lost.rs: no `mod lost;` names it",
        "src/ledger/dead.rs: no `mod dead;` names it",
    ];
    check(forgotten_tests, &files, &expected);
}

#[test]
fn leftovers_are_seen() {
    let text = format!("fn a() {{ {}(x) }}\n// {}() in a comment\n{}()\n", DEBUG, TODO, UNDONE);
    let expected =
        [format!("src/a.rs:1: {DEBUG} is left here"), format!("src/a.rs:3: {UNDONE} is left here")];
    check(leftovers, &[("src/a.rs", &text)], &expected.each_ref().map(String::as_str));
    let text = format!("#[test]\n{}\nfn a() {{}}", IGNORE);
    check(ignored_tests, &[("tests/it/a.rs", &text)], &["tests/it/a.rs:2: a test is switched off"]);
}

#[test]
fn an_unused_query_is_seen() {
    let files = [
        ("src/store/open.rs", "include_str!(\"sql/pragmas.sql\"); include_str!(\"../server/x.sql\")"),
        ("src/store/sql/pragmas.sql", ""),
        ("src/store/sql/dead.sql", ""),
        ("src/server/x.sql", ""),
        ("src/server/migrations/V1__a.sql", ""),
        ("src/server/mod.rs", "embed_migrations!(\"src/server/migrations\")"),
    ];
    check(unused_sql, &files, &["src/store/sql/dead.sql: no program includes it"]);
}

#[test]
fn a_registry_host_is_seen() {
    let text = format!("a\nurl = \"https://{}/x\"", HOSTS[1]);
    let expected = format!("docs/build.md:2: names the registry host {}", HOSTS[1]);
    check(registry_hosts, &[("docs/build.md", &text)], &[&expected]);
    let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"registry+https://mirror/\"";
    check(registry_hosts, &[("Cargo.lock", lock)], &["Cargo.lock:2: another source than the public one"]);
}

fn long_files(files: &[File]) -> Vec<String> {
    let measured = files.iter().filter(|file| kind(file, &["rs", "slint", "sql"]));
    let counted = measured.map(|file| (file, file.text.lines().count()));
    let long = counted.filter(|(_, lines)| *lines > LINES_MAX);
    long.map(|(file, lines)| format!("{}: {lines} lines, at most {LINES_MAX}", file.path)).collect()
}

/// Cargo compiles only what a `mod` names; a file beside it is dead without a word.
fn forgotten_tests(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.path.starts_with("tests/") || file.path.starts_with("src/"));
    rust.filter_map(|file| {
        let (folder, name) = file.path.strip_suffix(".rs")?.rsplit_once('/')?;
        if matches!(name, "main" | "lib") {
            return None;
        }
        let (folder, name) = if name == "mod" { folder.rsplit_once('/')? } else { (folder, name) };
        let parents = ["mod.rs", "main.rs", "lib.rs"].map(|parent| format!("{folder}/{parent}"));
        let named = files
            .iter()
            .filter(|other| parents.contains(&other.path) || other.path == format!("{folder}.rs"));
        let beside =
            files.iter().filter(|other| other.path.starts_with(folder) && other.path.ends_with(".rs"));
        let by_name = named.into_iter().any(|other| declares(&other.text, name));
        let by_path =
            beside.into_iter().any(|other| other.text.contains(&format!("#[path = \"{name}.rs\"]")));
        (!by_name && !by_path).then(|| format!("{}: no `mod {name};` names it", file.path))
    })
    .collect()
}

fn declares(text: &str, name: &str) -> bool {
    let wanted = format!("mod {name};");
    text.lines()
        .any(|line| line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ") == wanted)
}

// Put together here, so that this file does not name them itself.
const DEBUG: &str = concat!("dbg", "!");
const TODO: &str = concat!("todo", "!");
const UNDONE: &str = concat!("unimplemented", "!");
const IGNORE: &str = concat!("#[", "ignore]");
const HOSTS: [&str; 6] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("registry.", "npmjs.org"),
    concat!("artifact", "ory"),
    concat!("proxy.", "golang.org"),
];

fn leftovers(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| kind(file, &["rs"])) {
        for (number, line) in lines(file) {
            let code = line.split("//").next().unwrap_or_default();
            for word in [DEBUG, TODO, UNDONE].iter().filter(|word| code.contains(**word)) {
                complaints.push(format!("{}:{number}: {word} is left here", file.path));
            }
        }
    }
    complaints
}

fn ignored_tests(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| kind(file, &["rs"]));
    let with_lines = rust.flat_map(|file| lines(file).map(move |(number, line)| (file, number, line)));
    let off = with_lines.filter(|(_, _, line)| line.trim_start().starts_with(&IGNORE[..IGNORE.len() - 1]));
    off.map(|(file, number, _)| format!("{}:{number}: a test is switched off", file.path)).collect()
}

fn unused_sql(files: &[File]) -> Vec<String> {
    let mut used = Vec::new();
    for file in files.iter().filter(|file| kind(file, &["rs"])) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        used.extend(arguments(&file.text, "include_str!(").map(|path| resolve(folder, path)));
        used.extend(arguments(&file.text, "embed_migrations!(").map(|path| resolve("", path) + "/"));
    }
    let sql = files.iter().filter(|file| kind(file, &["sql"]));
    let unused = sql.filter(|file| {
        !used
            .iter()
            .any(|path| *path == file.path || (path.ends_with('/') && file.path.starts_with(path.as_str())))
    });
    unused.map(|file| format!("{}: no program includes it", file.path)).collect()
}

/// The string that each call of a macro is given.
fn arguments<'a>(text: &'a str, call: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(call).filter_map(move |(at, _)| {
        let rest = text.get(at + call.len()..)?.trim_start().strip_prefix('"')?;
        rest.split('"').next()
    })
}

fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn registry_hosts(files: &[File]) -> Vec<String> {
    let public = concat!("registry+https://github.com/rust-lang/", "crates.io-index");
    let mut complaints = Vec::new();
    for file in files {
        for (number, line) in lines(file) {
            for host in HOSTS.iter().filter(|host| line.contains(**host)) {
                complaints.push(format!("{}:{number}: names the registry host {host}", file.path));
            }
            let foreign = line.starts_with("source = ") && !line.contains(public);
            if foreign && file.path == "Cargo.lock" {
                complaints.push(format!("{}:{number}: another source than the public one", file.path));
            }
        }
    }
    complaints
}

fn kind(file: &File, kinds: &[&str]) -> bool {
    file.path.rsplit_once('.').is_some_and(|(_, kind)| kinds.contains(&kind))
}

fn lines(file: &File) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(file.text.lines())
}
