//! A file of columns as people's spreadsheets write it: any of the usual encodings and separators, a header in any order.

use super::problem::Problem;

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most lines in one file.
pub const FILE_LINES_MAX: usize = 500_000;
/// Longest cell, in bytes.
pub const CELL_BYTES_MAX: usize = 4096;

/// A column that an importer knows.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in templates and messages.
    pub name: &'static str,
    /// Other names it goes by, in lower case with `_` for blanks.
    pub also: &'static [&'static str],
    /// True where a file without it cannot be read.
    pub required: bool,
}

impl Column {
    /// A column that every file must have.
    pub(super) const fn needed(name: &'static str, also: &'static [&'static str]) -> Self {
        Self { name, also, required: true }
    }

    /// A column that a file may have.
    pub(super) const fn maybe(name: &'static str, also: &'static [&'static str]) -> Self {
        Self { name, also, required: false }
    }

    fn is_called(&self, heading: &str) -> bool {
        self.name == heading || self.also.contains(&heading)
    }
}

/// One line of the file below its header.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it begins in the file, from 1.
    pub line: u64,
    cells: Vec<String>,
}

/// A file whose header was understood.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Its lines, without empty ones.
    pub rows: Vec<Row>,
    /// Headings that no column goes by.
    pub ignored: Vec<String>,
    /// Lines that are no rows.
    pub problems: Vec<Problem>,
    names: Vec<Option<&'static str>>,
}

impl Table {
    /// Reads a file: UTF-8 with or without a byte order mark, UTF-16 with one, otherwise Windows-1252; columns
    /// separated by comma, semicolon or tab, whichever the header has most of.
    ///
    /// # Errors
    /// What is wrong with the file as a whole: its size, missing and doubled columns.
    pub fn read(bytes: &[u8], columns: &'static [Column]) -> Result<Self, Vec<Problem>> {
        if bytes.len() > FILE_BYTES_MAX {
            let size = format!("{} bytes, at most {FILE_BYTES_MAX} are read", bytes.len());
            return Err(vec![Problem::whole(size)]);
        }
        let text = decoded(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator(&text))
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| vec![unreadable(&error)])?.clone();
        let mut table = Self::default();
        let problems = table.name_columns(&header, columns);
        if !problems.is_empty() {
            return Err(problems);
        }
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    table.problems.push(unreadable(&error));
                    break;
                }
            };
            if table.rows.len() == FILE_LINES_MAX {
                table
                    .problems
                    .push(Problem::whole(format!("more than {FILE_LINES_MAX} lines; split the file")));
                break;
            }
            let line = record.position().map_or(0, csv::Position::line);
            table.push(line, &record);
        }
        Ok(table)
    }

    fn name_columns(&mut self, header: &csv::StringRecord, columns: &'static [Column]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for heading in header {
            let plain = plain(heading);
            let name = columns.iter().find(|column| column.is_called(&plain)).map(|column| column.name);
            match name {
                Some(name) if self.names.contains(&Some(name)) => {
                    problems.push(Problem::at(1, name, heading, "the file has this column twice"));
                }
                None if !heading.is_empty() => self.ignored.push(heading.to_owned()),
                _ => {}
            }
            self.names.push(name);
        }
        let missing: Vec<&str> = columns
            .iter()
            .filter(|column| column.required && !self.names.contains(&Some(column.name)))
            .map(|column| column.name)
            .collect();
        if !missing.is_empty() {
            let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
            problems.push(Problem::whole(format!(
                "the first line has no column {}; the columns are {}",
                missing.join(", "),
                known.join(", ")
            )));
        }
        problems
    }

    fn push(&mut self, line: u64, record: &csv::StringRecord) {
        let beyond = record.iter().skip(self.names.len()).find(|cell| !cell.is_empty());
        let long = record.iter().find(|cell| cell.len() > CELL_BYTES_MAX);
        if let Some(cell) = beyond {
            let message =
                "the line has more cells than the header; a text with the separator in it needs quotes";
            self.problems.push(Problem::at(line, "", cell, message));
        } else if let Some(cell) = long {
            self.problems.push(Problem::at(line, "", cell, "the cell is too long; is a quote missing?"));
        } else if !record.iter().all(str::is_empty) {
            self.rows.push(Row { line, cells: record.iter().map(str::to_owned).collect() });
        }
    }

    /// The cell of a column; empty where the file or the line does not have it.
    #[must_use]
    pub fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        let place = self.names.iter().position(|name| *name == Some(column));
        place.and_then(|place| row.cells.get(place)).map_or("", String::as_str)
    }

    /// True where the file has the column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.names.contains(&Some(column))
    }
}

fn unreadable(error: &csv::Error) -> Problem {
    let line = error.position().map_or(0, csv::Position::line);
    Problem::at(line, "", "", &error.to_string())
}

/// `Lot number` and `lot-number` are `lot_number`.
fn plain(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    lower.chars().map(|c| if matches!(c, ' ' | '-' | '.' | '/') { '_' } else { c }).collect()
}

fn decoded(bytes: &[u8]) -> String {
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(bytes) {
        let rest = bytes.get(skip..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// The separator that the first line has most of.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |byte: u8| header.bytes().filter(|found| *found == byte).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}
