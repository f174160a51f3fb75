//! How old is what this device knows: said where it matters.

use super::screen::{Desk, Frame};
use super::words::{Looking, Syncing, Words};
use crate::domain::{SiteZone, Timestamp};

/// Holds older than this are worth a word.
pub const HOLDS_AGE_MS: i64 = 15 * 60 * 1000;

/// "Holds as of 13:58, 38 min ago"; empty while they are fresh.
pub(super) fn holds_age(as_of: Option<Timestamp>, frame: &Frame<'_>) -> String {
    let words = frame.words;
    match as_of {
        None => words.say(Syncing::HoldsNever),
        Some(at) if frame.now.ms_since(at) <= HOLDS_AGE_MS => String::new(),
        Some(at) => {
            let (time, age) = (moment(at, frame.now, frame.site.zone, words), words.age(at, frame.now));
            words.say(Syncing::HoldsAge { time: &time, age: &age })
        }
    }
}

/// "as this device knew it at 13:58".
pub(super) fn as_of(at: Option<Timestamp>, frame: &Frame<'_>) -> String {
    match at {
        None => frame.words.say(Looking::NeverSynced),
        Some(at) => {
            let time = moment(at, frame.now, frame.site.zone, frame.words);
            frame.words.say(Looking::AsOf { time: &time })
        }
    }
}

/// "13:58" today, "21 Nov 2026" before.
pub(super) fn moment(at: Timestamp, now: Timestamp, zone: SiteZone, words: Words) -> String {
    if zone.day(at) == zone.day(now) { words.clock(at, zone) } else { words.day(zone.day(at)) }
}

/// What drawing needs, where a page puts its words together as it reads.
pub(super) fn frame_of<'a>(desk: &Desk<'a>) -> Frame<'a> {
    Frame { words: desk.words, now: desk.now, today: desk.today, site: desk.site, user: desk.user }
}
