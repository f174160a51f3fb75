//! Damage that is met while the store is in use: noted, repaired at once, and told in numbers.

use super::store_kit::*;
use firstout::store::{Healed, Store, StoreError, count};
use firstout::sync::wire::Stream;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: usize = 4096;

/// A store with master data and 200 waiting events.
fn busy(file: &Path) {
    let mut store = enrolled(file);
    master().send(&mut store).unwrap();
    for number in 1..=200 {
        confirm(&mut store, number, receipt(&format!("A{number}"), "2027-01-31", 1));
    }
}

fn mark(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.suspect", file.display()))
}

/// Overwrites the root page of a table or index; the file must be closed.
pub fn damage_root(file: &Path, name: &str) {
    let db = rusqlite::Connection::open(file).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page = db.query_row(sql, [name], |row| row.get::<_, u32>(0)).unwrap() as usize;
    drop(db);
    damage_page(file, page - 1);
}

fn damage_page(file: &Path, index: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[index * PAGE..][..PAGE].fill(0xA5);
    fs::write(file, &bytes).unwrap();
}

/// Leaf pages of the table of events, each with the number of the first lot on it.
fn event_pages(file: &Path) -> Vec<(usize, u32)> {
    let bytes = fs::read(file).unwrap();
    let mut found = Vec::new();
    for (index, page) in bytes.chunks(PAGE).enumerate() {
        let text = String::from_utf8_lossy(page);
        // The newest row of a leaf lies first.
        let lots = text.split(r#""lot":"A"#).skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok());
        if page[0] == 0x0D
            && text.contains(r#""receipt":"#)
            && let Some(first) = lots.min()
        {
            found.push((index, first));
        }
    }
    found.sort_by_key(|(_, first)| *first);
    found
}

#[test]
fn damage_met_in_use_is_repaired_without_a_restart() {
    let folder = Folder::new("heal");
    let file = folder.file();
    busy(&file);
    damage_root(&file, "lot_said_lot");
    let mut store = open(&file);
    let reader = store.reader().unwrap();
    let refused = store.confirm(draft(201, receipt("Z", "2027-01-31", 1)));
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
    assert!(store.is_suspect() && mark(&file).exists());
    drop(reader);

    let healed = store.heal(NOW).unwrap();
    let Healed::Salvaged(salvage) = healed else { panic!("{healed:?}") };
    assert_eq!((salvage.events, salvage.pending, salvage.missing), (200, 200, 0));
    assert_eq!((salvage.lost.len(), salvage.identity), (0, true));
    assert!(!store.is_suspect() && !mark(&file).exists());
    assert!(matches!(Store::open(&file, NOW), Err(StoreError::Locked)), "it is still ours");
    assert_eq!((store.pending(), store.epoch().unwrap()), (200, 2));
    confirm(&mut store, 201, receipt("Z", "2027-01-31", 1));
    store.check().unwrap();
    drop(store);
    let (store, report) = Store::open(&file, NOW).unwrap();
    assert_eq!((report.salvage, store.pending()), (None, 201));
}

#[test]
fn rows_that_cannot_be_used_are_fetched_again() {
    let folder = Folder::new("refetch");
    let file = folder.file();
    busy(&file);
    rusqlite::Connection::open(&file).unwrap().execute("UPDATE item SET record = '{'", ()).unwrap();
    let mut store = open(&file);
    let error = store.item(MILK).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    store.note(&error);
    assert_eq!(store.heal(NOW).unwrap(), Healed::Refetch);
    assert_eq!((store.cursor(Stream::Master).unwrap().seq, store.pending()), (0, 200));
    master().send(&mut store).unwrap();
    assert!(store.item(MILK).unwrap().is_some());
    assert!(!store.is_suspect() && !mark(&file).exists());
}

#[test]
fn a_store_that_cannot_be_repaired_now_keeps_what_it_has() {
    let folder = Folder::new("stuck");
    let file = folder.file();
    busy(&file);
    damage_root(&file, "lot_said_lot");
    // Nothing can be written where the new file would go.
    fs::create_dir(format!("{}.salvaging", file.display())).unwrap();
    let mut store = open(&file);
    store.confirm(draft(201, receipt("Z", "2027-01-31", 1))).unwrap_err();
    store.heal(NOW).unwrap_err();
    assert!(store.is_suspect() && mark(&file).exists());
    assert_eq!(store.outbox(0, 1_000, usize::MAX).unwrap().len(), 200);
    fs::remove_dir(format!("{}.salvaging", file.display())).unwrap();
    assert!(matches!(store.heal(NOW), Ok(Healed::Salvaged(_))));
    assert_eq!(store.pending(), 200);
}

#[test]
fn what_is_lost_is_known_by_number() {
    for from_end in [3, 1] {
        let folder = Folder::new("lost");
        let file = folder.file();
        busy(&file);
        let pages = event_pages(&file);
        let at = pages.len() - from_end;
        let next = pages.get(at + 1).map_or(201, |(_, first)| *first);
        damage_page(&file, pages[at].0);
        let mut store = open(&file);
        store.check().unwrap_err();
        let Healed::Salvaged(salvage) = store.heal(NOW).unwrap() else { panic!("it is damaged") };
        let expected = u64::from(pages[at].1)..=u64::from(next - 1);
        assert_eq!(salvage.lost, [expected], "{from_end} from the end");
        assert_eq!(salvage.pending + count(&salvage.lost), 200);
    }
}

#[test]
fn what_the_server_has_is_not_lost() {
    let folder = Folder::new("safe");
    let file = folder.file();
    busy(&file);
    let mut store = open(&file);
    let sent = store.outbox(0, 150, usize::MAX).unwrap();
    store.apply_push(&acked(&sent, firstout::sync::wire::Status::Accepted, 1), NOW).unwrap();
    drop(store);
    let pages = event_pages(&file);
    let (page, first) = pages[1];
    assert!(first < 100);
    damage_page(&file, page);
    let mut store = open(&file);
    store.check().unwrap_err();
    let Healed::Salvaged(salvage) = store.heal(NOW).unwrap() else { panic!("it is damaged") };
    assert!(salvage.missing > 0 && salvage.lost.is_empty(), "{salvage:?}");
    assert_eq!(salvage.pending, 50);
}
