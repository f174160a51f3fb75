//! When a message that was not taken is sent again.
//!
//! The specification's example waits longer and longer, up to a day, because there each message waits for itself. Here
//! one message waits and the others stand behind it, so an hour is the longest: a receiver that is back has everything
//! within that hour, and one request an hour costs it nothing.

use crate::domain::Timestamp;

/// Waits after the first, second, … failure in a row, and after all further ones.
const WAITS_MS: [i64; 5] = [5_000, 60_000, 300_000, 1_800_000, LONGEST_MS];
const LONGEST_MS: i64 = 3_600_000;
/// A wait is up to so many per cent shorter or longer, so that receivers that failed together are not asked together.
const JITTER_PERCENT: i64 = 20;
/// What a receiver asks for is kept to, up to a day.
const ASKED_MS_MAX: i64 = 24 * 3_600_000;
/// An endpoint that took nothing for so long is disabled. Four days without anybody at work are not enough.
pub const GIVE_UP_MS: i64 = 5 * 24 * 3_600_000;

/// When to try again after so many failures in a row; `roll` is any random number, `asked_s` what the receiver asks for.
#[must_use]
pub fn next(now: Timestamp, failures: u32, asked_s: Option<u32>, roll: u32) -> Timestamp {
    let n = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait_ms = WAITS_MS.get(n).copied().unwrap_or(LONGEST_MS);
    let percent = 100 - JITTER_PERCENT + i64::from(roll) % (2 * JITTER_PERCENT + 1);
    let asked_ms = asked_s.map_or(0, |seconds| i64::from(seconds).saturating_mul(1_000).min(ASKED_MS_MAX));
    now.plus_ms((wait_ms * percent / 100).max(asked_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_are_never_quite_the_same() {
        let wait = |failures, asked, roll| next(Timestamp(0), failures, asked, roll).0;
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 999].map(|n| wait(n, None, 20)),
            [5_000, 60_000, 300_000, 1_800_000, 3_600_000, 3_600_000, 3_600_000]
        );
        assert_eq!((wait(1, None, 0), wait(1, None, 40)), (4_000, 6_000));
        for roll in 0..1_000 {
            assert!((4_000..=6_000).contains(&wait(1, None, roll)));
        }
        assert_eq!(wait(1, Some(90), 0), 90_000, "the receiver knows better");
        assert_eq!(wait(5, Some(1), 0), 2_880_000, "but not how often it is asked at most");
        assert_eq!(wait(1, Some(u32::MAX), 0), ASKED_MS_MAX);
    }
}
