//! All rows of all tables between PostgreSQL and a file: what backups, restores and moves are made of.
//!
//! The file is the embedded database itself, so that one form of backup serves both and is verified by the same rules.
//! Which tables and columns there are is read from the file's schema: a table that a later migration brings is carried
//! without being named here. Both ends are held for the whole time on a thread of their own.

use super::tx::{PostgresTx, row};
use super::{Postgres, StorageError};
use crate::server::storage::tx::Value;
use crate::server::storage::{Findings, sqlite, verify};
use deadpool_postgres::Transaction;
use futures_util::TryStreamExt as _;
use rusqlite::{Connection, params_from_iter};
use std::path::{Path, PathBuf};
use std::pin::pin;
use tokio::runtime::Handle;
use tokio_postgres::IsolationLevel;
use tokio_postgres::types::ToSql;

/// Rows in one statement.
const ROWS_MAX: usize = 2_000;

/// A table: its name, and its columns with the types that the file declares.
struct Table {
    name: String,
    columns: Vec<(String, String)>,
}

impl Table {
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Copies one state of the database into a new file, which has its schema already.
pub(in crate::server::storage) async fn dump(
    database: &Postgres,
    file: Connection,
) -> Result<Connection, StorageError> {
    let (database, handle) = (database.clone(), Handle::current());
    let work = move || handle.block_on(dump_all(&database, file));
    tokio::task::spawn_blocking(work).await.map_err(|_| StorageError::Closed)?
}

async fn dump_all(database: &Postgres, file: Connection) -> Result<Connection, StorageError> {
    let mut client = database.client().await?;
    let level = IsolationLevel::RepeatableRead;
    let from = client.build_transaction().isolation_level(level).read_only(true).start().await?;
    file.execute_batch("BEGIN IMMEDIATE")?;
    for table in tables(&file)? {
        dump_table(&from, &file, &table).await?;
    }
    file.execute_batch("COMMIT")?;
    Ok(file)
}

async fn dump_table(from: &Transaction<'_>, file: &Connection, table: &Table) -> Result<(), StorageError> {
    let (name, columns) = (&table.name, table.names());
    let marks = vec!["?"; table.columns.len()].join(", ");
    let mut insert = file.prepare(&format!("INSERT INTO {name} ({columns}) VALUES ({marks})"))?;
    let select = from.prepare(&format!("SELECT {columns} FROM {name}")).await?;
    let mut rows = pin!(from.query_raw(&select, Vec::<&(dyn ToSql + Sync)>::new()).await?);
    while let Some(stored) = rows.try_next().await? {
        let mut columns = row(&stored)?;
        let values = table.columns.iter().map(|(_, kind)| fit(columns.value(), kind));
        let values = values.collect::<Result<Vec<_>, StorageError>>()?;
        insert.execute(params_from_iter(&values))?;
    }
    Ok(())
}

/// The bytes of events are a text in the file.
fn fit(value: Value, kind: &str) -> Result<Value, StorageError> {
    match (value, kind) {
        (Value::Blob(bytes), "TEXT") => {
            String::from_utf8(bytes).map(Value::Text).map_err(|_| StorageError::Damaged { what: "text" })
        }
        (value, _) => Ok(value),
    }
}

/// Copies a file into an empty database, and verifies what came there before anything counts.
pub(in crate::server::storage) async fn load(
    database: &Postgres,
    file: PathBuf,
    exclusive: bool,
) -> Result<Findings, StorageError> {
    let (database, handle) = (database.clone(), Handle::current());
    let work = move || handle.block_on(load_all(&database, &file, exclusive));
    tokio::task::spawn_blocking(work).await.map_err(|_| StorageError::Closed)?
}

async fn load_all(database: &Postgres, file: &Path, exclusive: bool) -> Result<Findings, StorageError> {
    let file = sqlite::open_to_copy(file, exclusive)?;
    let mut client = database.client().await?;
    let to = client.transaction().await?;
    let tables = tables(&file)?;
    for table in tables.iter().filter(|table| table.name != "server") {
        if count(&to, &table.name).await? != 0 {
            return Err(StorageError::NotEmpty);
        }
    }
    to.execute("DELETE FROM server", &[]).await?;
    let mut findings = Findings::default();
    for table in &tables {
        load_table(&file, &to, table).await?;
        let sql = format!("SELECT count(*) FROM {}", table.name);
        let there: i64 = file.query_row(&sql, [], |row| row.get(0))?;
        let here = count(&to, &table.name).await?;
        if here != there {
            findings.problems.push(format!("table {}: {there} rows there, {here} here", table.name));
        }
    }
    let checked = verify::check(&mut PostgresTx::new(&to)).await?;
    findings.problems.extend(checked.problems);
    (findings.sites, findings.entries) = (checked.sites, checked.entries);
    if findings.problems.is_empty() {
        to.commit().await?;
    }
    Ok(findings)
}

async fn count(to: &Transaction<'_>, table: &str) -> Result<i64, StorageError> {
    Ok(to.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.try_get(0)?)
}

async fn load_table(file: &Connection, to: &Transaction<'_>, table: &Table) -> Result<(), StorageError> {
    let (name, columns) = (&table.name, table.names());
    let types = "SELECT column_name::text, udt_name::text FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = $1";
    let types = to.query(types, &[name]).await?;
    let mut arrays = Vec::new();
    for (n, (column, _)) in (1..).zip(&table.columns) {
        let found = types.iter().find(|row| row.get::<_, &str>(0) == column);
        let kind: &str = found.ok_or(StorageError::Damaged { what: "table" })?.get(1);
        arrays.push(format!("${n}::{kind}[]"));
    }
    let sql = format!("INSERT INTO {name} ({columns}) SELECT * FROM unnest({})", arrays.join(", "));
    let insert = to.prepare(&sql).await?;
    let mut select = file.prepare(&format!("SELECT {columns} FROM {name}"))?;
    let mut rows = select.query([])?;
    let mut chunk: Vec<Vec<Value>> = vec![Vec::with_capacity(ROWS_MAX); table.columns.len()];
    let mut held = 0;
    while let Some(row) = rows.next()? {
        for (n, column) in chunk.iter_mut().enumerate() {
            column.push(sqlite::value(row.get_ref(n)?)?);
        }
        held += 1;
        if held == ROWS_MAX {
            put(to, &insert, &mut chunk).await?;
            held = 0;
        }
    }
    if held > 0 {
        put(to, &insert, &mut chunk).await?;
    }
    Ok(())
}

async fn put(
    to: &Transaction<'_>,
    insert: &tokio_postgres::Statement,
    chunk: &mut [Vec<Value>],
) -> Result<(), StorageError> {
    let params: Vec<_> = chunk.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
    to.execute(insert, &params).await?;
    chunk.iter_mut().for_each(Vec::clear);
    Ok(())
}

/// The tables of a file, without those of SQLite and of the migrations.
fn tables(file: &Connection) -> Result<Vec<Table>, StorageError> {
    let sql = "SELECT name FROM sqlite_schema \
               WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'refinery_schema_history' ORDER BY name";
    let names = file.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let mut tables = Vec::new();
    for name in names {
        let mut query = file.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid")?;
        let columns = query.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let columns = columns.collect::<Result<_, _>>()?;
        tables.push(Table { name, columns });
    }
    Ok(tables)
}
