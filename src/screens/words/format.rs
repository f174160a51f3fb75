//! Names of dates, times and quantities as people say them.

use super::{Language, Message};
use crate::domain::{Day, HoldKind, Reason, SiteZone, Timestamp, days_between};
use chrono::{Datelike, Timelike};

const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_DE: [&str; 12] =
    ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."];

/// A language, and how dates and numbers look in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Words {
    /// Which table.
    pub language: Language,
}

impl Words {
    /// Words in that language.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language }
    }

    /// A message's sentence.
    #[must_use]
    pub fn say(self, message: impl Message) -> String {
        message.text(self.language)
    }

    pub(super) fn pick(self, english: &'static str, german: &'static str) -> &'static str {
        match self.language {
            Language::English => english,
            Language::German => german,
        }
    }

    /// "14 Mar 2027", "14. März 2027".
    #[must_use]
    pub fn day(self, day: Day) -> String {
        format!("{} {}", self.day_of_year(day), day.year())
    }

    /// "today", "tomorrow", "14 Mar" within half a year, else with its year: for rows where each letter counts.
    #[must_use]
    pub fn near_day(self, day: Day, today: Day) -> String {
        match days_between(today, day) {
            -1..=1 => self.in_days(Some(day), today),
            -182..=182 => self.day_of_year(day),
            _ => self.day(day),
        }
    }

    fn day_of_year(self, day: Day) -> String {
        let (months, dot) = match self.language {
            Language::English => (MONTHS_EN, ""),
            Language::German => (MONTHS_DE, "."),
        };
        format!("{}{dot} {}", day.day(), months.get(day.month0() as usize).copied().unwrap_or_default())
    }

    /// "good to 14 Mar 2027"; a day that is past reads "expired 14 Mar 2026". Empty without a day.
    #[must_use]
    pub fn good_to(self, day: Option<Day>, today: Day) -> String {
        let Some(day) = day else { return String::new() };
        let lead = if days_between(today, day) < 0 {
            self.pick("expired", "abgelaufen")
        } else {
            self.pick("good to", "haltbar bis")
        };
        format!("{lead} {}", self.day(day))
    }

    /// "in 111 days", "today", "3 days ago". Empty without a day.
    #[must_use]
    pub fn in_days(self, day: Option<Day>, today: Day) -> String {
        let Some(day) = day else { return String::new() };
        match days_between(today, day) {
            0 => self.pick("today", "heute").to_owned(),
            1 => self.pick("tomorrow", "morgen").to_owned(),
            -1 => self.pick("yesterday", "gestern").to_owned(),
            days if days > 0 => match self.language {
                Language::English => format!("in {days} days"),
                Language::German => format!("in {days} Tagen"),
            },
            days => match self.language {
                Language::English => format!("{} days ago", days.unsigned_abs()),
                Language::German => format!("vor {} Tagen", days.unsigned_abs()),
            },
        }
    }

    /// "1 day", "12 days".
    #[must_use]
    pub fn days(self, days: i64) -> String {
        let one = days.abs() == 1;
        let word = if one { self.pick("day", "Tag") } else { self.pick("days", "Tage") };
        format!("{days} {word}")
    }

    /// "14:02" on the site's wall clock.
    #[must_use]
    pub fn clock(self, at: Timestamp, zone: SiteZone) -> String {
        let local = zone.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// "38 min", "5 h", "3 days".
    #[must_use]
    pub fn age(self, from: Timestamp, now: Timestamp) -> String {
        let minutes = now.ms_since(from).max(0) / 60_000;
        match minutes {
            0..=99 => format!("{minutes} min"),
            100..=2_879 => format!("{} h", minutes / 60),
            _ => self.days(minutes / 1_440),
        }
    }

    /// A number with its thousands apart: "12 000".
    #[must_use]
    pub fn number(self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut text = String::with_capacity(digits.len() + 4);
        if number < 0 {
            text.push('−');
        }
        for (index, digit) in digits.chars().enumerate() {
            if digits.len() > 4 && index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push('\u{202f}');
            }
            text.push(digit);
        }
        text
    }

    /// What kind of stop.
    #[must_use]
    pub fn hold(self, kind: HoldKind) -> &'static str {
        match kind {
            HoldKind::Hold => self.pick("on hold", "gesperrt"),
            HoldKind::Quarantine => self.pick("in quarantine", "in Quarantäne"),
            HoldKind::Damaged => self.pick("damaged", "beschädigt"),
            HoldKind::Recall => self.pick("recalled", "zurückgerufen"),
        }
    }

    /// Why somebody did it.
    #[must_use]
    pub fn reason(self, reason: Reason) -> &'static str {
        match reason {
            Reason::NotFound => self.pick("Not found", "Nicht gefunden"),
            Reason::Damaged => self.pick("Damaged", "Beschädigt"),
            Reason::NotReachable => self.pick("Cannot be reached", "Nicht erreichbar"),
            Reason::CustomerWish => self.pick("Customer wants it", "Kundenwunsch"),
            Reason::CountWrong => self.pick("Count was wrong", "Menge stimmte nicht"),
            Reason::Quality => self.pick("Quality check", "Qualitätsprüfung"),
            Reason::Temperature => self.pick("Temperature", "Temperatur"),
            Reason::Recall => self.pick("Recall", "Rückruf"),
            Reason::Checked => self.pick("Checked", "Geprüft"),
            Reason::Agreed => self.pick("Supervisor agreed", "Mit Leitung geklärt"),
            Reason::DeliveryDiffers => self.pick("Delivery differs", "Lieferung weicht ab"),
            Reason::Expired => self.pick("Expired", "Abgelaufen"),
            Reason::WeightDiffers => self.pick("Weight differs", "Gewicht weicht ab"),
            Reason::Other => self.pick("Other reason", "Anderer Grund"),
        }
    }
}

