//! ISO/IEC 15434 messages: envelopes with data of several standards in one symbol. Formats 05 (AIs) and 06
//! (data identifiers) are read, also mixed.

use super::element::{Fault, Rules, Slot, check_value, short};
use super::identifiers;
use super::issue::IssueCode;
use super::profile::GS;
use super::reading::{Meaning, Reading};
use super::strings::{read_elements, report};

/// Ends an envelope.
const RS: char = '\u{1e}';

/// Ends the message.
const EOT: char = '\u{4}';

pub(super) fn is_envelope(reading: &Reading) -> bool {
    reading.data().starts_with("[)>")
}

/// Reads every envelope of the message.
pub(super) fn read_envelope(reading: &mut Reading, rules: Rules) {
    reading.meaning = Meaning::Elements;
    let start = reading.body.start;
    let text = reading.data().to_owned();
    let message = text.strip_suffix(EOT).unwrap_or(&text);
    if message.len() == text.len() || !message.ends_with(RS) {
        reading.warn(
            IssueCode::EnvelopeCutOff,
            start + text.len(),
            "the message does not end with RS and EOT",
        );
    }
    let mut at = 0;
    for (index, envelope) in message.split(RS).enumerate() {
        if index > 0 && !envelope.is_empty() {
            read_one(reading, envelope, start + at, rules);
        }
        at += envelope.len() + RS.len_utf8();
    }
    if reading.slots.is_empty() && reading.is_ok() {
        reading.error(IssueCode::Empty, start, "the message holds no data");
    }
}

fn read_one(reading: &mut Reading, envelope: &str, at: usize, rules: Rules) {
    let (format, data) = envelope.split_at_checked(2).unwrap_or((envelope, ""));
    let data_at = at + format.len() + usize::from(data.starts_with(char::from(GS)));
    let end = at + envelope.len();
    match format {
        "05" if data_at < end => read_elements(reading, data_at..end, rules),
        "06" => {
            let mut place = data_at;
            for field in envelope.get(data_at - at..).unwrap_or_default().split(char::from(GS)) {
                read_field(reading, field, place, rules);
                place += field.len() + 1;
            }
        }
        _ => {
            let message = format!("an envelope of format {format:?}; only 05 and 06 are read");
            reading.error(IssueCode::UnsupportedFormat, at, message);
        }
    }
}

fn read_field(reading: &mut Reading, field: &str, at: usize, rules: Rules) {
    if field.is_empty() {
        return;
    }
    let Some((len, row)) = identifiers::find(field) else {
        // The standard has hundreds; what is not needed here must not spoil the rest of the label.
        if identifiers::has_form(field) {
            reading.warn(IssueCode::UnknownDi, at, "a data identifier that is not read here");
        } else {
            reading.error(IssueCode::UnknownDi, at, "no data identifier begins here");
        }
        return;
    };
    let value = field.get(len..).unwrap_or_default();
    let fault = check_value(super::ai::spec(row), value.as_bytes(), rules.today)
        .filter(|fault| fault.code != IssueCode::UnknownCode || value != identifiers::MIXED_ORIGIN);
    let slot = Slot {
        row,
        ai_at: short(at),
        value_at: short(at + len),
        value_len: short(value.len()),
        valid: fault.is_none(),
    };
    if let Some(fault) = fault {
        report(reading, Some(&slot), Fault { at: at + len + fault.at, ..fault });
    }
    reading.slots.push(slot);
}

#[cfg(test)]
mod tests {
    use crate::barcode::tests::{check as check_label, today};

    /// `<RS>` and `<EOT>` stand for the characters.
    fn check(label: &str, expected: &str) {
        check_label(&label.replace("<RS>", "\u{1e}").replace("<EOT>", "\u{4}"), expected);
    }

    #[test]
    fn formats_may_be_mixed() {
        check("[)><RS>05<GS>0109506000134352<GS>10L1<RS><EOT>", "gtin 09506000134352 · lot L1");
        check(
            "[)><RS>06<GS>1P4711-A<GS>1TL1<GS>Q24<GS>14D20270630<GS>KPO-7<RS><EOT>",
            "(1P) 4711-A · (1T) L1 · (Q) 24 · (14D) 20270630 · (K) PO-7",
        );
        check("[)><RS>06<GS>PX<RS>05<GS>10L1<RS><EOT>", "(P) X · lot L1");
    }

    /// Found by the fuzzer: each envelope gave alternatives of its own.
    #[test]
    fn many_doubtful_envelopes_have_few_alternatives() {
        let one = "<RS>05<GS>10L2231172706301234";
        let label = format!("[)>{}<RS><EOT>", one.repeat(12).replace("1234", ""));
        let label = label.replace("<RS>", "\u{1e}").replace("<GS>", "\u{1d}").replace("<EOT>", "\u{4}");
        let reading = crate::barcode::read(label.as_bytes(), &crate::barcode::Profile::bare(), today());
        assert_eq!(reading.elements().len(), 12);
        assert_eq!(reading.candidates().len(), crate::barcode::strings::CANDIDATES_MAX);
    }

    #[test]
    fn what_is_wrong_is_said() {
        check("[)><RS>06<GS>1TL1", "(1T) L1 ?envelope-cut-off");
        check("[)><RS>06<GS>99ZL1<RS><EOT>", "unreadable !empty@0 ?unknown-di");
        check("[)><RS>06<GS>99ZL1<GS>1TL1<RS><EOT>", "(1T) L1 ?unknown-di");
        check("[)><RS>06<GS>?<GS>1TL1<RS><EOT>", "(1T) L1 !unknown-di@7");
        check("[)><RS>06<GS>4LAA<GS>4LDE<RS><EOT>", "(4L) AA · (4L) DE");
        check("[)><RS>06<GS>14D20271330<RS><EOT>", "(14D) 20271330 !invalid-date@10");
        check("[)><RS>06<GS>4LXX<RS><EOT>", "(4L) XX !unknown-code@9");
        check("[)><RS>07<GS>x<RS><EOT>", "unreadable !unsupported-format@4");
    }
}
