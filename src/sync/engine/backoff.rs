//! How long to wait after a failure: exponential with full jitter, so that a hundred handhelds that lost the same
//! access point do not come back in the same second.

/// The wait after the first failure is at most this.
pub const RETRY_MS_MIN: i64 = 1_000;
/// No wait of our own is longer than this.
pub const RETRY_MS_MAX: i64 = 300_000;
/// A server may ask for at most this much patience.
pub const RETRY_AFTER_MS_MAX: i64 = 3_600_000;
/// No wait is shorter than this, whatever the dice say.
pub const RETRY_MS_FLOOR: i64 = 100;
const _: () = assert!(RETRY_MS_FLOOR < RETRY_MS_MIN && RETRY_MS_MIN < RETRY_MS_MAX);

/// Counts failures and throws the dice; seeded from outside.
#[derive(Debug, Clone)]
pub struct Backoff {
    failures: u32,
    dice: u64,
}

impl Backoff {
    /// Without failures so far.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { failures: 0, dice: seed }
    }

    /// Failures since the last success.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Something went well.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Something failed: how long to wait, in milliseconds. Where the server named a time, that time and up to half of it
    /// more: it knows how busy it is. Otherwise anything between nothing and a ceiling that doubles with each failure.
    pub fn fail(&mut self, retry_after_s: Option<u32>) -> i64 {
        let ceiling = RETRY_MS_MIN.saturating_mul(1 << self.failures.min(20)).min(RETRY_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        let asked = i64::from(retry_after_s.unwrap_or(0)).saturating_mul(1_000).min(RETRY_AFTER_MS_MAX);
        if asked > 0 {
            return (asked + self.up_to(asked / 2)).min(RETRY_AFTER_MS_MAX);
        }
        self.up_to(ceiling).max(RETRY_MS_FLOOR)
    }

    fn up_to(&mut self, most: i64) -> i64 {
        i64::try_from(self.roll() % (most.unsigned_abs() + 1)).unwrap_or(most)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): enough for jitter, and no dependency.
    fn roll(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_five_minutes() {
        for (failures, ceiling) in
            [(0, 1_000), (1, 2_000), (4, 16_000), (8, 256_000), (9, 300_000), (4_000_000, 300_000)]
        {
            let waits: Vec<i64> =
                (0..2_000).map(|seed| Backoff { failures, dice: seed }.fail(None)).collect();
            assert!(waits.iter().all(|wait| (RETRY_MS_FLOOR..=ceiling).contains(wait)), "{failures}");
            let high = waits.iter().filter(|wait| **wait > ceiling / 2).count();
            assert!((800..1_200).contains(&high), "{failures}: {high} of 2000 are in the upper half");
        }
    }

    #[test]
    fn the_server_is_given_the_time_it_asks_for_up_to_an_hour() {
        assert!(Backoff::new(1).fail(Some(30)) >= 30_000);
        assert_eq!(Backoff::new(1).fail(Some(u32::MAX)), RETRY_AFTER_MS_MAX);
        // A server that asks for two seconds is not kept waiting for minutes by those whom it has asked before.
        let waits: Vec<i64> =
            (0..200).map(|seed| Backoff { failures: 9, dice: seed }.fail(Some(2))).collect();
        assert!(waits.iter().all(|wait| (2_000..=3_000).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait > 2_700) && waits.iter().any(|wait| *wait < 2_300));
    }
}
