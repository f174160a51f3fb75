//! Lists as CSV: RFC 4180, UTF-8, and nothing in a cell that a spreadsheet would run.
//!
//! OWASP's rule against CSV injection: a text that begins with `=`, `+`, `-`, `@` (or their full-width forms), a tab or a
//! line end gets an apostrophe in front, and every text is quoted, so that no separator inside it begins a new cell. A
//! text that begins with an apostrophe gets another one: who takes one away has the text again. Numbers stay numbers.

use crate::server::storage::export::{
    DestinationLine, EventLine, LotLine, OrderLineRow, OriginLine, Sink, StockLine,
};
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use tokio::sync::SemaphorePermit;

/// What a text must not begin with.
const DANGEROUS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];

/// A row that can be lines of a table.
pub(in crate::server) trait Lines: Serialize + Sized {
    /// The columns, in their order.
    const COLUMNS: &'static [&'static str];

    /// Its lines: one, unless a row holds several things.
    fn lines(&self) -> Vec<Map<String, Value>> {
        object(self).into_iter().collect()
    }
}

fn object(row: &impl Serialize) -> Option<Map<String, Value>> {
    match serde_json::to_value(row) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

impl Lines for StockLine {
    const COLUMNS: &'static [&'static str] = &[
        "item",
        "item_name",
        "unit",
        "lot",
        "serial",
        "location",
        "zone",
        "hu",
        "quantity",
        "good_to",
        "stopped",
        "since",
    ];
}

impl Lines for LotLine {
    const COLUMNS: &'static [&'static str] = &[
        "item",
        "item_name",
        "unit",
        "lot",
        "good_to",
        "expiry",
        "best_before",
        "produced",
        "supplier_lot",
        "vintage",
        "origin",
        "first_received",
        "quantity",
        "stopped",
    ];
}

impl Lines for OriginLine {
    const COLUMNS: &'static [&'static str] =
        &["item", "lot", "event", "supplier", "supplier_name", "order", "quantity", "at"];
}

impl Lines for DestinationLine {
    const COLUMNS: &'static [&'static str] =
        &["item", "lot", "serial", "event", "order", "line", "customer", "customer_name", "quantity", "at"];
}

impl Lines for OrderLineRow {
    const COLUMNS: &'static [&'static str] = &[
        "order",
        "direction",
        "kind",
        "status",
        "party",
        "party_name",
        "due",
        "line",
        "item",
        "item_name",
        "unit",
        "ordered",
        "lot",
        "serial",
        "received",
        "picked",
        "dispatched",
        "short",
    ];
}

/// A line for each change of an entry; an entry without any has one too, so that the numbers stay dense.
impl Lines for EventLine {
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "status",
        "reason",
        "received",
        "device",
        "device_name",
        "epoch",
        "device_seq",
        "event",
        "kind",
        "at",
        "operator",
        "operator_name",
        "order",
        "item",
        "lot",
        "serial",
        "location",
        "outside",
        "hu",
        "quantity",
    ];

    fn lines(&self) -> Vec<Map<String, Value>> {
        let Some(mut entry) = object(self) else { return Vec::new() };
        entry.remove("body");
        entry.remove("changes");
        if self.changes.is_empty() {
            return vec![entry];
        }
        let changes = self.changes.iter().filter_map(object);
        changes.map(|change| entry.clone().into_iter().chain(change).collect()).collect()
    }
}

fn writer<W: Write>(into: W) -> Writer<W> {
    WriterBuilder::new().terminator(Terminator::CRLF).quote_style(QuoteStyle::NonNumeric).from_writer(into)
}

fn write<R: Lines, W: Write>(rows: &[R], into: &mut Writer<W>) -> io::Result<()> {
    for fields in rows.iter().flat_map(Lines::lines) {
        let cells = R::COLUMNS.iter().map(|column| cell(fields.get(*column)));
        into.write_record(cells.map(|cell| cell.into_owned().into_bytes()))?;
    }
    Ok(())
}