/// The stable name of a reason in a tap's id: `reason:damaged`.
#[must_use]
pub fn reason_id(reason: Reason) -> String {
    serde_json::to_value(reason)
        .ok()
        .and_then(|value| value.as_str().map(|name| format!("reason:{name}")))
        .unwrap_or_default()
}

/// The reason in a tap's id.
#[must_use]
pub fn reason_of_id(id: &str) -> Option<Reason> {
    let name = id.strip_prefix("reason:")?;
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Words = Words { language: Language::English };
    const DE: Words = Words { language: Language::German };

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_read_as_people_say_them() {
        assert_eq!(EN.day(day("2027-03-14")), "14 Mar 2027");
        assert_eq!(DE.day(day("2027-03-14")), "14. März 2027");
        let today = day("2026-11-23");
        for (date, english, german) in [
            ("2027-03-14", "in 111 days", "in 111 Tagen"),
            ("2026-11-23", "today", "heute"),
            ("2026-11-24", "tomorrow", "morgen"),
            ("2026-11-20", "3 days ago", "vor 3 Tagen"),
        ] {
            assert_eq!(EN.in_days(Some(day(date)), today), english);
            assert_eq!(DE.in_days(Some(day(date)), today), german);
        }
        assert_eq!(EN.good_to(Some(today), today), "good to 23 Nov 2026");
        assert_eq!(DE.good_to(Some(day("2026-11-22")), today), "abgelaufen 22. Nov. 2026");
        assert_eq!(EN.good_to(None, today), "");
    }

    #[test]
    fn near_days_leave_out_what_is_known() {
        let today = day("2026-11-23");
        for (date, english, german) in [
            ("2026-11-22", "yesterday", "gestern"),
            ("2026-11-23", "today", "heute"),
            ("2026-11-25", "25 Nov", "25. Nov."),
            ("2027-03-14", "14 Mar", "14. März"),
            ("2027-11-23", "23 Nov 2027", "23. Nov. 2027"),
        ] {
            assert_eq!(EN.near_day(day(date), today), english);
            assert_eq!(DE.near_day(day(date), today), german);
        }
    }

    #[test]
    fn numbers_group_from_five_digits() {
        assert_eq!(EN.number(2953), "2953");
        assert_eq!(EN.number(1_000_000), "1\u{202f}000\u{202f}000");
        assert_eq!(EN.number(-12_345), "−12\u{202f}345");
    }

    #[test]
    fn ages_grow_coarser() {
        let now = Timestamp(1_000_000_000);
        for (ms, text) in
            [(0, "0 min"), (38 * 60_000, "38 min"), (5 * 3_600_000, "5 h"), (3 * 86_400_000, "3 days")]
        {
            assert_eq!(EN.age(now.plus_ms(-ms), now), text);
        }
    }

    #[test]
    fn reasons_have_ids() {
        assert_eq!(reason_id(Reason::DeliveryDiffers), "reason:delivery_differs");
        assert_eq!(reason_of_id("reason:not_found"), Some(Reason::NotFound));
        assert_eq!(reason_of_id("reason:bogus"), None);
    }
}
