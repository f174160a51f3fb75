//! `firstout decode`: reads one symbol per line and prints what it means.

use crate::barcode::{
    Candidate, Element, Finding, Issue, Profile, Reading, Typed, escaped, judge, read, read_typed, unlikely,
};
use crate::domain::Day;
use serde::Serialize;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// Options of `firstout decode`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DecodeArgs {
    /// Print one JSON line for each symbol.
    #[arg(long)]
    pub json: bool,
    /// Take two-digit years against this day (YYYY-MM-DD) instead of the current one.
    #[arg(long)]
    pub today: Option<Day>,
    /// Take lines that begin with a bracket for element strings as a person types them: (01)…(10)….
    #[arg(long)]
    pub typed: bool,
    /// Read as the scanner that this JSON file describes talks.
    #[arg(long)]
    pub profile: Option<PathBuf>,
}

/// Reads symbols from `input`, one a line, and prints each one's meaning to `output`.
///
/// # Errors
/// Whatever reading and writing give.
pub fn run(args: &DecodeArgs, today: Day, input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let (profile, today) = (load_profile(args.profile.as_deref())?, args.today.unwrap_or(today));
    for line in input.split(b'\n') {
        let mut line = line?;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        writeln!(output, "{}", decode(&line, &profile, today, args))?;
    }
    output.flush()
}

/// What one line means, as it is printed: one line of JSON, or a line for people with its doubts below it.
///
/// `\xNN` in the line stands for the byte NN (hexadecimal) and `\\` for a backslash before it.
#[must_use]
pub fn decode(line: &[u8], profile: &Profile, today: Day, args: &DecodeArgs) -> String {
    let bytes = unescape(line);
    let reading = if args.typed { read_typed(&bytes, profile, today) } else { read(&bytes, profile, today) };
    if args.json {
        // The view holds strings and numbers only, which always serialize.
        let mut view = View::of(&reading);
        view.candidates.extend(unlikely(&reading, profile).iter().map(CandidateView::of));
        serde_json::to_string(&view).unwrap_or_default()
    } else {
        describe(&reading)
    }
}

fn load_profile(path: Option<&Path>) -> io::Result<Profile> {
    let Some(path) = path else { return Ok(Profile::default()) };
    let name =
        |error: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| name(error.to_string()))?;
    Profile::from_json(&text).map_err(|error| name(error.to_string()))
}

fn unescape(line: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let (byte, next) = match rest {
            [b'\\', b'x', high, low, tail @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, tail),
                _ => (*first, tail_of(rest)),
            },
            [b'\\', b'\\', tail @ ..] => (b'\\', tail),
            _ => (*first, tail),
        };
        bytes.push(byte);
        rest = next;
    }
    bytes
}

