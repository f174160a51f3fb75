//! Regulated healthcare products: since January 2025 their production and expiry dates name a day (GSCN
//! 21-040; General Specifications 3.4.2 and 3.4.7).
//!
//! A label does not say that it is one. It counts as one where it has a national reimbursement number (AIs
//! 710 to 717), a clinical AI (7240 to 7259), or all four of GTIN, serial number, lot and expiry as the
//! verification of medicines asks for, or where the profile says that the whole site is such. HIBC labels
//! have rules of their own, which allow months.

use super::ai::{Check, Kind};
use super::element::Slot;
use super::issue::IssueCode;
use super::profile::Profile;
use super::reading::{Reading, Typed};

/// Warns of healthcare products without a day in their dates, and of days in the wrong order.
pub(super) fn check_days(reading: &mut Reading, profile: &Profile) {
    if reading.slots.is_empty() {
        return;
    }
    let zero = reading.slots.iter().find(|slot| is_month(reading, slot)).copied();
    if let Some(slot) = zero
        && (profile.is_healthcare() || is_healthcare(reading))
    {
        let at = usize::from(slot.value_at).min(reading.text.len());
        let message = "a date of a healthcare product names no day; it was taken for the last of the month";
        reading.warn(IssueCode::HealthcareDayZero, at, message);
    }
    let reversed = |typed| matches!(typed, Typed::Days { from, to } if to < from);
    let ranges = reading.slots.iter().filter(|slot| slot.spec().kind == Kind::Days);
    let found = ranges.map(|slot| reading.element(slot)).find(|element| reversed(element.typed));
    if let Some(at) = found.map(|element| element.at) {
        reading.warn(IssueCode::RangeReversed, at, "the last day comes before the first");
    }
    for candidate in &mut reading.candidates {
        check_days(&mut candidate.reading, profile);
    }
}

/// A production or expiry date with day 00.
fn is_month(reading: &Reading, slot: &Slot) -> bool {
    let spec = slot.spec();
    (spec.is(17, 2) || spec.is(11, 2))
        && slot.valid
        && spec.parts.first().is_some_and(|part| part.main_check() == Check::DateOrMonth)
        && reading.slot_value(slot).ends_with("00")
}

fn is_healthcare(reading: &Reading) -> bool {
    let national = |slot: &Slot| {
        let spec = slot.spec();
        matches!((spec.digits, spec.first), (3, 710..=717) | (4, 7240..=7259))
    };
    let has = |ai| reading.slot(ai, 2).is_some();
    reading.slots.iter().any(national) || (has(1) && has(10) && has(17) && has(21))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, summary, today};
    use super::super::{Profile, read, read_typed};

    #[test]
    fn a_healthcare_date_has_a_day() {
        let fmd = "gtin 09506000134352 · expires 2027-02-28 · lot A";
        check("]d201095060001343521727020010A", fmd);
        check("]d201095060001343521727020010A<GS>21S1", &format!("{fmd} · serial S1 ?healthcare-day-zero"));
        check("]d201095060001343521727022810A<GS>21S1", &format!("{fmd} · serial S1"));
        check(
            "]d2010950600013435217270200712123456",
            "gtin 09506000134352 · expires 2027-02-28 · (712) 123456 ?healthcare-day-zero",
        );
        check(
            "https://id.gs1.org/01/09506000134352/10/A/21/S?17=270200",
            "gtin 09506000134352 · lot A · serial S · expires 2027-02-28 ?healthcare-day-zero",
        );
        // The best-before date of a food may name a month.
        check("]d2152702007121", "best before 2027-02-28 · (712) 1");
    }

    #[test]
    fn the_profile_makes_the_whole_site_healthcare() {
        let profile = Profile::from_json(r#"{"healthcare": true}"#).unwrap();
        let label = "]d2010950600013435217270200";
        let expected = "gtin 09506000134352 · expires 2027-02-28 ?healthcare-day-zero";
        assert_eq!(summary(&read(label.as_bytes(), &profile, today())), expected);
        let typed = read_typed(b"(01)09506000134352(17)270200", &profile, today());
        assert_eq!(summary(&typed), expected);
    }

    #[test]
    fn days_go_forward() {
        check("]d27007270630270702", "(7007) 270630270702");
        check("]d27007270702270630", "(7007) 270702270630 ?range-reversed");
        check("]d27007270630270700", "(7007) 270630270700 !invalid-date@13");
    }
}
