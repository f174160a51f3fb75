//! Days and instants. A lot is good through the end of its day in the site's time zone; that rule lives here once.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A calendar day without a time zone, as printed on a label.
pub type Day = NaiveDate;

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant `ms` milliseconds later (or earlier).
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339, for flow files and options.
    ///
    /// # Errors
    /// What chrono says is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, chrono::ParseError> {
        DateTime::parse_from_rfc3339(text).map(|time| Self(time.timestamp_millis()))
    }

    /// The instant as chrono's UTC date and time; the epoch where chrono cannot show it.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// A site's time zone, by its IANA name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteZone(pub Tz);

impl SiteZone {
    /// The calendar day at the site at that instant.
    #[must_use]
    pub fn day(self, now: Timestamp) -> Day {
        self.local(now).date_naive()
    }

    /// The date and time on the site's wall clock.
    #[must_use]
    pub fn local(self, now: Timestamp) -> DateTime<Tz> {
        self.0.from_utc_datetime(&now.utc().naive_utc())
    }
}

impl Serialize for SiteZone {
    fn serialize<S: Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for SiteZone {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let name = String::deserialize(source)?;
        name.parse()
            .map(SiteZone)
            .map_err(|_| serde::de::Error::custom(format!("unknown time zone {name:?}")))
    }
}

/// Whole days from `today` to `day`: 0 is still good today, negative is past.
#[must_use]
pub fn days_between(today: Day, day: Day) -> i64 {
    day.signed_duration_since(today).num_days()
}

/// Days since 1970-01-01, the form in which days are stored.
#[must_use]
pub fn day_number(day: Day) -> i64 {
    days_between(Day::default(), day)
}

/// The day of a stored number; `None` where the number is no day chrono can hold.
#[must_use]
pub fn day_from_number(number: i64) -> Option<Day> {
    chrono::Duration::try_days(number).and_then(|days| Day::default().checked_add_signed(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_site_decides_what_day_it_is() {
        let zone = SiteZone("Europe/Berlin".parse().unwrap());
        assert_eq!(zone.day(Timestamp::parse("2026-11-23T22:59:59Z").unwrap()), day("2026-11-23"));
        assert_eq!(zone.day(Timestamp::parse("2026-11-23T23:00:00Z").unwrap()), day("2026-11-24"));
    }

    #[test]
    fn day_numbers_round_trip() {
        for text in ["1970-01-01", "2000-02-29", "2027-03-14", "1951-12-31"] {
            assert_eq!(day_from_number(day_number(day(text))), Some(day(text)));
        }
        assert_eq!(day_from_number(i64::MAX), None);
        assert_eq!(days_between(day("2026-11-23"), day("2027-03-14")), 111);
    }
}
