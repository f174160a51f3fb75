//! The table and the checks against the reference data of GS1, where these are at hand; they are not part
//! of the product.

use super::ai::{AiSpec, Charset, Check, Part, n, x};
use super::check::broken;
use super::companions::COMPANIONS;
use super::element::check_part;
use super::link::KEYS;
use super::table::AI_TABLE;
use super::tests::today;
use std::path::Path;

/// The text of `shared/gs1/<name>` beside the project, `None` where there is none.
fn reference(name: &str) -> Option<String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found =
        project.ancestors().find_map(|dir| std::fs::read_to_string(dir.join("shared/gs1").join(name)).ok());
    if found.is_none() {
        eprintln!("skipped: no {name} beside the project");
    }
    found
}

/// A row as the dictionary writes it, with its checks.
fn written(spec: &AiSpec) -> String {
    let digits = usize::from(spec.digits);
    let mut text = format!("{:0digits$}", spec.first);
    if spec.last != spec.first {
        text.push_str(&format!("-{:0digits$}", spec.last));
    }
    text.push_str(if spec.predefined { " *" } else { " " });
    for part in spec.parts {
        let (open, close) = if part.optional { ("[", "]") } else { ("", "") };
        let charset = match part.charset {
            Charset::Digits => "N",
            Charset::Cset82 => "X",
            Charset::Cset39 => "Y",
            Charset::Cset64 => "Z",
        };
        let up_to = if part.min == part.max { "" } else { ".." };
        text.push_str(&format!(" {open}{charset}{up_to}{}{close}", part.max));
        for check in part.checks.iter().filter(|check| **check != Check::None) {
            let (_, name) = Check::NAMES.iter().find(|(known, _)| known == check).unwrap();
            text.push_str(&format!(",{name}"));
        }
    }
    text
}

/// A line of the dictionary without attributes.
fn line(text: &str) -> Option<(String, &str)> {
    let (facts, title) = text.split_once('#').unwrap_or((text, ""));
    let mut words = facts.split_whitespace();
    let ai = words.next().filter(|ai| ai.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut parts: Vec<&str> = words.take_while(|word| !word.contains('=') && *word != "dlpkey").collect();
    let flags = parts.first().copied().filter(|word| word.starts_with(['*', '?']));
    if flags.is_some() {
        parts.remove(0);
    }
    let mut written =
        format!("{ai} {}", if flags.is_some_and(|flags| flags.contains('*')) { "*" } else { "" });
    for part in parts {
        written.push_str(&format!(" {part}"));
    }
    Some((written, title.trim()))
}

#[test]
fn the_table_says_what_the_dictionary_says() {
    assert_eq!(AI_TABLE.iter().map(|spec| spec.last - spec.first + 1).sum::<u16>(), 541);
    let Some(dictionary) = reference("gs1-syntax-dictionary.txt") else { return };
    let lines: Vec<_> = dictionary.lines().filter_map(line).collect();
    assert_eq!(lines.len(), AI_TABLE.len());
    for (spec, (facts, title)) in AI_TABLE.iter().zip(&lines) {
        assert_eq!(written(spec), *facts);
        assert!(title.is_empty() || spec.title == *title, "{facts}");
    }
}

#[test]
fn companions_are_those_of_the_dictionary() {
    let Some(dictionary) = reference("gs1-syntax-dictionary.txt") else { return };
    let (mut rows, mut keys) = (Vec::new(), Vec::new());
    for line in dictionary.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        let words: Vec<_> = line.split('#').next().unwrap().split_whitespace().collect();
        let all = |key| words.iter().filter_map(|word| word.strip_prefix(key)).collect::<Vec<_>>();
        let (needs, excludes) = (all("req="), all("ex=").join(","));
        if !needs.is_empty() || !excludes.is_empty() {
            rows.push(format!("{} {needs:?} {excludes}", words[0]));
        }
        let link = words.iter().find_map(|word| word.strip_prefix("dlpkey"));
        keys.extend(link.map(|followers| format!("{} {}", words[0], followers.trim_start_matches('='))));
    }
    let own = COMPANIONS.iter().map(|row| format!("{} {:?} {}", row.ais, row.needs, row.excludes));
    assert_eq!(own.collect::<Vec<_>>(), rows);
    assert_eq!(KEYS.iter().map(|(ai, then)| format!("{ai} {then}")).collect::<Vec<_>>(), keys);
}

#[test]
fn the_checks_agree_with_the_vectors() {
    let Some(vectors) = reference("linter-vectors.jsonl") else { return };
    let (mut checked, mut prefixes) = (0, 0);
    for vector in vectors.lines() {
        let vector: serde_json::Value = serde_json::from_str(vector).unwrap();
        let input = vector["in"].as_str().unwrap();
        let len = u8::try_from(input.len()).unwrap_or(u8::MAX);
        let charset = |charset| Part { charset, ..x(len) };
        let linter = vector["linter"].as_str().unwrap().trim_start_matches("gs1_lint_");
        if let Some(check) = prefix_check(linter) {
            // The reference asks a list of the prefixes that are given out, which its tests invent or take away. The floor
            // is offline, so the form alone counts, which all of these have: they are refused for the list's sake.
            assert!(broken(check, input.as_bytes(), today()).is_none(), "{vector}");
            assert!(
                !vector["ok"].as_bool().unwrap() && vector["err"].as_str().unwrap().contains("GCP"),
                "{vector}"
            );
            prefixes += 1;
            continue;
        }
        let fits = match linter {
            "csetnumeric" => has_form(&n(len), input),
            "cset82" => has_form(&charset(Charset::Cset82), input),
            "cset39" => has_form(&charset(Charset::Cset39), input),
            "cset64" => has_form(&charset(Charset::Cset64), input),
            _ => {
                let known = Check::NAMES.iter().find(|(_, name)| *name == linter);
                let (check, _) = known.unwrap_or_else(|| panic!("no check {linter}"));
                broken(*check, input.as_bytes(), today()).is_none()
            }
        };
        assert_eq!(fits, vector["ok"].as_bool().unwrap(), "{vector}");
        checked += 1;
    }
    assert_eq!((checked + prefixes, prefixes), (vectors.lines().count(), 4));
}

fn prefix_check(linter: &str) -> Option<Check> {
    match linter {
        "gcppos1" => Some(Check::Prefix1),
        "gcppos2" => Some(Check::Prefix2),
        _ => None,
    }
}

fn has_form(part: &Part, input: &str) -> bool {
    input.len() <= usize::from(part.max) && check_part(part, input.as_bytes(), today()).is_none()
}
