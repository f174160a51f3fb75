//! A site set up from files, by the program and by a folder, and what wrong files leave behind: nothing.

use crate::server_database::{Db, on_every_database};
use crate::server_support::{MORNING, SITE, TestServer, folder};
use firstout::domain::{Body, LocationKind, MasterRecord, Park, SiteId, Timestamp, UserId};
use firstout::exchange::import::FileKind;
use firstout::server::import::{File, Imported, Inbox, import};
use firstout::server::own;
use firstout::server::storage::{Place, Storage, StorageError};
use firstout::sync::wire::{Status, Stream};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const ITEMS: &str = "item,name,tracking,gtin,pack,units\n\
    OAT,Oat drink,lot,09506000134352,each,1\n\
    OAT,,,09506000134369,case,12\n\
    GLOVE,Gloves,none,,,\n";
const LOCATIONS: &str =
    "location;kind;zone\nDOCK-1;dock;\nSTAGE-1;staging;\nA-01;storage;dry\nA-02;storage;dry\n";
const SUPPLIERS: &str = "supplier,name\nS1,Northfarm\n";
const STOCK: &str = "item,location,quantity,lot,expiry,hu,supplier\n\
    OAT,A-01,24,L1,2027-03-14,P1,S1\nOAT,A-02,12,L1,2027-03-14,,S1\nGLOVE,A-02,100,,,,\n";

fn file(kind: FileKind, text: &str) -> File {
    let (bytes, by, now) = (text.to_owned().into(), UserId::NOBODY, Timestamp(MORNING));
    File { site: SITE, kind, bytes, dry_run: false, by, now }
}

fn take(server: &TestServer, file: &File) -> Imported {
    server
        .background
        .run(|storage| async move { Ok::<_, StorageError>(import(&storage, file).await.unwrap()) })
        .unwrap()
}

fn fill(server: &TestServer) {
    for (kind, text) in
        [(FileKind::Items, ITEMS), (FileKind::Locations, LOCATIONS), (FileKind::Suppliers, SUPPLIERS)]
    {
        let imported = take(server, &file(kind, text));
        assert!(imported.saved, "{imported:?}");
    }
}

fn state(server: &TestServer) -> (usize, u64, Vec<String>) {
    let read = |storage: Storage| async move {
        let records = storage.records(SITE).await?.1.len();
        Ok::<_, StorageError>((records, storage.verify().await?.problems))
    };
    let (records, problems) = server.background.run(read).unwrap();
    (records, server.entries(), problems)
}

fn stock_is_opened_once_and_adds_up(db: Db) {
    let server = TestServer::start(db, "import-stock");
    fill(&server);
    let imported = take(&server, &file(FileKind::Stock, STOCK));
    assert!(imported.saved && imported.counts.created == 3, "{imported:?}");
    // Two receipts: of S1 and of nobody.
    assert_eq!(state(&server), (7, 2, Vec::new()));
    let again = take(&server, &file(FileKind::Stock, STOCK));
    assert_eq!((again.saved, again.problems_total), (false, 3));
    assert_eq!(
        again.problems[0].to_string(),
        "line 2: quantity \"24\": there is stock of this here already; count it instead"
    );
    let more = take(&server, &file(FileKind::Stock, "item,location,quantity\nGLOVE,A-01,5\n"));
    assert!(more.saved, "{more:?}");
    assert_eq!(state(&server), (7, 3, Vec::new()));
    // A handheld sees it all.
    let pages = server.enrol("HH-01").pull(Stream::Site, 100);
    assert_eq!(pages.iter().map(|page| page.events.len()).sum::<usize>(), 3);
}

