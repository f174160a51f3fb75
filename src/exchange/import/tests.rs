//! Files as they come: what is read, and what each mistake is told.

use super::*;
use crate::domain::MasterRecord;

/// A small site: two items, two places, a supplier, a customer, a closed order.
fn site() -> Directory {
    let steps = [
        (
            FileKind::Items,
            "item,name,tracking,unit,gtin,pack,units,days_on_receipt\n\
             OAT,Oat drink,lot,each,09506000134352,each,1,30\n\
             OAT,,,,09506000134369,case,12,\n\
             CHEESE,Cheese,lot,gram,,,,\n\
             PHONE,Phone,serial,each,,,,\n\
             GLOVE,Gloves,none,each,,,,\n",
        ),
        (FileKind::Locations, "location,kind,zone\nA-01,storage,dry\nDOCK,dock,\n"),
        (FileKind::Suppliers, "supplier,name\nS1,Northfarm\n"),
        (FileKind::Customers, "customer,name,days_on_dispatch\nC1,Corner shop,10\n"),
    ];
    let mut records: Vec<MasterRecord> = Vec::new();
    for (kind, text) in steps {
        let plan = plan(kind, text.as_bytes(), Directory::new(records.clone())).unwrap();
        records.extend(plan.records);
    }
    Directory::new(records)
}

