//! A transaction of PostgreSQL: values as parameters of whatever type the statement has, many rows as arrays.
//!
//! What is put is sent and not waited for: the database writes one table while the rows of the next are made. Before
//! anything is read, and before the end, all of it is done.

use super::StorageError;
use crate::server::storage::tx::{Many, Row, Tx, Value, Visit};
use async_trait::async_trait;
use deadpool_postgres::Transaction;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use std::error::Error;
use std::pin::pin;
use tokio_postgres::Statement;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

pub(super) struct PostgresTx<'a> {
    tx: &'a Transaction<'a>,
    /// In the order in which the database does it, so that the first error is the one that is told.
    sent: FuturesOrdered<BoxFuture<'a, Result<u64, tokio_postgres::Error>>>,
}

type Failed = Box<dyn Error + Sync + Send>;

fn is_known(ty: &Type) -> bool {
    [Type::INT8, Type::INT4, Type::INT2, Type::BOOL, Type::TEXT, Type::VARCHAR, Type::BYTEA, Type::UUID]
        .contains(ty)
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failed> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT2) => i16::try_from(*number)?.to_sql(ty, out),
            (Self::Int(number), &Type::INT4) => i32::try_from(*number)?.to_sql(ty, out),
            (Self::Int(number), &Type::INT8) => number.to_sql(ty, out),
            // A text and an id are sent as their bytes, also where the column is one of bytes.
            (Self::Text(text), &(Type::TEXT | Type::VARCHAR | Type::BYTEA)) => {
                text.as_bytes().to_sql(ty, out)
            }
            (Self::Blob(bytes), &(Type::BYTEA | Type::UUID)) => bytes.as_slice().to_sql(ty, out),
            _ => Err(format!("a value does not fit into {ty}").into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        is_known(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failed> {
        Ok(match *ty {
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::BOOL => Self::Int(bool::from_sql(ty, raw)?.into()),
            Type::BYTEA | Type::UUID => Self::Blob(raw.to_vec()),
            _ => Self::Text(String::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failed> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        is_known(ty)
    }
}

pub(super) fn row(stored: &tokio_postgres::Row) -> Result<Row, StorageError> {
    let columns = (0..stored.len()).map(|n| stored.try_get::<_, Value>(n));
    Ok(Row::new(columns.collect::<Result<_, _>>()?))
}

/// `?1` is written `$1` here.
fn dialect(sql: &str) -> String {
    sql.replace('?', "$")
}

/// The site, and each column of the rows as an array.
fn arrays<'a>(site: &'a Value, rows: &'a [Vec<Value>]) -> Vec<Parameter<'a>> {
    let width = rows.first().map_or(0, Vec::len);
    let columns = (0..width).map(|n| Parameter::All(rows.iter().filter_map(|row| row.get(n)).collect()));
    std::iter::once(Parameter::One(site)).chain(columns).collect()
}

#[derive(Debug)]
enum Parameter<'a> {
    One(&'a Value),
    All(Vec<&'a Value>),
}

impl Parameter<'_> {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::One(value) => *value,
            Self::All(values) => values,
        }
    }
}

impl<'a> PostgresTx<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>) -> Self {
        Self { tx, sent: FuturesOrdered::new() }
    }

    /// Waits until all that was put is done.
    pub(super) async fn settle(&mut self) -> Result<(), StorageError> {
        while let Some(done) = self.sent.next().await {
            self.take(done)?;
        }
        Ok(())
    }

    /// What was sent behind a statement that failed fails too, and does not say why.
    fn take(&mut self, done: Result<u64, tokio_postgres::Error>) -> Result<(), StorageError> {
        if done.is_err() {
            self.sent.clear();
        }
        Ok(done.map(drop)?)
    }

    async fn prepare(&mut self, sql: &str) -> Result<Statement, StorageError> {
        match self.tx.prepare_cached(&dialect(sql)).await {
            Ok(statement) => Ok(statement),
            // What is to blame may have been sent before.
            Err(error) => self.settle().await.and(Err(error.into())),
        }
    }
}

#[async_trait]
impl Tx for PostgresTx<'_> {
    async fn visit(
        &mut self,
        sql: &str,
        params: &[Value],
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        self.settle().await?;
        let statement = self.prepare(sql).await?;
        let params = params.iter().map(|value| value as &(dyn ToSql + Sync));
        let mut rows = pin!(self.tx.query_raw(&statement, params).await?);
        while let Some(stored) = rows.try_next().await? {
            if !visit(row(&stored)?)? {
                break;
            }
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StorageError> {
        self.settle().await?;
        let statement = self.prepare(sql).await?;
        let params: Vec<_> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        Ok(self.tx.execute(&statement, &params).await?)
    }

    async fn find(&mut self, many: &Many, site: i64, keys: &[Vec<Value>]) -> Result<Vec<Row>, StorageError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.settle().await?;
        let statement = self.prepare(many.for_all()).await?;
        let site = Value::Int(site);
        let arrays = arrays(&site, keys);
        let params: Vec<_> = arrays.iter().map(Parameter::as_sql).collect();
        self.tx.query(&statement, &params).await?.iter().map(row).collect()
    }

    async fn put(&mut self, many: &Many, site: i64, rows: Vec<Vec<Value>>) -> Result<(), StorageError> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = self.prepare(many.for_all()).await?;
        let tx = self.tx;
        self.sent.push_back(Box::pin(async move {
            let site = Value::Int(site);
            let arrays = arrays(&site, &rows);
            let params: Vec<_> = arrays.iter().map(Parameter::as_sql).collect();
            tx.execute(&statement, &params).await
        }));
        // Looking at what is sent sends what is not.
        while let Some(Some(done)) = self.sent.next().now_or_never() {
            self.take(done)?;
        }
        Ok(())
    }

    fn lock(&self) -> &'static str {
        "FOR UPDATE"
    }

    async fn integrity(&mut self) -> Result<Option<String>, StorageError> {
        Ok(None)
    }
}
