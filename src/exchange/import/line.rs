//! One line while it is read: each cell as the type it stands for, and a problem for each that is not.

use super::problem::Problem;
use super::table::{Row, Table};
use crate::domain::{Day, Gtin, QUANTITY_MAX, Quantity};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// Longest name of an item, place or party, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Most days of shelf life that can be asked for.
const DAYS_MAX: i64 = 3650;

/// One line of a file and what is wrong with it so far.
pub(super) struct Line<'a, 'p> {
    table: &'a Table,
    row: &'a Row,
    problems: &'p mut Vec<Problem>,
}

impl<'a, 'p> Line<'a, 'p> {
    pub fn new(table: &'a Table, row: &'a Row, problems: &'p mut Vec<Problem>) -> Self {
        Self { table, row, problems }
    }

    /// The cell as it stands there.
    pub fn cell(&self, column: &str) -> &'a str {
        self.table.cell(self.row, column)
    }

    /// True where the cell says something.
    pub fn says(&self, column: &str) -> bool {
        !self.cell(column).is_empty()
    }

    /// Notes that the cell cannot be used.
    pub fn wrong<T>(&mut self, column: &str, message: &str) -> Option<T> {
        self.problems.push(Problem::at(self.row.line, column, self.cell(column), message));
        None
    }

    /// A text that must be there, for a person or as a code.
    pub fn text(&mut self, column: &str) -> Option<&'a str> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return self.wrong(column, "this cell must not be empty");
        }
        self.clean(column, cell)
    }

    fn clean(&mut self, column: &str, cell: &'a str) -> Option<&'a str> {
        if cell.len() > NAME_BYTES_MAX {
            return self.wrong(column, &format!("at most {NAME_BYTES_MAX} bytes are kept"));
        }
        if cell.chars().any(char::is_control) {
            return self.wrong(column, "the cell holds a line break or a control character");
        }
        if is_rounded(cell) {
            return self.wrong(column, "a spreadsheet has rounded this number; make the column text");
        }
        Some(cell)
    }

    /// A text that may be empty.
    pub fn optional_text(&mut self, column: &str) -> Option<&'a str> {
        let cell = self.cell(column);
        if cell.is_empty() { Some(cell) } else { self.clean(column, cell) }
    }

    /// A label such as a lot number; `Some(None)` for an empty cell.
    pub fn label<T: FromStr>(&mut self, column: &str) -> Option<Option<T>>
    where
        T::Err: Display,
    {
        let Some(cell) = self.optional_text(column).filter(|cell| !cell.is_empty()) else {
            return self.cell(column).is_empty().then_some(None);
        };
        match cell.parse() {
            Ok(label) => Some(Some(label)),
            Err(error) => self.wrong(column, &error.to_string()),
        }
    }

    /// A whole number within bounds; `default` for an empty cell.
    pub fn whole(&mut self, column: &str, default: i64, least: i64, most: i64) -> Option<i64> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return Some(default);
        }
        match cell.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            Ok(_) => self.wrong(column, &format!("the number must lie from {least} to {most}")),
            Err(_) => self.wrong(column, "write a whole number in digits only, without separators"),
        }
    }

    /// Days of shelf life; 0 for an empty cell.
    pub fn days(&mut self, column: &str) -> Option<u16> {
        self.whole(column, 0, 0, DAYS_MAX).and_then(|days| u16::try_from(days).ok())
    }

    /// A quantity above zero.
    pub fn quantity(&mut self, column: &str) -> Option<Quantity> {
        self.text(column)?;
        self.whole(column, 0, 1, QUANTITY_MAX).and_then(|units| Quantity::new(units).ok())
    }

    /// A day as ISO 8601 (2027-03-14, 20270314) or with points (14.3.2027); `Some(None)` for an empty cell.
    pub fn day(&mut self, column: &str) -> Option<Option<Day>> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return Some(None);
        }
        let formats = ["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y"];
        let found = formats.iter().find_map(|format| Day::parse_from_str(cell, format).ok());
        match found.filter(|day| (1900..2200).contains(&chrono::Datelike::year(day))) {
            Some(day) => Some(Some(day)),
            None => self.wrong(column, "this is not a day; write 2027-03-14 or 14.03.2027"),
        }
    }

    /// A GTIN; `Some(None)` for an empty cell.
    pub fn gtin(&mut self, column: &str) -> Option<Option<Gtin>> {
        let Some(cell) = self.optional_text(column).filter(|cell| !cell.is_empty()) else {
            return self.cell(column).is_empty().then_some(None);
        };
        match Gtin::new(cell) {
            Ok(gtin) => Some(Some(gtin)),
            Err(error) => self.wrong(column, &error.to_string()),
        }
    }

    /// One of the words; `default` for an empty cell.
    pub fn word<T: Copy>(&mut self, column: &str, default: T, words: &[(&str, T)]) -> Option<T> {
        let cell = self.cell(column).to_lowercase().replace([' ', '-'], "_");
        if cell.is_empty() {
            return Some(default);
        }
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == cell) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.wrong(column, &format!("write one of {}", known.join(", ")))
    }

    /// What a column says that the file may lack: without it, what was there before stays.
    pub fn or_before<T>(
        &mut self,
        column: &str,
        before: Option<T>,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.table.has(column) { read(self) } else { before.or_else(|| read(self)) }
    }

    /// Yes or no; yes for an empty cell.
    pub fn active(&mut self) -> Option<bool> {
        let words = [
            ("yes", true),
            ("no", false),
            ("true", true),
            ("false", false),
            ("1", true),
            ("0", false),
            ("ja", true),
            ("nein", false),
        ];
        self.word("active", true, &words)
    }
}

/// `4.01234E+12`: what spreadsheets make of long numbers.
fn is_rounded(cell: &str) -> bool {
    let Some((number, power)) = cell.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(power) && number.split_once(['.', ',']).is_some_and(|(a, b)| digits(a) && digits(b))
}

/// The lines of each thing that `column` names, in the file's order.
pub(super) fn grouped<'a>(
    table: &'a Table,
    column: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(&'a str, Vec<&'a Row>)> {
    let mut groups: Vec<(&str, Vec<&Row>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &table.rows {
        let Some(name) = Line::new(table, row, problems).text(column) else { continue };
        let place = *places.entry(name).or_insert(groups.len());
        if place == groups.len() {
            groups.push((name, Vec::new()));
        }
        if let Some((_, rows)) = groups.get_mut(place) {
            rows.push(row);
        }
    }
    groups
}

/// Notes each cell that a further line of one thing fills differently than its first line.
pub(super) fn same_as_first(line: &mut Line<'_, '_>, first: &Row, columns: &[&str], may_be_empty: bool) {
    for column in columns {
        let said = line.says(column) || !may_be_empty;
        if said && line.cell(column) != line.table.cell(first, column) {
            line.wrong::<()>(column, "the lines of one thing say different things here");
        }
    }
}