fn told(kind: FileKind, bytes: &[u8]) -> String {
    match plan(kind, bytes, site()) {
        Ok(plan) => {
            let Counts { lines, created, changed, unchanged } = plan.counts;
            format!("{lines} lines: {created} new, {changed} changed, {unchanged} as before")
        }
        Err(problems) => problems.listed.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

fn check(kind: FileKind, text: &str, expected: &str) {
    assert_eq!(told(kind, text.as_bytes()), expected, "{text}");
}

#[test]
fn files_come_in_any_spreadsheets_way() {
    let expected = "1 lines: 1 new, 0 changed, 0 as before";
    check(FileKind::Suppliers, "supplier,name\nS2,Müller\n", expected);
    check(FileKind::Suppliers, "\u{feff}Lieferant;Bezeichnung\r\nS2;\"Müller; Söhne\"\r\n", expected);
    check(FileKind::Suppliers, "Name\tVendor\nMüller\tS2\n\n\t\n", expected);
    let latin: Vec<u8> = b"Lieferant;Bezeichnung\nS2;M\xfcller\n".to_vec();
    assert_eq!(told(FileKind::Suppliers, &latin), expected);
    let found = plan(FileKind::Suppliers, &latin, site()).unwrap();
    assert!(matches!(&found.records[..], [MasterRecord::Party(party)] if party.name == "Müller"));
    let wide: Vec<u8> =
        "\u{feff}supplier,name\nS2,Müller\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(told(FileKind::Suppliers, &wide), expected);
}

#[test]
fn headers_say_what_is_missing_doubled_or_unknown() {
    check(
        FileKind::Suppliers,
        "name\nx\n",
        "the first line has no column supplier; the columns are supplier, name, active",
    );
    check(
        FileKind::Suppliers,
        "supplier,vendor,name\na,b,c\n",
        "line 1: supplier \"vendor\": the file has this column twice",
    );
    check(
        FileKind::Suppliers,
        "",
        "the first line has no column supplier, name; the columns are supplier, name, active",
    );
    check(FileKind::Suppliers, "supplier,name\n", "the file has no line below its header");
    let plan = plan(FileKind::Suppliers, b"supplier,name,Fax\nS2,x,1\n", site()).unwrap();
    assert_eq!(plan.ignored, ["Fax"]);
}

#[test]
fn cells_say_what_to_write_instead() {
    check(
        FileKind::Suppliers,
        "supplier,name\nS2,\nS3,x\nS3,y\nS4,x,more\n",
        "line 2: name this cell must not be empty\n\
         line 4: supplier \"S3\": the file has this one twice\n\
         line 5: \"more\": the line has more cells than the header; a text with the separator in it needs quotes",
    );
}

#[test]
fn items_take_their_packs_from_their_lines() {
    check(FileKind::Items, "item,name\nOAT,Oat drink\n", "1 lines: 0 new, 0 changed, 1 as before");
    let text = "item,name,tracking,gtin,units\n\
        OAT,Oat drink,serial,09506000134352,1\n\
        OAT,Oat,,09506000134353,12\n\
        NEW,New one,lot,9506000134369,6\n\
        RICE,Rice,lot,9.506E+12,0\n\
        RICE,,,,24\n";
    check(
        FileKind::Items,
        text,
        "line 2: tracking \"serial\": an item's tracking cannot change; give the new goods a new item code\n\
         line 3: name \"Oat\": the lines of one thing say different things here\n\
         line 3: gtin \"09506000134353\": the check digit is 3, it should be 2\n\
         line 4: gtin \"9506000134369\": this GTIN belongs to another item\n\
         line 5: gtin \"9.506E+12\": a spreadsheet has rounded this number; make the column text\n\
         line 6: units \"24\": a pack level needs its GTIN",
    );
}

#[test]
fn a_column_that_a_file_lacks_changes_nothing() {
    // The shelf life that goods must still have was set by another file.
    let found = |text: &str| plan(FileKind::Items, text.as_bytes(), site()).unwrap().records;
    let days = |text: &str| match &found(text)[..] {
        [MasterRecord::Item(item)] => (item.name.clone(), item.days_on_receipt, item.packs.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(days("item,name\nOAT,Oats\n"), ("Oats".to_owned(), 30, 2));
    assert_eq!(days("item,name,days_on_receipt\nOAT,Oats,\n"), ("Oats".to_owned(), 0, 2));
    let same = "1 lines: 0 new, 0 changed, 1 as before";
    check(FileKind::Locations, "location,kind\nA-01,storage\n", same);
    check(FileKind::Customers, "customer,name\nC1,Corner shop\n", same);
    check(
        FileKind::Customers,
        "customer,name,days_on_dispatch\nC1,Corner shop,\n",
        "1 lines: 0 new, 1 changed, 0 as before",
    );
}

#[test]
fn orders_know_their_party_items_and_packs() {
    let head = "order,supplier,kind,due,line,item,quantity,gtin,lot,expiry,sscc\n";
    let good = "PO1,S1,asn,30.11.2026,,OAT,2,09506000134369,L1,2027-03-14,395060000000000016\n\
                PO1,S1,asn,30.11.2026,,CHEESE,4500,,,,\n";
    check(FileKind::Inbound, &format!("{head}{good}"), "2 lines: 1 new, 0 changed, 0 as before");
    let plan = plan(FileKind::Inbound, format!("{head}{good}").as_bytes(), site()).unwrap();
    let [MasterRecord::Order(order)] = &plan.records[..] else { panic!("{plan:?}") };
    assert_eq!(order.lines.iter().map(|line| line.quantity.units()).collect::<Vec<_>>(), [24, 4500]);
    check(
        FileKind::Inbound,
        &format!(
            "{head}PO1,S9,,31.02.2027,1,OAT,1.5,,,,\nPO1,S9,,31.02.2027,1,NONE,1,,,01/02/27,\n\
             PO2,S1,,,1,OAT,1,09506000134352,,,\nPO2,S1,,,1,GLOVE,1,,L1,,\n"
        ),
        "line 2: supplier \"S9\": no such supplier; import the suppliers first\n\
         line 2: due \"31.02.2027\": this is not a day; write 2027-03-14 or 14.03.2027\n\
         line 2: quantity \"1.5\": write a whole number in digits only, without separators\n\
         line 3: item \"NONE\": no such item; import the items first\n\
         line 3: expiry \"01/02/27\": this is not a day; write 2027-03-14 or 14.03.2027\n\
         line 5: lot \"L1\": this item has no lots",
    );
}

#[test]
fn opening_stock_is_told_apart_as_its_item_asks() {
    let head = "item,location,quantity,lot,serial,expiry,hu,supplier\n";
    check(
        FileKind::Stock,
        &format!("{head}OAT,A-01,24,=1+1,,2027-03-14,P1,S1\nPHONE,A-01,1,,SN1,,,\nGLOVE,DOCK,100,,,,,\n"),
        "3 lines: 3 new, 0 changed, 0 as before",
    );
    check(
        FileKind::Stock,
        &format!(
            "{head}OAT,A-01,24,,,,,\nPHONE,A-01,2,,SN1,,,\nGLOVE,X,1,,,,,\nGLOVE,DOCK,0,L1,,2027-01-01,,\n\
             OAT,A-01,1,L1,,2027-01-01,P1,\nOAT,DOCK,1,L1,,2027-01-02,,\nOAT,DOCK,1,L2,,,P1,\nOAT,DOCK,1,L2,,,,\n\
             OAT,DOCK,3,L2,,,,\nPHONE,A-01,1,,SN2,,,\nPHONE,DOCK,1,,SN2,,,\n"
        ),
        "line 2: lot this item needs its lot number\n\
         line 3: quantity \"2\": a serial number names one unit: write 1 and a line for each\n\
         line 4: location \"X\": no such place; import the locations first\n\
         line 5: quantity \"0\": the number must lie from 1 to 1000000000\n\
         line 7: lot \"L1\": the lines of one lot say different things of it\n\
         line 8: hu \"P1\": this handling unit is at another place in an earlier line\n\
         line 10: item \"OAT\": the file has this stock at this place twice\n\
         line 12: serial \"SN2\": this unit is somewhere else already",
    );
}

#[test]
fn the_same_file_again_changes_nothing() {
    let files = [
        (FileKind::Items, "item,name,gtin,units\nNEW,New,09506000134376,1\nNEW,,09506000134383,6\n", 1),
        (FileKind::Locations, "location,kind,zone\nNEW-1,pick face,dry\nNEW-2,storage,dry\n", 2),
        (FileKind::Suppliers, "supplier,name\nNEW,New\n", 1),
        (FileKind::Customers, "customer,name,days_on_dispatch\nNEW,New,30\n", 1),
        (FileKind::Inbound, "order,supplier,item,quantity\nPO1,S1,OAT,5\nPO2,S1,OAT,6\n", 2),
        (FileKind::Outbound, "order,customer,item,quantity,lot\nPO1,C1,OAT,5,L1\n", 1),
    ];
    for (kind, text, things) in files {
        let mut site = site();
        let first = plan(kind, text.as_bytes(), site.clone()).unwrap();
        assert_eq!((first.counts.created, first.records.len()), (things, first.records.len()), "{kind}");
        first.records.into_iter().for_each(|record| site.add(record));
        let again = plan(kind, text.as_bytes(), site).unwrap();
        assert_eq!((again.counts.unchanged, again.records.len()), (things, 0), "{kind}");
    }
}

#[test]
fn file_names_say_their_kind() {
    assert_eq!(FileKind::of_file_name("items-2026-11.csv"), Some(FileKind::Items));
    assert_eq!(FileKind::of_file_name("Stock.CSV"), Some(FileKind::Stock));
    assert_eq!(FileKind::of_file_name("stockings.csv"), None);
    for kind in FileKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, kind in proptest::sample::select(FileKind::ALL), head: bool) {
        let names: Vec<&str> = columns(kind).iter().map(|column| column.name).collect();
        let mut file = if head { format!("{}\n", names.join(",")).into_bytes() } else { Vec::new() };
        file.extend(bytes);
        let _ = plan(kind, &file, site());
    }
}
