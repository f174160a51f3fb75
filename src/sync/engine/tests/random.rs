//! Any order of answers, failures and interruptions.

use super::floor::{Floor, head};
use crate::sync::engine::{Activity, Ask, Failure, Input, Reply};
use crate::sync::wire::{Conflict, Hash};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Move {
    Answer,
    Fail(u8),
    Stale,
    Wake,
    Confirm,
    TryNow,
    Network,
    Conflict(u8, u64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => Just(Move::Answer),
        1 => (0_u8..8).prop_map(Move::Fail),
        1 => Just(Move::Stale),
        2 => Just(Move::Wake),
        2 => Just(Move::Confirm),
        1 => Just(Move::TryNow),
        1 => Just(Move::Network),
        1 => (0_u8..3, 0_u64..20).prop_map(|(kind, seq)| Move::Conflict(kind, seq)),
    ];
    proptest::collection::vec(one, 1..200)
}

fn play(floor: &mut Floor, step: &Move) {
    match step {
        Move::Answer if floor.out.is_some() => {
            let reply = floor.answer();
            floor.reply(reply);
        }
        Move::Fail(kind) if floor.out.is_some() => {
            let kinds = [500, 429, 413, 401, 403, 302, 404, 503];
            let code = kinds[usize::from(*kind)];
            floor.fail(Failure::Status { code, retry_after_s: (*kind == 1).then_some(9) });
        }
        Move::Stale => floor.feed(Input::Failed(0, Failure::Offline)),
        Move::Wake if floor.wake.is_some() && floor.out.is_none() => {
            floor.sleep();
        }
        Move::Confirm => floor.confirm(),
        Move::TryNow => floor.feed(Input::TryNow),
        Move::Network => floor.feed(Input::NetworkChanged),
        Move::Conflict(kind, seq) if matches!(floor.out, Some((_, Ask::Push { .. } | Ask::Pull(_)))) => {
            let server_epoch = floor.hello.server_epoch;
            floor.reply(Reply::Conflict(match kind {
                0 => Conflict::Gap { expected: *seq },
                1 => Conflict::Fork { expected_hash: Hash::default() },
                _ => Conflict::EpochChanged { server_epoch, device_last_seq: *seq },
            }));
        }
        _ => {}
    }
}

proptest! {
    /// Whatever happens, there is one request at a time, always a next step, and in the end an empty outbox.
    #[test]
    fn the_outbox_empties_whatever_happened_before(steps in moves()) {
        let mut floor = Floor::new().heads(2, 900, 0).events(0, 2);
        floor.start();
        for step in &steps {
            play(&mut floor, step);
            prop_assert!(floor.out.is_some() || floor.wake.is_some(), "it has gone to sleep for ever");
        }
        floor.trace.clear();
        for _ in 0..10 {
            floor.settle();
            floor.sleep();
        }
        floor.settle();
        prop_assert_eq!(floor.facts.pending, 0);
        prop_assert_eq!(floor.facts.master, head(900));
        prop_assert_eq!(floor.facts.site_cursor, floor.hello.heads.site);
        prop_assert!(matches!(floor.engine.activity(), Activity::InStep(_)));
    }
}
