//! What is wrong with a file, for the person who can mend it: the line, the column, what stands there, what to write.

use serde::Serialize;
use std::fmt;

/// Most problems that are listed; the others are counted.
pub const PROBLEMS_MAX: usize = 200;
/// Most characters of a cell that a message repeats.
const SHOWN_CHARS_MAX: usize = 60;

/// One thing that keeps a file from being imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line in the file, from 1; 0 for the file as a whole.
    pub line: u64,
    /// The column; empty for the whole line.
    pub column: String,
    /// What stands there, cut where it is long.
    pub value: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Problem {
    /// Of the file as a whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { line: 0, column: String::new(), value: String::new(), message: message.into() }
    }

    /// Of one cell.
    pub(super) fn at(line: u64, column: &str, value: &str, message: &str) -> Self {
        let mut shown: String = value.chars().take(SHOWN_CHARS_MAX).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self { line, column: column.to_owned(), value: shown, message: message.to_owned() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.column.is_empty() {
            write!(f, "{} ", self.column)?;
        }
        if !self.value.is_empty() {
            write!(f, "{:?}: ", self.value)?;
        }
        f.write_str(&self.message)
    }
}
