//! One line of a flow file.

use super::FlowError;
use serde::Deserialize;
use serde_json::Value;

/// One line of a flow file: at most one input, and what is expected after it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A symbol as text.
    pub scan: Option<String>,
    /// A symbol as hexadecimal bytes.
    pub scan_hex: Option<String>,
    /// The id of a button, row or key.
    pub tap: Option<String>,
    /// A typed code.
    pub text: Option<String>,
    /// True: time passes.
    pub tick: Option<bool>,
    /// True: the sync changed the file.
    pub sync: Option<bool>,
    /// True: the battery is pulled and the device starts anew on the same file.
    pub restart: Option<bool>,
    /// The clock from here on, RFC 3339.
    pub time: Option<String>,
    /// Milliseconds between the last input and the next one.
    pub wait_ms: Option<i64>,
    /// Fills a fresh file with the demo warehouse of this seed.
    pub demo: Option<u64>,
    /// What the view has to hold, as a part of its JSON; strings that begin with `~` have to occur in the view's string.
    pub expect: Option<Value>,
    /// How many inputs there were since the last count.
    pub count: Option<Count>,
    /// For the reader.
    pub note: Option<String>,
}

/// Inputs since the last count; what is absent is not compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Symbols and typed codes.
    pub scans: Option<u32>,
    /// Taps, keys of the keypad included.
    pub taps: Option<u32>,
}

/// Reads a flow file; blank lines and lines that begin with `#` are for the reader.
///
/// # Errors
/// The first line that is no step.
pub fn parse(text: &str) -> Result<Vec<(usize, Step)>, FlowError> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let steps = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    steps
        .map(|(line, text)| {
            let step = serde_json::from_str(text);
            step.map(|step| (line, step)).map_err(|error| FlowError { line, what: error.to_string() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_line_is_named() {
        let steps = parse("# a comment\n\n{\"scan\": \"A\\u001d1\", \"expect\": {}}\n").unwrap();
        assert_eq!(steps.len(), 1);
        let (line, step) = &steps[0];
        assert_eq!((*line, step.scan.as_deref()), (3, Some("A\u{1d}1")));
        let error = parse("{\"tap\": \"a\"}\n{\"tpa\": \"a\"}").unwrap_err();
        assert_eq!(error.line, 2);
        assert!(error.what.contains("tpa"), "{error}");
    }
}
