//! Files as earlier programs left them: a handheld's, and the server's.

use crate::Scratch;
use crate::dice::Dice;
use crate::world;
use firstout::domain::{Body, EVENT_VERSION, Event, EventId, Park, Timestamp};
use firstout::store::{Identity, Store};
use firstout::sync::wire::Hash;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

/// The schemas of earlier handhelds, whose files hold keys already.
const STORE: [&str; 4] = [
    include_str!("../../../src/store/migrations/0001_first.sql"),
    include_str!("../../../src/store/migrations/0002_scanner.sql"),
    include_str!("../../../src/store/migrations/0003_losses.sql"),
    include_str!("../../../src/store/migrations/0004_keys.sql"),
];
/// "FOut".
const APPLICATION_ID: u32 = 0x464F_7574;

/// The server's newest migrations, each undone: what it brought is gone, and what it had made good is wrong again.
pub const SERVER_UNDONE: [(u32, &str); 7] = [
    (12, "DELETE FROM sqlite_stat1 WHERE tbl IN ('discrepancy', 'hold', 'lot')"),
    (
        11,
        "DROP INDEX change_sale; DROP INDEX stock_location; DELETE FROM sqlite_stat1;
         CREATE INDEX change_sale_location ON change (site, location, at) WHERE kind = 2;
         CREATE INDEX change_sale_hu ON change (site, hu, at) WHERE kind = 2 AND hu <> '';
         CREATE INDEX stock_location ON stock (site, location)",
    ),
    (10, "ALTER TABLE device DROP COLUMN control_seq"),
    (9, "DROP TABLE webhook; DROP INDEX discrepancy_entry"),
    (
        8,
        "ALTER TABLE device DROP COLUMN master_seq; ALTER TABLE device DROP COLUMN app;
         ALTER TABLE device DROP COLUMN battery",
    ),
    (7, "DROP TABLE api_key"),
    (6, "ALTER TABLE stream DROP COLUMN tree; UPDATE lot SET units = 0"),
];

/// What is in a database: each table's columns, and its rows in their order.
pub struct Content(BTreeMap<String, (Vec<String>, Vec<Vec<Value>>)>);

/// Makes the server's file, which nobody has open, that of a program with so many migrations fewer; what it had in what
/// that program knew.
pub fn age(file: &Path, fewer: usize) -> Content {
    let original = file.with_extension("original");
    std::fs::copy(file, &original).unwrap();
    let db = Connection::open(file).unwrap();
    let newest: u32 =
        db.query_row("SELECT max(version) FROM refinery_schema_history", (), |row| row.get(0)).unwrap();
    assert_eq!(newest, SERVER_UNDONE[0].0, "say in SERVER_UNDONE how the newest migration is undone");
    for (version, sql) in &SERVER_UNDONE[..fewer] {
        db.execute_batch(sql).unwrap();
        db.execute("DELETE FROM refinery_schema_history WHERE version = ?1", [version]).unwrap();
    }
    let mut content = Content::known(&db);
    content.read(&Connection::open(&original).unwrap());
    std::fs::remove_file(original).unwrap();
    content
}

impl Content {
    /// The tables and columns that there are.
    fn known(db: &Connection) -> Self {
        let sql = "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                   WHERE t.type = 'table' AND t.name <> 'refinery_schema_history' ORDER BY t.name, c.cid";
        let mut query = db.prepare(sql).unwrap();
        let mut tables = BTreeMap::<String, (Vec<String>, _)>::new();
        for row in query.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap() {
            let (table, column) = row.unwrap();
            tables.entry(table).or_insert_with(|| (vec![], vec![])).0.push(column);
        }
        Self(tables)
    }

    fn read(&mut self, db: &Connection) {
        for (table, (columns, rows)) in &mut self.0 {
            let places: Vec<String> = (1..=columns.len()).map(|place| place.to_string()).collect();
            let sql = format!("SELECT {} FROM {table} ORDER BY {}", columns.join(", "), places.join(", "));
            let mut query = db.prepare(&sql).unwrap();
            let found = query.query_map((), |row| (0..columns.len()).map(|at| row.get(at)).collect());
            *rows = found.unwrap().map(Result::unwrap).collect();
        }
    }

    /// Tables that have other rows in that file.
    pub fn altered_in(&self, file: &Path) -> Vec<&str> {
        let mut now = Self(self.0.clone());
        now.read(&Connection::open(file).unwrap());
        let altered = self.0.iter().filter(|(table, before)| now.0[*table] != **before);
        altered.map(|(table, _)| table.as_str()).collect()
    }
}

/// A file as the program before this one left it, with three events that wait.
pub fn old_file(path: &Path, identity: &Identity, dice: &mut Dice, now: Timestamp) -> Vec<Event> {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    copy_of(&MADE, path, |file| {
        let db = Connection::open(file).unwrap();
        STORE.iter().for_each(|sql| db.execute_batch(sql).unwrap());
        db.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        db.pragma_update(None, "user_version", STORE.len() as u32).unwrap();
    });
    let db = Connection::open(path).unwrap();
    // Its program is not this one: when its rows reach the disk matters to nobody.
    db.execute_batch("BEGIN").unwrap();
    let Identity { device, key, site, server_id, server_epoch, .. } = identity;
    let row = (
        device.0.as_bytes(),
        1,
        key.seed(),
        site.0,
        server_id.as_bytes(),
        server_epoch.0.as_bytes(),
        &identity.server_url,
        "",
        "HH",
    );
    db.execute(include_str!("../../../src/store/sql/enrol.sql"), row).unwrap();
    let body = Body::Park(Park { bytes_hex: "5d6432".into(), screen: "home".into() });
    let (v, operator, mut hash) = (EVENT_VERSION, world::PICKER, Hash::default());
    let mut events = Vec::new();
    for n in 1..=3 {
        let id = EventId(dice.uuid());
        let body = body.clone();
        let event = Event { v, id, site: *site, device: *device, operator, at: now, skew_ms: None, body };
        let bytes = String::from_utf8(event.encode().unwrap()).unwrap();
        hash = Hash::chain(hash, bytes.as_bytes());
        let row = (n, id.0.as_bytes(), hash.0, bytes, operator.0, now.0);
        db.execute(
            "INSERT INTO event (n, epoch, seq, id, hash, bytes, operator, at) VALUES (?1, 1, ?1, ?2, ?3, ?4, ?5, ?6)",
            row,
        )
        .unwrap();
        db.execute("INSERT INTO outbox (n) VALUES (?1)", [n]).unwrap();
        events.push(event);
    }
    db.execute_batch("COMMIT").unwrap();
    events
}

/// A handheld's file that nobody has enrolled yet.
pub fn new_file(path: &Path) {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    copy_of(&MADE, path, |file| drop(Store::open(file, Timestamp(0)).unwrap()));
}

/// A file that is the same for all runs is made once and copied.
pub fn copy_of(made: &OnceLock<Vec<u8>>, path: &Path, make: impl FnOnce(&Path)) {
    let bytes = made.get_or_init(|| {
        let home = Scratch::new("sim-file");
        let file = home.path().join("template.db");
        make(&file);
        std::fs::read(file).unwrap()
    });
    std::fs::write(path, bytes).unwrap();
}
