//! The table and the checks against the reference data of GS1, where these are at hand; they are not part
//! of the product.

use super::ai::{AiSpec, Charset, Check, Part, n, x};
use super::element::check_part;
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

/// A row as the dictionary writes it, with the checks that are made here.
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
        let check = match part.check {
            Check::None => "",
            Check::Mod10 => ",csum",
            Check::Date => ",yymmdd",
            Check::DateOrMonth => ",yymmd0",
        };
        text.push_str(&format!(" {open}{charset}{up_to}{}{close}{check}", part.max));
    }
    text
}

/// A line of the dictionary without attributes and without the checks that are not made here.
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
        let mut checks = part.split(',');
        written.push_str(&format!(" {}", checks.next()?));
        for check in checks.filter(|check| matches!(*check, "csum" | "yymmdd" | "yymmd0")) {
            written.push_str(&format!(",{check}"));
        }
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
fn the_checks_agree_with_the_vectors() {
    let Some(vectors) = reference("linter-vectors.jsonl") else { return };
    let mut checked = 0;
    for vector in vectors.lines() {
        let vector: serde_json::Value = serde_json::from_str(vector).unwrap();
        let input = vector["in"].as_str().unwrap();
        let len = u8::try_from(input.len()).unwrap_or(u8::MAX);
        let charset = |charset| Part { charset, ..x(len) };
        let part = match vector["linter"].as_str().unwrap() {
            "gs1_lint_csum" => n(len).check(Check::Mod10),
            "gs1_lint_yymmd0" => n(6).check(Check::DateOrMonth),
            "gs1_lint_yymmdd" => n(6).check(Check::Date),
            "gs1_lint_csetnumeric" => n(len),
            "gs1_lint_cset82" => charset(Charset::Cset82),
            "gs1_lint_cset39" => charset(Charset::Cset39),
            "gs1_lint_cset64" => charset(Charset::Cset64),
            _ => continue,
        };
        let fits =
            input.len() <= usize::from(part.max) && check_part(&part, input.as_bytes(), today()).is_none();
        assert_eq!(fits, vector["ok"].as_bool().unwrap(), "{vector}");
        checked += 1;
    }
    assert!(checked > 800, "{checked}");
}