fn a_file_with_one_wrong_line_leaves_nothing(db: Db) {
    let server = TestServer::start(db, "import-wrong");
    fill(&server);
    let before = state(&server);
    let wrong = [
        (FileKind::Items, "item,name\nNEW,New\nNEW2,\n"),
        (FileKind::Locations, "location,kind\nB-01,storage\nB-02,cellar\n"),
        (FileKind::Stock, "item,location,quantity,lot\nOAT,A-01,1,L9\nOAT,A-01,-1,L8\n"),
        (FileKind::Inbound, "order,supplier,item,quantity\nPO1,S1,OAT,5\nPO1,S1,OAT,0\n"),
    ];
    for (kind, text) in wrong {
        let imported = take(&server, &file(kind, text));
        assert!(!imported.saved && imported.problems_total == 1, "{imported:?}");
        assert_eq!(imported.problems[0].line, 3, "{imported:?}");
    }
    let tried = take(&server, &File { dry_run: true, ..file(FileKind::Stock, STOCK) });
    assert!(!tried.saved && tried.counts.created == 3, "{tried:?}");
    assert_eq!(state(&server), before);
}

fn imports_at_once_do_not_mix(db: Db) {
    let server = TestServer::start(db, "import-race");
    fill(&server);
    let files: Vec<String> = (0..8).map(|n| format!("item,name\nRACE-{n},Race {n}\n")).collect();
    let opening = "item,location,quantity\nGLOVE,A-01,7\n";
    server
        .background
        .run(|storage| async move {
            let mut tasks = Vec::new();
            for text in files {
                let storage = storage.clone();
                tasks.push(tokio::spawn(async move {
                    import(&storage, &file(FileKind::Items, &text)).await.unwrap().saved
                }));
            }
            for _ in 0..2 {
                let storage = storage.clone();
                tasks.push(tokio::spawn(async move {
                    import(&storage, &file(FileKind::Stock, opening)).await.unwrap().saved
                }));
            }
            let mut saved = 0;
            for task in tasks {
                saved += usize::from(task.await.unwrap());
            }
            // The second opening of the same balance is told that it is there.
            assert_eq!(saved, 9);
            let mut ids: Vec<_> = storage.records(SITE).await?.1.into_iter().filter_map(item_id).collect();
            ids.sort_unstable();
            assert_eq!(ids, (1..=10).collect::<Vec<i64>>());
            Ok::<_, StorageError>(())
        })
        .unwrap();
    assert_eq!(state(&server), (15, 1, Vec::new()));
}

fn a_turn_that_somebody_else_took_comes_to_nothing(db: Db) {
    let server = TestServer::start(db, "import-turn");
    fill(&server);
    let (now, by) = (Timestamp(MORNING), UserId::NOBODY);
    server
        .background
        .run(async |storage| {
            let turn = own::turn(&storage, SITE).await.unwrap();
            let opened = import(&storage, &file(FileKind::Stock, STOCK)).await.unwrap();
            assert!(opened.saved, "{opened:?}");
            let park = Body::Park(Park { bytes_hex: "00".to_owned(), screen: "test".to_owned() });
            let late = [own::event(SITE, by, park.clone(), now).unwrap()];
            assert_eq!(own::push(&storage, SITE, &late, turn, now).await.unwrap(), None);
            assert_eq!(own::record(&storage, SITE, by, vec![park], now).await.unwrap(), [Status::Accepted]);
            // Nobody is told of two histories.
            assert_eq!(storage.open_discrepancies(SITE).await?, 0);
            Ok::<_, StorageError>(())
        })
        .unwrap();
    assert_eq!(state(&server), (7, 3, Vec::new()));
}

fn item_id(record: MasterRecord) -> Option<i64> {
    match record {
        MasterRecord::Item(item) => Some(item.id.0),
        _ => None,
    }
}

