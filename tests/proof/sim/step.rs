//! What happens, as a list that is made from the seed before anything does: so that it can be made shorter and played again.

use crate::dice::Dice;

/// One thing that happens. `at` says to whom, `seed` how: what is left out beside it changes neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub kind: Kind,
    pub at: u64,
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An operator confirms something.
    Confirm,
    /// The request that is out meets the network.
    Deliver,
    /// All of a device's requests are answered at once, until it rests.
    Calm,
    /// One that was given up arrives after all.
    Late,
    Seconds,
    Days,
    TryNow,
    Network,
    /// The device's power fails, now or around its next commit.
    Crash,
    /// A device or all of them are out of reach for a while.
    Partition,
    Backup,
    /// The server is put back to one of its backups.
    Restore,
    /// The server's processes end and start again.
    Restart,
    /// The server's processes were an older program's until now.
    Upgrade,
    /// A device's file is copied to another device.
    Copy,
    /// A device is enrolled again.
    Enrol,
    /// A device goes to the other site.
    Move,
    /// A device's clock jumps.
    Clock,
    /// An event that the server cannot take: its id is another one's.
    Poison,
    /// The device lets go of what it need not keep.
    Purge,
    /// A device that was off since an older program joins.
    Old,
}

/// Of 1,000 steps.
const OFTEN: [(Kind, u64); 21] = [
    (Kind::Confirm, 235),
    (Kind::Deliver, 270),
    (Kind::Calm, 80),
    (Kind::Late, 50),
    (Kind::Seconds, 108),
    (Kind::Days, 25),
    (Kind::TryNow, 15),
    (Kind::Network, 15),
    (Kind::Crash, 35),
    (Kind::Partition, 15),
    (Kind::Backup, 20),
    (Kind::Restore, 15),
    (Kind::Restart, 6),
    (Kind::Upgrade, 5),
    (Kind::Copy, 8),
    (Kind::Enrol, 8),
    (Kind::Move, 10),
    (Kind::Clock, 15),
    (Kind::Poison, 10),
    (Kind::Purge, 50),
    (Kind::Old, 5),
];

pub fn steps(seed: u64, count: usize) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    let all = OFTEN.iter().map(|(_, often)| often).sum();
    let kind = |mut at: u64| {
        let found = OFTEN.iter().find(|(_, often)| match at.checked_sub(*often) {
            Some(left) => {
                at = left;
                false
            }
            None => true,
        });
        found.map_or(Kind::Confirm, |(kind, _)| *kind)
    };
    (0..count).map(|_| Step { kind: kind(dice.below(all)), at: dice.roll(), seed: dice.roll() }).collect()
}

/// The fewest steps that were found that still fail: pieces are left out, half of them first, then less and less. Some are kept
/// that are not needed where `tries` is not enough.
pub fn shrink(mut steps: Vec<Step>, mut tries: u32, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut piece = steps.len().div_ceil(2);
    while piece > 0 {
        let (mut at, mut any) = (0, false);
        while at < steps.len() && tries > 0 {
            let end = (at + piece).min(steps.len());
            let fewer = [&steps[..at], &steps[end..]].concat();
            tries -= 1;
            if fails(&fewer) {
                (steps, any) = (fewer, true);
            } else {
                at = end;
            }
        }
        if tries == 0 {
            break;
        }
        piece = if piece == 1 && any { 1 } else { piece / 2 };
    }
    steps
}
