//! Events found by their bytes in a file that SQLite cannot read at all.

use super::open::beside;
use super::row::signed;
use super::{StoreError, outbox};
use crate::domain::Event;
use crate::sync::wire::{Hash, Head};
use rusqlite::Connection;
use serde::de::IgnoredAny;
use std::path::Path;

/// How every event's canonical bytes begin.
const BEGINNING: &[u8] = b"{\"v\":";

/// Columns of `event` before its bytes, as SQLite's record names their types: `n` is the row's own number, the id has 16
/// bytes and the hash 32.
const TYPES_ID_HASH: [u8; 2] = [16 * 2 + 12, 32 * 2 + 12];
/// Bytes of the id and the hash, which stand right before the event's.
const ID_HASH: usize = 48;
/// Longest head of such a record.
const HEAD_MAX: usize = 32;

/// An event and where it stood.
struct Carved {
    /// The row's number and the event's place and hash, where the record around it is whole.
    place: Option<(i64, i64, i64, Hash)>,
    event: Event,
    text: String,
}

/// Puts every event whose bytes stand whole in the file or its log into the new file where it is not there yet, with its
/// place in the chain where the record around it is whole: what the chain says of it is looked at afterwards. With
/// `waiting`, all of them wait to be sent: the server drops those it has.
pub(super) fn carve(path: &Path, new: &Connection, waiting: bool) -> Result<(), StoreError> {
    let mut found = Vec::new();
    for suffix in ["", "-wal"] {
        if let Ok(bytes) = std::fs::read(beside(path, suffix)) {
            find(&bytes, &mut found);
        }
    }
    // Ids are made in the order of time. Pages that are used no more may hold an event's place of an older epoch.
    found.sort_by_key(|one| (one.place.is_none(), one.place.map(|(n, epoch, ..)| (n, -epoch)), one.event.id));
    let mut known = new.prepare("SELECT 1 FROM event WHERE id = ?1")?;
    let mut loose = outbox::tail(new, 0)?;
    for one in found {
        if known.exists([one.event.id.0.as_bytes()])? {
            continue;
        }
        let (n, epoch, seq, hash) = match one.place {
            Some((n, epoch, seq, hash)) => (Some(n), epoch, seq, hash),
            None => {
                loose = Head { seq: loose.seq + 1, hash: Hash::chain(loose.hash, one.text.as_bytes()) };
                (None, 0, signed(loose.seq), loose.hash)
            }
        };
        let values = (
            n,
            epoch,
            seq,
            one.event.id.0.as_bytes(),
            hash.0,
            &one.text,
            one.event.operator.0,
            one.event.at.0,
        );
        let kept = new.prepare_cached(include_str!("sql/carve_event.sql"))?.execute(values)?;
        if kept > 0 && (waiting || one.place.is_none()) {
            new.prepare_cached("INSERT INTO outbox (n) VALUES (?1)")?.execute([new.last_insert_rowid()])?;
        }
    }
    Ok(())
}

/// The record around an event's bytes that begin at `text`: `n`, epoch, sequence, hash.
fn place(bytes: &[u8], text: usize, event: &Event) -> Option<(i64, i64, i64, Hash)> {
    let ends = text.checked_sub(ID_HASH)?;
    let id: &[u8] = event.id.0.as_bytes();
    if bytes.get(ends..ends + id.len())? != id {
        return None;
    }
    let hash = Hash(bytes.get(ends + id.len()..text)?.try_into().ok()?);
    (ends.saturating_sub(HEAD_MAX)..ends).find_map(|head| {
        let [size, zero, epoch, seq, id_type, hash_type] = *bytes.get(head..head + 6)? else { return None };
        let (epoch_size, seq_size) = (width(epoch)?, width(seq)?);
        let begins = ends.checked_sub(epoch_size + seq_size)?;
        let fits = head + usize::from(size) == begins && zero == 0 && [id_type, hash_type] == TYPES_ID_HASH;
        let middle = begins + epoch_size;
        fits.then(|| {
            let n = row_number(bytes.get(..head)?)?;
            Some((n, number(epoch, bytes.get(begins..middle)?), number(seq, bytes.get(middle..ends)?), hash))
        })?
    })
}

/// Bytes of an integer of a type of SQLite's record format.
fn width(of: u8) -> Option<usize> {
    match of {
        1..=4 => Some(usize::from(of)),
        5 => Some(6),
        6 => Some(8),
        8 | 9 => Some(0),
        _ => None,
    }
}

fn number(of: u8, bytes: &[u8]) -> i64 {
    match of {
        8 => 0,
        9 => 1,
        _ => bytes.iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte)),
    }
}

/// The variable-length integer at the end of `before`: all its bytes but the last have their high bit set.
fn row_number(before: &[u8]) -> Option<i64> {
    let (last, rest) = before.split_last()?;
    let more = rest.iter().rev().take(7).take_while(|byte| **byte & 0x80 != 0).count();
    let digits = rest.get(rest.len() - more..)?.iter().chain([last]);
    (last & 0x80 == 0).then(|| digits.fold(0, |sum, byte| sum << 7 | i64::from(byte & 0x7F)))
}

/// Only bytes that this program would have frozen in the same way count: a half-overwritten event does not.
fn find(bytes: &[u8], found: &mut Vec<Carved>) {
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
            found.push(Carved { place: place(bytes, start, &event), text: text.to_owned(), event });
        }
    }
}
