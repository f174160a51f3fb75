use super::*;
use crate::domain::ItemId;

const SHELF: LocationId = LocationId(10);
const OTHER: LocationId = LocationId(11);

fn believed(lot: &str, units: i64, hu: Option<&str>) -> Believed {
    let place = Place { location: SHELF, hu: hu.map(|hu| hu.parse().unwrap()) };
    let lot = Some(lot.parse().unwrap());
    let key = StockKey { item: ItemId(1), lot, serial: None, place };
    Believed { key, there: Quantity::balance(units), hold: None }
}

fn target(location: LocationId, kind: LocationKind) -> Target<'static> {
    Target { location, kind, hu: None }
}

/// "12 A → 11/P1" for each line, or the refusal.
fn say(result: Result<Body, Refusal>) -> String {
    match result {
        Err(refusal) => format!("{refusal:?}"),
        Ok(body) => {
            let say_line = |line: &Movement| {
                let lot = line.lot.as_ref().map(ToString::to_string).unwrap_or_default();
                let hu = line.to.hu.as_ref().map(|hu| format!("/{hu}")).unwrap_or_default();
                format!("{} {lot} → {}{hu}", line.quantity, line.to.location)
            };
            body.lines().iter().map(say_line).collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn some_of_a_lot_moves() {
    let check = |what: Believed, units, to, confirmed, expected: &str| {
        let moved = move_stock(&what, Quantity::balance(units), to, MoveKind::Move, confirmed);
        assert_eq!(say(moved), expected);
    };
    let shelf = |location| target(location, LocationKind::Storage);
    check(believed("A", 12, None), 12, shelf(OTHER), false, "12 A → 11");
    check(believed("A", 12, Some("P1")), 5, shelf(OTHER), false, "5 A → 11");
    check(believed("A", 12, Some("P1")), 5, shelf(SHELF), false, "5 A → 10");
    check(believed("A", 12, None), 0, shelf(OTHER), true, "QuantityZero");
    check(believed("A", 12, None), 3, shelf(SHELF), false, "SamePlace");
    let above = "AboveThere { there: Quantity(12), wanted: Quantity(13) }";
    check(believed("A", 12, None), 13, shelf(OTHER), false, above);
    check(believed("A", 12, None), 13, shelf(OTHER), true, "13 A → 11");
    let held = Believed { hold: Some(HoldKind::Recall), ..believed("A", 12, None) };
    check(held.clone(), 3, shelf(OTHER), true, "OnHold { kind: Recall }");
    check(held, 3, target(OTHER, LocationKind::Quarantine), false, "3 A → 11");
}

#[test]
fn everything_moves_with_its_handling_units() {
    let check = |content: &[Believed], to, expected: &str| {
        assert_eq!(say(move_all(content, to, MoveKind::PutAway)), expected);
    };
    let content = [believed("A", 12, Some("P1")), believed("B", 3, None), believed("C", -1, None)];
    check(&content, target(OTHER, LocationKind::Storage), "12 A → 11/P1, 3 B → 11");
    let pallet = "P2".parse().unwrap();
    let onto = Target { hu: Some(&pallet), ..target(OTHER, LocationKind::Storage) };
    check(&content, onto, "12 A → 11/P2, 3 B → 11/P2");
    check(&content[2..], target(OTHER, LocationKind::Storage), "NothingThere");
    check(&content, target(SHELF, LocationKind::Storage), "SamePlace");
    let full: Vec<_> = (0..501).map(|n| believed(&format!("L{n}"), 1, None)).collect();
    check(&full, target(OTHER, LocationKind::Storage), "TooManyLines { lines: 501 }");
}