fn tail_of(rest: &[u8]) -> &[u8] {
    rest.get(1..).unwrap_or_default()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn describe(reading: &Reading) -> String {
    let mut lines = vec![format!("{}: {reading}", reading.symbology().as_str())];
    for (kind, issues) in [("error", reading.errors()), ("warning", reading.warnings())] {
        for Issue { code, at, message } in issues {
            lines.push(format!("  {kind} {} at byte {at}: {message}", code.as_str()));
        }
    }
    for IssueView { code, at, message } in companions(reading) {
        lines.push(format!("  warning {code} at byte {at}: {message}"));
    }
    for Candidate { reason, reading } in reading.candidates() {
        lines.push(format!("  or {reading} ({})", reason.message()));
    }
    lines.join("\n")
}

/// The JSON of a reading.
#[derive(Serialize)]
struct View {
    ok: bool,
    symbology: &'static str,
    elements: Vec<ElementView>,
    gtin: Option<String>,
    lot: Option<String>,
    serial: Option<String>,
    expiry: Option<Day>,
    best_before: Option<Day>,
    produced: Option<Day>,
    quantity: Option<i64>,
    weight_g: Option<i64>,
    sscc: Option<String>,
    text: Option<String>,
    local: Option<&'static str>,
    errors: Vec<IssueView>,
    warnings: Vec<IssueView>,
    candidates: Vec<CandidateView>,
}

#[derive(Serialize)]
struct ElementView {
    ai: String,
    title: &'static str,
    value: String,
    typed: TypedView,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TypedView {
    None,
    Text(String),
    Day(Day),
    Days { from: Day, to: Day },
    Count(i64),
}

#[derive(Serialize)]
struct IssueView {
    code: &'static str,
    at: usize,
    message: String,
}

#[derive(Serialize)]
struct CandidateView {
    reason: &'static str,
    message: &'static str,
    #[serde(flatten)]
    reading: View,
}

impl View {
    fn of(reading: &Reading) -> Self {
        Self {
            ok: reading.is_ok(),
            symbology: reading.symbology().as_str(),
            elements: reading.elements().map(|element| ElementView::of(&element)).collect(),
            gtin: reading.gtin().map(|gtin| gtin.to_string()),
            lot: reading.lot().map(|lot| lot.to_string()),
            serial: reading.serial().map(|serial| serial.to_string()),
            expiry: reading.expiry(),
            best_before: reading.best_before(),
            produced: reading.produced(),
            quantity: reading.count(),
            weight_g: reading.weight_g(),
            sscc: reading.sscc().map(|sscc| sscc.to_string()),
            text: reading.text().map(escaped),
            local: reading.local_kind().map(|kind| kind.as_str()),
            errors: issues(reading.errors()),
            warnings: issues(reading.warnings()).into_iter().chain(companions(reading)).collect(),
            candidates: reading.candidates().iter().map(CandidateView::of).collect(),
        }
    }
}

impl ElementView {
    fn of(element: &Element) -> Self {
        Self {
            ai: element.ai.to_owned(),
            title: element.title,
            value: escaped(element.value),
            typed: match element.typed {
                Typed::Text if !element.valid => TypedView::None,
                Typed::Text | Typed::Sscc | Typed::Gln => TypedView::Text(escaped(element.value)),
                Typed::Gtin(gtin) => TypedView::Text(gtin.to_string()),
                Typed::Day(day) => TypedView::Day(day),
                Typed::Days { from, to } => TypedView::Days { from, to },
                Typed::Moment(moment) => TypedView::Text(moment.format("%Y-%m-%dT%H:%M:%S").to_string()),
                Typed::Count(count) => TypedView::Count(count),
                Typed::Decimal { digits, places } => TypedView::Text(decimal(digits, places)),
            },
        }
    }
}

impl CandidateView {
    fn of(candidate: &Candidate) -> Self {
        let Candidate { reason, reading } = candidate;
        Self { reason: reason.as_str(), message: reason.message(), reading: View::of(reading) }
    }
}

/// What the session judges, for this symbol alone.
fn companions(reading: &Reading) -> Vec<IssueView> {
    if reading.is_hibc() {
        return Vec::new();
    }
    let elements: Vec<_> = reading.elements().collect();
    let known = |finding: &Finding| !reading.warns(finding.code);
    let place = |finding: &Finding| elements.get(finding.element).map_or(0, |element| element.at);
    let view = |finding: Finding| IssueView {
        code: finding.code.as_str(),
        at: place(&finding),
        message: finding.message,
    };
    judge(&elements).into_iter().filter(known).map(view).collect()
}

fn issues(list: &[Issue]) -> Vec<IssueView> {
    let view = |issue: &Issue| IssueView {
        code: issue.code.as_str(),
        at: issue.at,
        message: issue.message.clone().into_owned(),
    };
    list.iter().map(view).collect()
}

/// `digits` / 10^`places` in full: 1250 and 3 make 1.250.
fn decimal(digits: i64, places: u8) -> String {
    let width = usize::from(places) + 1;
    let mut text = format!("{digits:0width$}");
    if places > 0 {
        text.insert(text.len() - usize::from(places), '.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Day {
        "2026-11-23".parse().unwrap()
    }

    fn check(line: &str, expected: &str) {
        assert_eq!(
            decode(line.as_bytes(), &Profile::default(), today(), &DecodeArgs::default()),
            expected,
            "{line}"
        );
    }

    fn check_json(line: &str, pointer: &str, expected: serde_json::Value) {
        let args = DecodeArgs { json: true, ..DecodeArgs::default() };
        let json = decode(line.as_bytes(), &Profile::default(), today(), &args);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value.pointer(pointer), Some(&expected), "{line} {json}");
    }

    #[test]
    fn a_line_says_what_the_label_means() {
        check(
            r"]d201095060001343521727022810L2231\x1d21S7",
            "gs1-datamatrix: gtin 09506000134352 · expires 2027-02-28 · lot L2231 · serial S7",
        );
        check("A-03-2", "unknown: text A-03-2");
        check(r"a\\x41 \x4", r"unknown: text a\x41 \x4");
    }

    #[test]
    fn doubts_stand_below() {
        check(
            "]C1010950600013435310",
            "gs1-128: (01) 09506000134353 · (10) \n  \
             error check-digit at byte 18: the check digit of AI 01 (GTIN) does not fit\n  \
             error value-empty at byte 21: AI 10 (BATCH/LOT) has no value",
        );
    }

    #[test]
    fn json_has_the_documented_shape() {
        let line = r"]C101095060001343523103001250172702001012\x1d3724";
        check_json(line, "/ok", true.into());
        check_json(line, "/symbology", "gs1-128".into());
        check_json(line, "/gtin", "09506000134352".into());
        check_json(line, "/expiry", "2027-02-28".into());
        check_json(line, "/quantity", 24.into());
        check_json(line, "/weight_g", 1250.into());
        check_json(line, "/serial", serde_json::Value::Null);
        check_json(line, "/elements/1/typed", "1.250".into());
        check_json(line, "/elements/2/typed", "2027-02-28".into());
        check_json(line, "/elements/3/title", "BATCH/LOT".into());
        check_json("]C170072706302707", "/elements/0/typed", serde_json::Value::Null);
        check_json("]C17007270630", "/elements/0/typed/from", "2027-06-30".into());
        check_json("]C17007270630270702", "/elements/0/typed/to", "2027-07-02".into());
        check_json("]C170032706301405", "/elements/0/typed", "2027-06-30T14:05:00".into());
        check_json("]C170032706301405", "/expiry", "2027-06-30".into());
        check_json("]C1800826063014", "/elements/0/typed", "2026-06-30T14:00:00".into());
        check_json("]C18008260630140559", "/elements/0/typed", "2026-06-30T14:05:59".into());
        check_json("]C17011270630", "/elements/0/typed", "2027-06-30T00:00:00".into());
        check_json("]C1432527020014 ", "/ok", false.into());
        check_json("]C143252702001430", "/elements/0/typed", "2027-02-28T14:30:00".into());
        check_json("]C1725119770501", "/ok", false.into());
        check_json("]C1725019770501", "/elements/0/typed", "1977-05-01".into());
        check_json("]C199", "/errors/0/code", "value-empty".into());
        check_json("9506000134352", "/candidates/0/reason", "plain-text".into());
        check_json("9506000134352", "/candidates/0/text", "9506000134352".into());
    }

    /// Whatever the line is: readable, doubtful, broken, empty, noise.
    #[test]
    fn every_line_has_every_key() {
        const KEYS: [&str; 17] = [
            "ok",
            "symbology",
            "elements",
            "gtin",
            "lot",
            "serial",
            "expiry",
            "best_before",
            "produced",
            "quantity",
            "weight_g",
            "sscc",
            "text",
            "local",
            "errors",
            "warnings",
            "candidates",
        ];
        let args = DecodeArgs { json: true, ..DecodeArgs::default() };
        let long = "7".repeat(5_000);
        for line in [
            r"]d201095060001343521727022810L2231\x1d21S7",
            "]C1010950600013435210L223117270630",
            "]C10109506000134353",
            "https://id.gs1.org/01/09506000134352/10/L1",
            "+A123BJC5D6E71H",
            "A-03-2",
            "",
            r"\x00\xff\x07",
            "]C1",
            &long,
        ] {
            let json = decode(line.as_bytes(), &Profile::default(), today(), &args);
            assert!(!json.contains('\n'), "{json}");
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            let has_keys = |value: &serde_json::Value, more: &[&str]| {
                let keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
                assert!(KEYS.iter().chain(more).all(|key| keys.contains(key)), "{line} {keys:?}");
                assert_eq!(keys.len(), KEYS.len() + more.len(), "{line} {keys:?}");
            };
            has_keys(&value, &[]);
            for candidate in value["candidates"].as_array().unwrap() {
                has_keys(candidate, &["reason", "message"]);
            }
            for element in value["elements"].as_array().unwrap() {
                assert!(
                    ["ai", "title", "value", "typed"].iter().all(|key| element.get(key).is_some()),
                    "{json}"
                );
            }
            let issues = ["errors", "warnings"].map(|list| value[list].as_array().unwrap().clone()).concat();
            for issue in issues {
                assert!(["code", "at", "message"].iter().all(|key| issue.get(key).is_some()), "{json}");
            }
            assert_eq!(
                value["ok"].as_bool().unwrap(),
                value["errors"].as_array().unwrap().is_empty(),
                "{json}"
            );
        }
    }

    #[test]
    fn unlikely_readings_come_last_among_the_candidates() {
        check_json("]C1010950600013435210AB9112", "/warnings", serde_json::json!([]));
        check_json("]C1010950600013435210AB9112", "/lot", "AB9112".into());
        check_json("]C1010950600013435210AB9112", "/candidates/0/reason", "unlikely-lost-separator".into());
        check_json("]C1010950600013435210AB9112", "/candidates/0/lot", "AB".into());
        check_json("]C1010950600013435210AB", "/candidates", serde_json::json!([]));
    }

    #[test]
    fn companions_are_warnings_of_the_symbol() {
        check_json("]C110L1", "/warnings/0/code", "missing-companion".into());
        check_json("]C110L1", "/warnings/0/at", 3.into());
        check_json("]C110L1", "/ok", true.into());
        check_json("]C10109506000134352", "/warnings", serde_json::json!([]));
        check_json("+A99912349/$10X3/16D20111231/14D20200131/Q500Z", "/warnings", serde_json::json!([]));
    }

    #[test]
    fn brackets_are_read_where_they_were_typed() {
        let args = DecodeArgs { typed: true, ..DecodeArgs::default() };
        let line = decode(b"(01)09506000134352(10)L1", &Profile::default(), today(), &args);
        assert_eq!(line, "unknown: gtin 09506000134352 \u{b7} lot L1");
    }

    #[test]
    fn lines_go_in_and_lines_come_out() {
        let args = DecodeArgs { today: Some(today()), ..DecodeArgs::default() };
        let mut output = Vec::new();
        run(&args, Day::default(), "HU-1\r\n\nA-1\n".as_bytes(), &mut output).unwrap();
        let output = String::from_utf8(output).unwrap();
        assert_eq!(
            output,
            "unknown: text HU-1\nunknown: unreadable\n  \
             error empty at byte 0: the scan is empty\nunknown: text A-1\n"
        );
    }
}
