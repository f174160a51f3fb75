//! A token bucket for each address and badge: guessing is slow long before a lock or a token's length stops it.
//!
//! It lives in the process: no more than politeness depends on it.

use crate::domain::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Most buckets that are kept; beyond that the full ones go, and then all.
const BUCKETS_MAX: usize = 10_000;
/// What one attempt costs.
const ATTEMPT: i64 = 60_000;

/// How often something may be tried.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// And then in each minute.
    pub each_minute: u32,
}

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Address(&'static str, Option<IpAddr>),
    Badge(String),
}

/// Where the other end of the connection is.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

struct Bucket {
    /// Thousandths of a minute's attempts, so that they fill without fractions.
    level: i64,
    at: Timestamp,
}

/// The buckets of a server; clones are the same ones.
#[derive(Clone, Default)]
pub(super) struct Buckets(Arc<Mutex<HashMap<Who, Bucket>>>);

impl Buckets {
    /// Takes one attempt; where there is none left, the seconds until the next one.
    pub(super) fn take(&self, who: Who, rate: Rate, now: Timestamp) -> Result<(), u32> {
        let full = i64::from(rate.burst) * ATTEMPT;
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&who) {
            buckets.retain(|_, bucket| bucket.filled(rate, now) < full);
            if buckets.len() >= BUCKETS_MAX {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(who).or_insert(Bucket { level: full, at: now });
        let level = bucket.filled(rate, now).min(full);
        *bucket = Bucket { level, at: now };
        if level < ATTEMPT {
            let wait_ms = (ATTEMPT - level) / i64::from(rate.each_minute.max(1));
            return Err(u32::try_from(wait_ms / 1_000 + 1).unwrap_or(u32::MAX));
        }
        bucket.level -= ATTEMPT;
        Ok(())
    }
}

impl Bucket {
    /// A minute brings `each_minute` attempts: a millisecond so many of their parts.
    fn filled(&self, rate: Rate, now: Timestamp) -> i64 {
        let ms = now.ms_since(self.at).max(0);
        self.level.saturating_add(ms.saturating_mul(rate.each_minute.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, each_minute: 6 };

    fn who(n: usize) -> Who {
        Who::Badge(n.to_string())
    }

    #[test]
    fn a_burst_goes_through_and_then_one_every_ten_seconds() {
        let buckets = Buckets::default();
        let take = |ms| buckets.take(who(1), RATE, Timestamp(ms));
        assert_eq!([take(0), take(0), take(0)], [Ok(()); 3]);
        assert_eq!(take(0), Err(11));
        assert_eq!(take(9_999), Err(1));
        assert_eq!(take(10_000), Ok(()));
        assert_eq!(take(10_001), Err(10));
        assert_eq!(buckets.take(who(2), RATE, Timestamp(0)), Ok(()), "another one is not held up");
        assert_eq!([take(90_000), take(90_000), take(90_000)], [Ok(()); 3]);
        assert!(take(90_000).is_err(), "no more than a burst is saved up");
        assert!(take(0).is_err(), "a clock that was set back gives nothing");
    }

    #[test]
    fn they_are_bounded() {
        let buckets = Buckets::default();
        for n in 0..3 * BUCKETS_MAX {
            let _ = buckets.take(who(n), RATE, Timestamp(0));
        }
        assert!(buckets.0.lock().unwrap().len() <= BUCKETS_MAX);
    }
}
