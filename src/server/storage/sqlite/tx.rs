//! A transaction of SQLite. Nothing in it waits, so the work written for every database runs to its end at once.

use super::super::tx::{Many, Row, Tx, Value, Visit};
use super::StorageError;
use async_trait::async_trait;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, params_from_iter};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The connection lent to one piece of work, inside `BEGIN`.
pub(super) struct SqliteTx<'a>(pub(super) &'a mut Connection);

/// Runs work that never waits.
pub(super) fn at_once<T>(work: impl Future<Output = Result<T, StorageError>>) -> Result<T, StorageError> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(StorageError::Closed),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(in crate::server::storage) fn value(stored: ValueRef<'_>) -> Result<Value, StorageError> {
    Ok(match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(_) => return Err(StorageError::Damaged { what: "number" }),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|_| StorageError::Damaged { what: "text" })?;
            Value::Text(text.to_owned())
        }
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}

fn read(
    statement: &mut Statement<'_>,
    params: impl rusqlite::Params,
    visit: &mut Visit<'_>,
) -> Result<(), StorageError> {
    let width = statement.column_count();
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        let columns = (0..width).map(|n| value(row.get_ref(n)?)).collect::<Result<_, _>>()?;
        if !visit(Row::new(columns))? {
            break;
        }
    }
    Ok(())
}

#[async_trait]
impl Tx for SqliteTx<'_> {
    async fn visit(
        &mut self,
        sql: &str,
        params: &[Value],
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        read(&mut *self.0.prepare_cached(sql)?, params_from_iter(params), visit)
    }

    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StorageError> {
        Ok(self.0.prepare_cached(sql)?.execute(params_from_iter(params))? as u64)
    }

    async fn find(&mut self, many: &Many, site: i64, keys: &[Vec<Value>]) -> Result<Vec<Row>, StorageError> {
        let mut statement = self.0.prepare_cached(many.for_each())?;
        let (site, mut found) = (Value::Int(site), Vec::new());
        for key in keys {
            let params = params_from_iter(std::iter::once(&site).chain(key));
            read(&mut statement, params, &mut |row| {
                found.push(row);
                Ok(true)
            })?;
        }
        Ok(found)
    }

    async fn put(&mut self, many: &Many, site: i64, rows: Vec<Vec<Value>>) -> Result<(), StorageError> {
        let mut statement = self.0.prepare_cached(many.for_each())?;
        let site = Value::Int(site);
        for row in &rows {
            statement.execute(params_from_iter(std::iter::once(&site).chain(row)))?;
        }
        Ok(())
    }

    fn lock(&self) -> &'static str {
        ""
    }

    async fn integrity(&mut self) -> Result<Option<String>, StorageError> {
        let said: String = self.0.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok((said != "ok").then_some(said))
    }
}
