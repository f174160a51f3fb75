//! What pages say: ages, days, quantities, and what a discrepancy means for the person who settles it.

use crate::domain::{Day, HoldKind, Quantity, Reason, Timestamp, Unit, days_between};
use crate::server::storage::console::OPEN_MAX;

/// "4 s", "12 min", "3 h", "2 days".
pub(super) fn span(ms: i64) -> String {
    let s = ms.max(0) / 1_000;
    match s {
        0..=119 => format!("{s} s"),
        120..=7_199 => format!("{} min", s / 60),
        7_200..=172_799 => format!("{} h", s / 3_600),
        _ => format!("{} days", s / 86_400),
    }
}

/// "12 min ago".
pub(super) fn ago(now: Timestamp, at: Timestamp) -> String {
    match now.ms_since(at) {
        _ if at.0 <= 0 => "never".to_owned(),
        ..10_000 => "just now".to_owned(),
        ms => format!("{} ago", span(ms)),
    }
}

/// "14 Mar 2027".
pub(super) fn day(day: Day) -> String {
    day.format("%-d %b %Y").to_string()
}

/// "in 111 days", "today", "3 days ago".
pub(super) fn distance(today: Day, day: Day) -> String {
    match days_between(today, day) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

/// Base units as people say them: "24", "4.5 kg".
pub(super) fn amount(quantity: Quantity, unit: Unit) -> String {
    let units = quantity.units();
    match unit {
        Unit::Each => grouped(units),
        Unit::Gram if units % 1_000 == 0 => format!("{} kg", grouped(units / 1_000)),
        Unit::Gram => {
            let sign = if units < 0 { "-" } else { "" };
            let (kg, g) = (units.unsigned_abs() / 1_000, units.unsigned_abs() % 1_000);
            let digits = format!("{g:03}");
            format!("{sign}{kg}.{} kg", digits.trim_end_matches('0'))
        }
    }
}

/// "12 345", with a narrow space that does not break.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// How many discrepancies are open: they are counted to a limit.
pub(super) fn open(number: u64) -> String {
    let more = if number >= OPEN_MAX { "+" } else { "" };
    grouped(i64::try_from(number).unwrap_or(i64::MAX)) + more
}

pub(super) fn hold_kind(kind: HoldKind) -> &'static str {
    match kind {
        HoldKind::Hold => "on hold",
        HoldKind::Quarantine => "quarantined",
        HoldKind::Damaged => "damaged",
        HoldKind::Recall => "recalled",
    }
}

pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NotFound => "not found",
        Reason::Damaged => "damaged",
        Reason::NotReachable => "cannot be reached",
        Reason::CustomerWish => "customer wants it",
        Reason::CountWrong => "count was wrong",
        Reason::Quality => "quality check",
        Reason::Temperature => "too warm or too cold",
        Reason::Recall => "asked for by supplier or authority",
        Reason::Checked => "checked",
        Reason::Agreed => "supervisor agreed",
        Reason::DeliveryDiffers => "delivery differs",
        Reason::Expired => "past its date",
        Reason::WeightDiffers => "weight differs",
        Reason::Other => "other",
    }
}

/// What a kind of discrepancy is called.
pub(super) fn discrepancy(kind: &str) -> &'static str {
    match kind {
        "negative_balance" => "More was taken than was there",
        "lot_dates_differ" => "Two labels give one lot different dates",
        "taken_while_held" => "Taken although it was stopped",
        "taken_expired" => "Taken after its last good day",
        "undone_twice" => "Undone twice",
        "undone_unknown" => "Undone without the event",
        "dispatched_above_order" => "More left than was ordered",
        "order_closed" => "Goods moved for a closed order",
        "clock_skew" => "A device's clock is wrong",
        "events_lost" => "A device lost confirmed events",
        "count_overtaken" => "Something happened before a count that the counter did not know",
        "fork" => "A device tells two histories",
        "id_conflict" => "One event came with two contents",
        _ => "Something does not add up",
    }
}

/// What to do about it.
pub(super) fn advice(kind: &str) -> &'static str {
    match kind {
        "negative_balance" => "Count the place, then settle this.",
        "lot_dates_differ" => {
            "Look at the goods, hold the lot until the right date is known, then settle this."
        }
        "taken_while_held" | "taken_expired" => "Get it back or tell the customer, then settle this.",
        "dispatched_above_order" | "order_closed" => {
            "Agree with the customer or the office, then settle this."
        }
        "clock_skew" => "Set the device's clock, then settle this.",
        "events_lost" => "Ask who worked with the device, and count what they touched.",
        "count_overtaken" => "Count the place again.",
        "fork" | "id_conflict" => {
            "The device was copied or restored. Enrol it again, and count what it touched."
        }
        _ => "Look into it, then settle it with a note.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_said_as_people_say_them() {
        let said = |units, unit| amount(Quantity::balance(units), unit);
        assert_eq!(said(24, Unit::Each), "24");
        assert_eq!(said(-1_234_567, Unit::Each), "-1\u{202f}234\u{202f}567");
        assert_eq!(said(4_500, Unit::Gram), "4.5 kg");
        assert_eq!(said(-50, Unit::Gram), "-0.05 kg");
        assert_eq!(said(12_000_000, Unit::Gram), "12\u{202f}000 kg");
    }

    #[test]
    fn times_are_said_from_here() {
        let now = Timestamp(10_000_000_000);
        assert_eq!(ago(now, Timestamp(0)), "never");
        assert_eq!(ago(now, now.plus_ms(-61_000)), "61 s ago");
        assert_eq!(ago(now, now.plus_ms(-3 * 3_600_000)), "3 h ago");
        let today: Day = "2026-11-23".parse().unwrap();
        let said = |text: &str| distance(today, text.parse().unwrap());
        assert_eq!(
            [said("2026-11-23"), said("2026-11-24"), said("2027-03-14")],
            ["today", "tomorrow", "in 111 days"]
        );
        assert_eq!([said("2026-11-22"), said("2026-11-20")], ["yesterday", "3 days ago"]);
        assert_eq!(day("2027-03-04".parse().unwrap()), "4 Mar 2027");
    }
}
