//! Events found by their bytes in a file that SQLite cannot read at all.

use super::StoreError;
use super::open::beside;
use super::row::signed;
use crate::domain::Event;
use crate::sync::wire::Hash;
use rusqlite::Connection;
use serde::de::IgnoredAny;
use std::path::Path;

/// How every event's canonical bytes begin.
const BEGINNING: &[u8] = b"{\"v\":";

/// Puts every event whose bytes stand whole in the file or its log into the new file, as waiting to be sent: the
/// server drops those it has. They get their sequence at the next enrolment.
pub(super) fn carve(path: &Path, new: &Connection) -> Result<(), StoreError> {
    let mut found = Vec::new();
    for suffix in ["", "-wal"] {
        if let Ok(bytes) = std::fs::read(beside(path, suffix)) {
            find(&bytes, &mut found);
        }
    }
    // Ids are made in the order of time.
    found.sort_by_key(|(event, _)| event.id);
    found.dedup_by_key(|(event, _)| event.id);
    let mut last = Hash::default();
    for ((event, text), seq) in found.iter().zip(1_u64..) {
        last = Hash::chain(last, text.as_bytes());
        new.prepare_cached(include_str!("sql/event_add.sql"))?.execute((
            0,
            signed(seq),
            event.id.0.as_bytes(),
            last.0,
            text,
            event.operator.0,
            event.at.0,
        ))?;
        new.prepare_cached("INSERT INTO outbox (n) VALUES (?1)")?.execute([new.last_insert_rowid()])?;
    }
    Ok(())
}

/// Only bytes that this program would have frozen in the same way count: a half-overwritten event does not.
fn find(bytes: &[u8], found: &mut Vec<(Event, String)>) {
    let mut from = 0;
    while let Some(rest) = bytes.get(from..) {
        let Some(at) = rest.windows(BEGINNING.len()).position(|window| window == BEGINNING) else { return };
        let start = from + at;
        from = start + 1;
        let Some(candidate) = bytes.get(start..) else { return };
        let mut values = serde_json::Deserializer::from_slice(candidate).into_iter::<IgnoredAny>();
        if !matches!(values.next(), Some(Ok(_))) {
            continue;
        }
        let Some(whole) = candidate.get(..values.byte_offset()) else { continue };
        let (Ok(event), Ok(text)) = (Event::decode(whole), std::str::from_utf8(whole)) else { continue };
        if event.encode().is_ok_and(|again| again == whole) {
            from = start + whole.len();
            found.push((event, text.to_owned()));
        }
    }
}
