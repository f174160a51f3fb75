//! GS1 Digital Link: element strings as a web address (GS1 Digital Link URI Syntax 1.4). The address is
//! read, never opened.

use super::element::Rules;
use super::issue::IssueCode;
use super::reading::Reading;
use super::trade::put_checked;
use std::borrow::Cow;
use std::sync::Arc;

/// The AIs that a path may begin with, and what may follow each in this order; `|` parts alternatives.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("00", ""),
    ("01", "22,10,21|235"),
    ("253", ""),
    ("255", ""),
    ("401", ""),
    ("402", ""),
    ("414", "254|7040"),
    ("415", "8020"),
    ("417", "7040"),
    ("8003", ""),
    ("8004", "7040"),
    ("8006", "22,10,21"),
    ("8010", "8011"),
    ("8013", ""),
    ("8017", "8019"),
    ("8018", "8019"),
];

/// True for a web address whose scheme is in lower or in upper case throughout.
pub(super) fn is_link(data: &str) -> bool {
    ["https://", "http://", "HTTPS://", "HTTP://"].iter().any(|scheme| data.starts_with(scheme))
}

/// Reads the address as elements; false where no part of its path is a key of GS1.
pub(super) fn read_link(reading: &mut Reading, rules: Rules) -> bool {
    let (body, text) = (reading.body.clone(), Arc::clone(&reading.text));
    let start = body.start;
    let link = text.get(body).unwrap_or_default().split('#').next().unwrap_or_default();
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let Some((from, followers)) = find_key(path) else { return false };
    check_order(reading, start, path, from, followers);
    for ((_, ai), (at, value)) in pairs(path, from) {
        put(reading, ai, value, start + at, rules);
    }
    let mut at = path.len() + 1;
    for part in query.split(['&', ';']) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        // Names that are no number are not GS1's, for example linkType.
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            put(reading, name, value, start + at, rules);
        }
        at += part.len() + 1;
    }
    true
}

/// Where the key stands that the elements begin with, and what may follow it.
///
/// The stem may hold anything, so the last key that has only pairs after it counts.
fn find_key(path: &str) -> Option<(usize, &'static str)> {
    let host = path.find("://").map_or(0, |at| at + 3);
    let first = host + path.get(host..)?.find('/')? + 1;
    let mut end = path.trim_end_matches('/').len();
    let mut is_value = true;
    while end > first {
        let segment_at = path.get(first..end)?.rfind('/').map_or(first, |at| first + at + 1);
        let segment = path.get(segment_at..end)?;
        let key = KEYS.iter().find(|(ai, _)| !is_value && *ai == segment);
        if let Some((_, followers)) = key {
            return Some((segment_at, followers));
        }
        is_value = !is_value;
        end = segment_at.saturating_sub(1);
    }
    None
}

type Segment<'a> = (usize, &'a str);

/// The pairs of AI and value from `from` on, with their places; a slash at the end adds none.
fn pairs(path: &str, from: usize) -> impl Iterator<Item = (Segment<'_>, Segment<'_>)> {
    let mut at = from;
    let mut segments =
        path.get(from..).unwrap_or_default().trim_end_matches('/').split('/').map(move |segment| {
            let here = at;
            at += segment.len() + 1;
            (here, segment)
        });
    std::iter::from_fn(move || Some((segments.next()?, segments.next()?)))
}

fn check_order(reading: &mut Reading, start: usize, path: &str, from: usize, followers: &str) {
    // The place of the first AI that breaks an order; of several orders the one that goes furthest counts.
    let breaks = |order: &str| {
        let mut order = order.split(',');
        pairs(path, from).skip(1).map(|(ai, _)| ai).find(|(_, ai)| !order.any(|next| next == *ai))
    };
    let mut furthest = Some((0, ""));
    for order in followers.split('|') {
        let found = breaks(order);
        let is_further = match (found, furthest) {
            (None, _) => true,
            (Some((at, _)), Some((before, _))) => at > before,
            (Some(_), None) => false,
        };
        if is_further {
            furthest = found;
        }
    }
    if let Some((at, ai)) = furthest.filter(|(at, _)| *at > 0) {
        reading.error(IssueCode::InvalidLink, start + at, format!("the link has {ai} where it cannot stand"));
    }
}

fn put(reading: &mut Reading, ai: &str, value: &str, at: usize, rules: Rules) {
    let Some(value) = percent_decoded(value) else {
        reading.error(
            IssueCode::InvalidCharacter,
            at,
            "the link has a % that no two hexadecimal digits follow",
        );
        return;
    };
    // Older links may have shorter GTINs.
    let short_gtin = ai == "01" && matches!(value.len(), 8 | 12 | 13);
    let value = if short_gtin { Cow::Owned(format!("{value:0>14}")) } else { value };
    put_checked(reading, ai, &value, at, rules);
}

/// `None` where a `%` stands alone; what is no UTF-8 becomes characters that no AI allows.
fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (char::from(rest.next()?).to_digit(16)?, char::from(rest.next()?).to_digit(16)?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use crate::barcode::tests::check;

    #[test]
    fn any_stem_path_and_query() {
        for stem in ["https://id.gs1.org", "http://example.com/some/path", "HTTPS://EXAMPLE.COM:8080"] {
            let link = format!("{stem}/01/09506000134352/10/L2231/21/S7?17=270630&linkType=all#x");
            check(&link, "gtin 09506000134352 · lot L2231 · serial S7 · expires 2027-06-30");
        }
        check("]Q1https://a.b/01/9506000134352/", "gtin 09506000134352");
        check("https://a.b/10/01/01/09506000134352", "gtin 09506000134352");
        check("https://a.b/414/9506000134352/254/A%2F1", "location 9506000134352 · (254) A/1");
        check(
            "https://a.b/00/395060000000000016?02=09506000134352&37=24",
            "sscc 395060000000000016 · content 09506000134352 · count 24",
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        check("https://a.b/01/09506000134353", "(01) 09506000134353 !check-digit@15");
        check(
            "https://a.b/01/09506000134352/21/S/10/L",
            "gtin 09506000134352 · serial S · lot L !invalid-link@35",
        );
        check("https://a.b/01/09506000134352/10/%zz", "gtin 09506000134352 !invalid-character@33");
        check("https://a.b/01/09506000134352?05=1", "gtin 09506000134352 !unknown-ai@30");
        check("https://a.b/01/09506000134352/10/A%1DB", "gtin 09506000134352 · (10) A !invalid-character@33");
        check("https://a.b/shop", "text https://a.b/shop");
    }
}