fn cell(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => safe(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

/// A text as it may stand in a cell.
fn safe(text: &str) -> Cow<'_, str> {
    if text.starts_with(DANGEROUS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// One page of a list as CSV.
pub(super) fn page<R: Lines>(rows: &[R]) -> io::Result<Vec<u8>> {
    let mut table = writer(Vec::new());
    table.write_record(R::COLUMNS)?;
    write(rows, &mut table)?;
    table.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// A file that a whole list is written into.
pub(super) struct Spool {
    table: Writer<BufWriter<File>>,
    /// Given back when the work has ended, also where the one who asked has gone away.
    _turn: Option<SemaphorePermit<'static>>,
}

impl Spool {
    /// Into an empty file.
    pub(super) fn new(file: File, turn: Option<SemaphorePermit<'static>>) -> Self {
        Self { table: writer(BufWriter::new(file)), _turn: turn }
    }

    /// The file from its beginning, and how long it is.
    pub(super) fn finish(self) -> io::Result<(File, u64)> {
        let buffer = self.table.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        let mut file = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
        let bytes = file.stream_position()?;
        file.seek(SeekFrom::Start(0))?;
        Ok((file, bytes))
    }
}

/// The holder takes it back once it is full.
impl<R: Lines + Send + 'static> Sink<R> for Option<Spool> {
    fn begin(&mut self) -> io::Result<()> {
        self.as_mut().map_or(Ok(()), Sink::<R>::begin)
    }

    fn take(&mut self, rows: Vec<R>) -> io::Result<()> {
        self.as_mut().map_or(Ok(()), |spool| Sink::take(spool, rows))
    }
}

impl<R: Lines + Send + 'static> Sink<R> for Spool {
    fn begin(&mut self) -> io::Result<()> {
        self.table.flush()?;
        let file = self.table.get_ref().get_ref();
        file.set_len(0)?;
        let mut at = file;
        at.seek(SeekFrom::Start(0))?;
        self.table.write_record(R::COLUMNS)?;
        Ok(())
    }

    fn take(&mut self, rows: Vec<R>) -> io::Result<()> {
        write(&rows, &mut self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        text: &'static str,
        number: i64,
    }

    impl Lines for Row {
        const COLUMNS: &'static [&'static str] = &["text", "number", "missing"];
    }

    #[test]
    fn nothing_in_a_cell_is_a_formula() {
        let check = |text: &'static str, expected: &str| {
            let csv = page(&[Row { text, number: -5 }]).unwrap();
            let csv = String::from_utf8(csv).unwrap();
            assert_eq!(csv, format!("\"text\",\"number\",\"missing\"\r\n{expected},-5,\"\"\r\n"), "{text:?}");
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let read = reader.records().next().unwrap().unwrap();
            let back = read[0].strip_prefix('\'').unwrap_or(&read[0]);
            assert_eq!(back, text, "one apostrophe less is the text");
        };
        check("L1", "\"L1\"");
        check("007", "007");
        check("=1+1", "\"'=1+1\"");
        check("+49", "\"'+49\"");
        check("-3", "\"'-3\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("\tx", "\"'\tx\"");
        check("\rx", "\"'\rx\"");
        check("＝1", "\"'＝1\"");
        check("'quoted'", "\"''quoted'\"");
        check("a;=1+1", "\"a;=1+1\"");
        check("a,\"b\"", "\"a,\"\"b\"\"\"");
        check("</script>", "\"</script>\"");
        check("a=1", "\"a=1\"");
    }

    #[test]
    fn work_that_is_done_again_leaves_nothing_of_the_first_time() {
        let path = std::env::temp_dir().join(format!("firstout-spool-{}", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        let mut spool = Spool::new(file, None);
        for text in ["much longer than the other one", "b"] {
            <Spool as Sink<Row>>::begin(&mut spool).unwrap();
            spool.take(vec![Row { text, number: 1 }]).unwrap();
        }
        let (mut file, bytes) = spool.finish().unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut file, &mut text).unwrap();
        assert_eq!(text, "\"text\",\"number\",\"missing\"\r\n\"b\",1,\"\"\r\n");
        assert_eq!(bytes, text.len() as u64);
        std::fs::remove_file(path).unwrap();
    }
}
