//! What the server's work asks of a database: a transaction, values, rows.
//!
//! The statements are one text for every database, in `sql/`: `?1`, `?2`, … are parameters, the site is the first, and
//! only what SQLite and PostgreSQL share is used (no scalar `max`, columns named in full behind `ON CONFLICT`, sums cast
//! to BIGINT). A statement for many rows at once says `{values}` or `{keys}` where the rows come in; see [`Many`].

use super::StorageError;
use crate::domain::{DeviceId, EventId, Timestamp};
use crate::sync::wire::{Hash, Status};
use async_trait::async_trait;
use std::fmt::Write as _;
use std::sync::OnceLock;
use uuid::Uuid;

/// What a database keeps in a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// Numbers, times, codes.
    Int(i64),
    /// Labels and JSON.
    Text(String),
    /// Ids and hashes.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

/// Sequences come from counters and from requests checked before; they never get near the limit.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(yes.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.0)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Blob(id.as_bytes().to_vec())
    }
}

impl From<EventId> for Value {
    fn from(id: EventId) -> Self {
        id.0.into()
    }
}

impl From<DeviceId> for Value {
    fn from(id: DeviceId) -> Self {
        id.0.into()
    }
}

impl From<[u8; 32]> for Value {
    fn from(hash: [u8; 32]) -> Self {
        Self::Blob(hash.to_vec())
    }
}

impl From<Hash> for Value {
    fn from(hash: Hash) -> Self {
        hash.0.into()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// `values![site, device, 7]`: parameters of a statement, or one row of many.
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$($crate::server::storage::tx::Value::from($value)),*] };
}
pub(crate) use values;

/// One row of an answer, read from its first column to its last.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    /// A row of these columns.
    #[must_use]
    pub fn new(columns: Vec<Value>) -> Self {
        Self(columns.into_iter())
    }

    /// The next column, whatever it is.
    pub fn value(&mut self) -> Value {
        self.0.next().unwrap_or_default()
    }

    /// The next column, a number.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] where it is something else; so with all that follow.
    pub fn int(&mut self) -> Result<i64, StorageError> {
        self.int_or_null()?.ok_or(StorageError::Damaged { what: "number" })
    }

    /// The next column, a number or nothing.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn int_or_null(&mut self) -> Result<Option<i64>, StorageError> {
        match self.value() {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(number)),
            _ => Err(StorageError::Damaged { what: "number" }),
        }
    }

    /// The next column, a sequence or count; what a damaged file makes negative reads as 0.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn unsigned(&mut self) -> Result<u64, StorageError> {
        self.int().map(|number| u64::try_from(number).unwrap_or(0))
    }

    /// The next column, a small number.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn small(&mut self) -> Result<u32, StorageError> {
        u32::try_from(self.int()?).map_err(|_| StorageError::Damaged { what: "number" })
    }

    /// The next column, true where it is not 0.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn flag(&mut self) -> Result<bool, StorageError> {
        self.int().map(|number| number != 0)
    }

    /// The next column, a time.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn time(&mut self) -> Result<Timestamp, StorageError> {
        self.int().map(Timestamp)
    }

    /// The next column, a verdict.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn status(&mut self) -> Result<Status, StorageError> {
        const ALL: [Status; 5] =
            [Status::Accepted, Status::Flagged, Status::Quarantined, Status::Duplicate, Status::Refused];
        let code = self.int()?;
        ALL.into_iter()
            .find(|status| i64::from(*status as u8) == code)
            .ok_or(StorageError::Damaged { what: "status" })
    }

    /// The next column, a text. The bytes of events are a text too, whatever their column is.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn text(&mut self) -> Result<String, StorageError> {
        match self.value() {
            Value::Text(text) => Ok(text),
            Value::Blob(bytes) => {
                String::from_utf8(bytes).map_err(|_| StorageError::Damaged { what: "text" })
            }
            _ => Err(StorageError::Damaged { what: "text" }),
        }
    }

    /// The next column, a stored label; '' is none.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn label<T, E>(&mut self, new: impl FnOnce(&str) -> Result<T, E>) -> Result<Option<T>, StorageError> {
        let text = self.text()?;
        if text.is_empty() {
            return Ok(None);
        }
        new(&text).map(Some).map_err(|_| StorageError::Damaged { what: "label" })
    }

    /// The next column, one of our own types as JSON.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn json<T: serde::de::DeserializeOwned>(&mut self, what: &'static str) -> Result<T, StorageError> {
        serde_json::from_str(&self.text()?).map_err(|_| StorageError::Damaged { what })
    }

    /// The next column, so many bytes.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], StorageError> {
        let Value::Blob(bytes) = self.value() else { return Err(StorageError::Damaged { what: "id" }) };
        bytes.try_into().map_err(|_| StorageError::Damaged { what: "id" })
    }

    /// The next column, a hash.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn hash(&mut self) -> Result<Hash, StorageError> {
        self.bytes().map(Hash)
    }

    /// The next column, an id.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn uuid(&mut self) -> Result<Uuid, StorageError> {
        self.bytes().map(Uuid::from_bytes)
    }

    /// The next column, an event's id.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn event(&mut self) -> Result<EventId, StorageError> {
        self.uuid().map(EventId)
    }

    /// The next column, a device's id.
    ///
    /// # Errors
    /// See [`Self::int`].
    pub fn device(&mut self) -> Result<DeviceId, StorageError> {
        self.uuid().map(DeviceId)
    }
}