fn a_folder_is_taken_from_once_its_files_lie_still(db: Db) {
    let server = TestServer::start(db, "import-folder");
    let root = folder("import-inbox");
    let write = |name: &str, text: &str| std::fs::write(root.join("in").join(name), text).unwrap();
    let mut inbox = Inbox::new(SITE, &root).unwrap();
    write("stock.csv", STOCK);
    write("suppliers.csv", SUPPLIERS);
    write("locations-1.csv", LOCATIONS);
    write("items 2026.csv", ITEMS);
    write("letter.txt", "Dear all\n");
    write("items.csv.part", ITEMS);
    write("customers.csv", "customer,name\nC1,\n");
    let look = |inbox: &mut Inbox, at: i64| {
        server
            .background
            .run(|storage| async move {
                Ok::<_, StorageError>(inbox.look(&storage, Timestamp(at)).await.unwrap())
            })
            .unwrap()
    };
    assert_eq!(look(&mut inbox, MORNING), []);
    write("locations-1.csv", &format!("{LOCATIONS}B-01;storage;dry\n"));
    let first: Vec<_> =
        look(&mut inbox, MORNING + 2000).into_iter().map(|pickup| (pickup.name, pickup.saved)).collect();
    // The places were still being written, so the stock had nowhere to go.
    let expected = [
        ("letter.txt", false),
        ("items 2026.csv", true),
        ("suppliers.csv", true),
        ("customers.csv", false),
        ("stock.csv", false),
    ];
    assert_eq!(first, expected.map(|(name, saved)| (name.to_owned(), saved)));
    let second = look(&mut inbox, MORNING + 4000);
    assert_eq!(second.iter().map(|pickup| pickup.saved).collect::<Vec<_>>(), [true]);
    let response = std::fs::read_to_string(second[0].file.to_string_lossy().into_owned() + ".response.json");
    let response: serde_json::Value = serde_json::from_str(&response.unwrap()).unwrap();
    assert_eq!((&response["saved"], &response["created"]), (&true.into(), &5.into()));
    let left: Vec<_> = names(&root.join("in"));
    assert_eq!(left, ["items.csv.part"]);
    assert_eq!(names(&root.join("error")).len(), 6);
    assert_eq!(names(&root.join("archive")).len(), 6);
    std::fs::remove_dir_all(root).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub fn program(data: &Path, arguments: &[&str]) -> (i32, String, String) {
    spoken(data, arguments, "")
}

/// Runs the program with that on its standard input.
fn spoken(data: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_firstout-server"))
        .arg("--data")
        .arg(data)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

#[test]
fn a_new_site_is_set_up_by_the_program() {
    let root = folder("import-program");
    std::fs::create_dir_all(&root).unwrap();
    let data = root.join("data");
    let at = |name: &str, text: &str| {
        let path = root.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let locations = at("locations.csv", LOCATIONS);
    let (items, stock) = (at("items.csv", ITEMS), at("stock.csv", STOCK));
    let suppliers = at("suppliers.csv", SUPPLIERS);
    let (code, out, _) = program(&data, &["import", &stock, &locations, &items]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("stock.csv: not imported, 2 problems\n  line 2: supplier \"S1\": no such supplier"),
        "{out}"
    );
    let (code, _, error) =
        program(&data, &["site", "--name", "North", "--zone", "Europe/Berlin", "--dock", "A-01"]);
    assert_eq!(code, 2);
    assert!(error.contains("\"A-01\" is not a dock"), "{error}");
    let site =
        ["site", "--name", "North", "--zone", "Europe/Berlin", "--dock", "DOCK-1", "--staging", "STAGE-1"];
    assert_eq!(program(&data, &site).1, "site 1: North, Europe/Berlin\n");
    assert_eq!(program(&data, &["site", "--fefo", "stop"]).1, "site 1: North, Europe/Berlin\n");
    let (code, out, error) = program(&data, &["import", "--json", &suppliers, &stock]);
    assert_eq!(code, 0, "{out}{error}");
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["kind"], &lines[1]["created"]), (&"suppliers".into(), &3.into()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let storage = runtime.block_on(Storage::open(&Place::in_folder(&data), &data)).unwrap();
    let (_, records) = runtime.block_on(storage.records(SiteId(1))).unwrap();
    let site = records.iter().find_map(|record| match record {
        MasterRecord::Site(site) => Some(site.clone()),
        _ => None,
    });
    let dock = records.iter().find_map(|record| match record {
        MasterRecord::Location(place) if place.kind == LocationKind::Dock => Some(place.id),
        _ => None,
    });
    assert_eq!(site.map(|site| site.dock), dock);
    drop(storage);
    std::fs::remove_dir_all(root).unwrap();
}

on_every_database!(
    stock_is_opened_once_and_adds_up,
    a_file_with_one_wrong_line_leaves_nothing,
    imports_at_once_do_not_mix,
    a_turn_that_somebody_else_took_comes_to_nothing,
    a_folder_is_taken_from_once_its_files_lie_still,
);