/// The JSON form of our own types, which always have one.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|_| StorageError::Damaged { what: "value" })
}

/// What a column of many rows holds; PostgreSQL must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Value::Int`].
    Int,
    /// [`Value::Text`].
    Text,
    /// [`Value::Blob`] of sixteen bytes.
    Id,
    /// [`Value::Blob`] of any other length.
    Blob,
}

/// A statement that takes many rows of one site: one round trip on PostgreSQL, one prepared statement again and again
/// on SQLite. `?1` is the site. `INSERT INTO t (site, a, b) {values}` inserts them; `FROM {keys} CROSS JOIN t WHERE
/// t.site = ?1 AND t.a = k.a` looks them up as `k`.
pub struct Many {
    text: &'static str,
    columns: &'static [(&'static str, Kind)],
    expanded: OnceLock<[String; 2]>,
}

impl Many {
    /// A statement and the columns of its rows, without the site.
    #[must_use]
    pub const fn new(text: &'static str, columns: &'static [(&'static str, Kind)]) -> Self {
        Self { text, columns, expanded: OnceLock::new() }
    }

    /// For one row: each column is a parameter.
    pub(super) fn for_each(&self) -> &str {
        let [each, _] = self.expanded();
        each
    }

    /// For all rows: each column is an array.
    #[cfg(any(feature = "postgres", test))]
    pub(super) fn for_all(&self) -> &str {
        let [_, all] = self.expanded();
        all
    }

    fn expanded(&self) -> &[String; 2] {
        self.expanded.get_or_init(|| {
            let (mut values, mut keys, mut all_values, mut all_keys) = Default::default();
            for (n, (name, kind)) in (2..).zip(self.columns) {
                let comma = if n == 2 { "" } else { ", " };
                let array = match kind {
                    Kind::Int => "bigint[]",
                    Kind::Text => "text[]",
                    Kind::Id => "uuid[]",
                    Kind::Blob => "bytea[]",
                };
                put(&mut values, format_args!(", ?{n}"));
                put(&mut keys, format_args!("{comma}?{n} AS {name}"));
                // Unnested side by side in a list of columns; as a table they would first be written down, each apart.
                put(&mut all_values, format_args!(", unnest(?{n}::{array})"));
                put(&mut all_keys, format_args!("{comma}unnest(?{n}::{array}) AS {name}"));
            }
            let each = self
                .text
                .replace("{values}", &format!("VALUES (?1{values})"))
                .replace("{keys}", &format!("(SELECT {keys}) AS k"));
            let all = self
                .text
                .replace("{values}", &format!("SELECT ?1::bigint{all_values}"))
                .replace("{keys}", &format!("(SELECT {all_keys}) AS k"));
            [each, all]
        })
    }
}

fn put(text: &mut String, more: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(more);
}

/// What is called with each row of an answer; false ends it.
pub type Visit<'a> = dyn FnMut(Row) -> Result<bool, StorageError> + Send + 'a;

/// A transaction under way: all of it is kept or none.
#[async_trait]
pub trait Tx: Send {
    /// Reads rows one at a time.
    ///
    /// # Errors
    /// [`StorageError`] of the database, or of `visit`; so with all that follow.
    async fn visit(&mut self, sql: &str, params: &[Value], visit: &mut Visit<'_>)
    -> Result<(), StorageError>;

    /// Changes rows; how many.
    ///
    /// # Errors
    /// See [`Self::visit`].
    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StorageError>;

    /// Reads what belongs to many keys of a site, in the order of the database.
    ///
    /// # Errors
    /// See [`Self::visit`].
    async fn find(&mut self, many: &Many, site: i64, keys: &[Vec<Value>]) -> Result<Vec<Row>, StorageError>;

    /// Changes what belongs to many keys of a site, or inserts many rows. The database may still be at it on return: what
    /// is asked next finds it done, and an error is told by a later call, at the latest by the end of the transaction.
    ///
    /// # Errors
    /// See [`Self::visit`].
    async fn put(&mut self, many: &Many, site: i64, rows: Vec<Vec<Value>>) -> Result<(), StorageError>;

    /// Reads rows.
    ///
    /// # Errors
    /// See [`Self::visit`].
    async fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
        let mut rows = Vec::new();
        self.visit(sql, params, &mut |row| {
            rows.push(row);
            Ok(true)
        })
        .await?;
        Ok(rows)
    }

    /// Reads the first row.
    ///
    /// # Errors
    /// See [`Self::visit`].
    async fn row(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, StorageError> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// What keeps a row that was read from being changed by others until the end; '' where nobody else can.
    fn lock(&self) -> &'static str;

    /// What the database itself says of its file, where that is wrong.
    ///
    /// # Errors
    /// See [`Self::visit`].
    async fn integrity(&mut self) -> Result<Option<String>, StorageError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_serves_a_row_and_many() {
        let insert = Many::new("INSERT INTO t (site, a, b) {values}", &[("a", Kind::Int), ("b", Kind::Text)]);
        assert_eq!(insert.for_each(), "INSERT INTO t (site, a, b) VALUES (?1, ?2, ?3)");
        assert_eq!(
            insert.for_all(),
            "INSERT INTO t (site, a, b) SELECT ?1::bigint, unnest(?2::bigint[]), unnest(?3::text[])"
        );
        let find = Many::new("FROM {keys} CROSS JOIN t WHERE t.a = k.a", &[("a", Kind::Id)]);
        assert_eq!(find.for_each(), "FROM (SELECT ?2 AS a) AS k CROSS JOIN t WHERE t.a = k.a");
        assert_eq!(find.for_all(), "FROM (SELECT unnest(?2::uuid[]) AS a) AS k CROSS JOIN t WHERE t.a = k.a");
    }

    #[test]
    fn a_row_is_read_once_and_says_what_is_wrong() {
        let mut row = Row::new(values![7_i64, "x", Uuid::nil(), None::<i64>].to_vec());
        assert_eq!((row.int().unwrap(), row.text().unwrap()), (7, "x".to_owned()));
        assert_eq!((row.uuid().unwrap(), row.int_or_null().unwrap()), (Uuid::nil(), None));
        assert!(row.int().is_err(), "there is no more");
        assert!(Row::new(values!["x"].to_vec()).int().is_err());
    }
}
