//! The engine played through, one line of trace for each thing it asks for.

#[cfg(feature = "server")]
mod exhaustive;
mod floor;
mod random;

use super::answers::skew;
use super::*;
use crate::sync::wire::{Conflict, Hash, PushReply, PushResult, ServerEpoch, Status};
use floor::{Floor, head};
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;

#[test]
fn a_round_has_its_order() {
    let mut floor = Floor::new().heads(2, 3, 4).events(0, 700);
    floor.start();
    floor.settle();
    floor.expect(&[
        "hello",
        "  contact Some(0)",
        "pull control 0 +500",
        "  control 2",
        "push 0 +500",
        "  acked 500",
        "push 500 +500",
        "  acked 700",
        "hello",
        "pull master 0 +500",
        "  master 3",
        "snapshot",
        "  snapshot 704",
    ]);
    assert!(matches!(floor.engine.activity(), Activity::InStep(_)));
}

#[test]
fn a_snapshot_that_brings_nothing_is_not_asked_for_again() {
    let mut floor = Floor::new().heads(0, 0, 4);
    floor.empty_snapshots = true;
    floor.start();
    floor.settle();
    floor.expect(&["hello", "  contact Some(0)", "snapshot", "  snapshot 0", "pull site 0 +500", "  site 4"]);
    assert!(matches!(floor.engine.activity(), Activity::InStep(_)));
}

#[test]
fn nothing_to_do_is_one_hello_every_five_seconds_and_no_write() {
    let mut floor = Floor::new();
    floor.start();
    floor.settle();
    floor.expect(&["hello", "  contact Some(0)"]);
    for _ in 1..6 {
        assert_eq!(floor.sleep(), POLL_MS);
        floor.settle();
        floor.expect(&["hello"]);
    }
    floor.sleep();
    floor.settle();
    floor.expect(&["hello", "  contact Some(0)"]);
}

#[test]
fn a_confirmed_event_leaves_at_once() {
    let mut floor = Floor::new();
    floor.start();
    floor.settle();
    floor.trace.clear();
    floor.confirm();
    floor.settle();
    floor.expect(&["push 0 +500", "  acked 1", "hello", "snapshot", "  snapshot 1"]);
    floor.now = floor.now.plus_ms(4_000);
    floor.confirm();
    floor.confirm();
    floor.settle();
    floor.expect(&["push 1 +500", "  acked 3", "hello", "pull site 1 +500", "  site 3"]);
}

#[test]
fn holds_travel_first_in_the_middle_of_a_long_push() {
    let mut floor = Floor::new().events(0, 1_400);
    floor.trip_ms = 2_500;
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.trace.clear();
    let acked = floor.answer();
    floor.hello.heads.control = head(1);
    floor.reply(acked);
    floor.settle();
    floor.expect(&[
        "  acked 500",
        "push 500 +500",
        "  acked 1000",
        "hello",
        "pull control 0 +500",
        "  control 1",
        "push 1000 +500",
        "  acked 1400",
        "hello",
        "snapshot",
        "  snapshot 1400",
    ]);
}

#[test]
fn every_failure_is_told_once_and_tried_again() {
    for failure in [
        Failure::Offline,
        Failure::TimedOut,
        Failure::Tls(TlsFault::Other),
        Failure::Truncated,
        Failure::TooLarge,
        Failure::NotFirstout,
        Failure::Status { code: 500, retry_after_s: None },
        Failure::Status { code: 401, retry_after_s: None },
        Failure::Status { code: 403, retry_after_s: None },
        Failure::Status { code: 429, retry_after_s: Some(1) },
        Failure::Storage,
    ] {
        let problem = failure.problem();
        let mut floor = Floor::new().events(0, 3);
        floor.start();
        floor.fail(failure.clone());
        floor.expect(&["hello", &format!("  problem {problem}")]);
        for _ in 0..20 {
            let waited = floor.sleep();
            assert!((0..=RETRY_MS_MAX).contains(&waited), "{problem}: {waited} ms");
            floor.fail(failure.clone());
            floor.expect(&["hello"]);
        }
        assert!(matches!(floor.engine.activity(), Activity::Waiting(found, _) if found == problem));
        floor.sleep();
        floor.settle();
        floor.expect(&[
            "hello",
            "push 0 +500",
            "  acked 3",
            "hello",
            "snapshot",
            "  snapshot 3",
            "  contact Some(0)",
        ]);
    }
}

#[test]
fn a_server_that_fails_for_an_hour_is_not_hammered_and_loses_nothing() {
    let mut floor = Floor::new().events(0, 3);
    floor.start();
    let (begin, mut attempts) = (floor.now, 0);
    while floor.now.ms_since(begin) < HOUR_MS {
        floor.fail(Failure::Status { code: 500, retry_after_s: None });
        floor.sleep();
        attempts += 1;
        if attempts % 5 == 0 {
            floor.confirm();
        }
    }
    assert!((12..120).contains(&attempts), "{attempts} attempts in an hour");
    let expected = floor.facts.pending;
    assert_eq!(expected, 3 + attempts / 5);
    floor.settle();
    assert!(floor.trace.contains(&format!("  acked {expected}")));
    assert_eq!(floor.facts.pending, 0);
}

#[test]
fn a_push_that_fails_after_a_good_hello_backs_off_too() {
    let mut floor = Floor::new().events(0, 3);
    floor.start();
    let mut waited = 0;
    for _ in 0..30 {
        let hello = floor.answer();
        floor.reply(hello);
        floor.fail(Failure::Status { code: 502, retry_after_s: None });
        waited = waited.max(floor.sleep());
    }
    assert!(waited > 60_000, "the longest wait was {waited} ms");
}

#[test]
fn a_server_that_asks_for_time_gets_it_unless_a_person_insists() {
    let mut floor = Floor::new();
    floor.start();
    floor.fail(Failure::Status { code: 503, retry_after_s: Some(600) });
    floor.expect(&["hello", "  problem busy"]);
    floor.feed(Input::NetworkChanged);
    floor.confirm();
    floor.expect(&[]);
    floor.feed(Input::TryNow);
    floor.expect(&["hello"]);
}

#[test]
fn a_new_network_ends_the_wait() {
    let mut floor = Floor::new();
    floor.start();
    floor.fail(Failure::Offline);
    floor.trace.clear();
    floor.feed(Input::NetworkChanged);
    floor.settle();
    floor.expect(&["hello", "  contact Some(0)"]);
}

#[test]
fn another_companys_server_gets_nothing() {
    let mut floor = Floor::new().events(0, 3);
    floor.hello.server_id = Uuid::from_u128(99);
    floor.start();
    for _ in 0..10 {
        let hello = floor.answer();
        floor.reply(hello);
        floor.confirm();
        floor.feed(Input::TryNow);
    }
    assert!(
        floor.trace.iter().all(|line| line == "hello" || line == "  problem other_server"),
        "{:?}",
        floor.trace
    );
}

#[test]
fn an_epoch_change_is_believed_only_from_our_own_server() {
    let mut floor = Floor::new().events(2, 3);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.trace.clear();
    floor.hello.server_id = Uuid::from_u128(99);
    let server_epoch = ServerEpoch(Uuid::from_u128(98));
    floor.reply(Reply::Conflict(Conflict::EpochChanged { server_epoch, device_last_seq: 0 }));
    let hello = floor.answer();
    floor.reply(hello);
    floor.expect(&["hello", "  problem other_server"]);
}

#[test]
fn foreign_protocols_and_pages_are_refused() {
    for (service, protocol, problem) in [("nginx", [1, 1], "portal"), ("firstout", [2, 3], "protocol")] {
        let mut floor = Floor::new().events(0, 1);
        (floor.hello.service, floor.hello.protocol) = (service.into(), protocol);
        floor.start();
        let hello = floor.answer();
        floor.reply(hello);
        floor.expect(&["hello", &format!("  problem {problem}")]);
    }
}

#[test]
fn a_lost_answer_is_a_gap_and_the_push_goes_on_behind_it() {
    let mut floor = Floor::new().events(2, 8);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.reply(Reply::Conflict(Conflict::Gap { expected: 6 }));
    floor.settle();
    floor.expect(&[
        "hello",
        "  contact Some(0)",
        "push 2 +500",
        "push 5 +500",
        "  acked 10",
        "hello",
        "snapshot",
        "  snapshot 5",
    ]);
}

#[test]
fn a_restored_server_gets_back_what_it_lost() {
    let mut floor = Floor::new().heads(2, 2, 9).events(9, 1);
    (floor.facts.control, floor.facts.master, floor.facts.site_cursor) = (head(2), head(2), head(9));
    floor.hello.server_epoch = ServerEpoch(Uuid::from_u128(77));
    floor.hello.device_last_seq = 4;
    floor.hello.heads.site = head(4);
    floor.start();
    floor.settle();
    floor.expect(&[
        "hello",
        "  contact Some(0)",
        "  rewind 4",
        "pull control 0 +500",
        "  control 2",
        "push 4 +500",
        "  acked 10",
        "hello",
        "pull master 0 +500",
        "  master 2",
        "snapshot",
        "  snapshot 10",
    ]);
}

#[test]
fn a_restore_that_nobody_announced_shows_too() {
    let mut floor = Floor::new().events(9, 0);
    floor.hello.device_last_seq = 4;
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.expect(&["hello", "  contact Some(0)", "  rewind 4", "push 4 +500"]);

    let mut floor = Floor::new().heads(0, 0, 3);
    floor.facts.site_cursor = head(5);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    let server_epoch = floor.hello.server_epoch;
    floor.reply(Reply::Conflict(Conflict::EpochChanged { server_epoch, device_last_seq: 0 }));
    floor.settle();
    floor.expect(&[
        "hello",
        "  contact Some(0)",
        "pull site 5 +500",
        "hello",
        "  rewind 0",
        "snapshot",
        "  snapshot 3",
    ]);
}

#[test]
fn a_fork_begins_a_new_epoch() {
    let mut floor = Floor::new().events(2, 3);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.hello.device_last_seq = 3;
    floor.reply(Reply::Conflict(Conflict::Fork { expected_hash: Hash::default() }));
    floor.settle();
    floor.expect(&[
        "hello",
        "  contact Some(0)",
        "push 2 +500",
        "hello",
        "  epoch 2",
        "push 0 +500",
        "  acked 3",
        "hello",
        "snapshot",
        "  snapshot 3",
    ]);
}

#[test]
fn a_copy_of_an_older_state_begins_a_new_epoch_before_it_sends() {
    let mut floor = Floor::new().events(2, 1);
    floor.hello.device_last_seq = 40;
    floor.start();
    floor.settle();
    assert_eq!(floor.trace[..4], ["hello", "  contact Some(0)", "  epoch 2", "push 0 +500"]);
}

#[test]
fn too_large_for_a_proxy_is_sent_in_smaller_pieces() {
    let large = || Failure::Status { code: 413, retry_after_s: None };
    let mut floor = Floor::new().heads(0, 3, 0).events(0, 3);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.trace.clear();
    for _ in 0..8 {
        floor.fail(large());
    }
    floor.expect(
        &[
            "push 0 +500",
            "push 0 +250",
            "push 0 +125",
            "push 0 +62",
            "push 0 +31",
            "push 0 +15",
            "push 0 +7",
            "push 0 +3",
            "push 0 +1",
        ][1..],
    );
    for _ in 0..3 {
        let acked = floor.answer();
        floor.reply(acked);
    }
    let hello = floor.answer();
    floor.reply(hello);
    floor.fail(Failure::TooLarge);
    floor.expect(&[
        "  acked 1",
        "push 1 +1",
        "  acked 2",
        "push 2 +1",
        "  acked 3",
        "hello",
        "pull master 0 +500",
        "pull master 0 +250",
    ]);
}

#[test]
fn answers_that_contradict_themselves_are_not_applied() {
    let mut floor = Floor::new().events(0, 3);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.trace.clear();
    floor.reply(Reply::Pushed(PushReply { acked_through: 4, results: vec![], retry_after_s: None }));
    floor.expect(&["  problem confused"]);

    let mut floor = Floor::new().heads(0, 3, 0);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    let Reply::Pulled(mut page) = floor.answer() else { panic!("a pull was asked") };
    page.records[1].bytes.push(' ');
    floor.trace.clear();
    floor.reply(Reply::Pulled(page));
    floor.expect(&["  problem confused"]);
}

/// A copy of this device was faster: what the server has behind the last event of a push may be the copy's.
#[test]
fn an_answer_acknowledges_no_more_than_was_sent() {
    let mut floor = Floor::new().events(0, 1);
    floor.start();
    let hello = floor.answer();
    floor.reply(hello);
    floor.facts.pending = 2;
    floor.facts.last_seq = 2;
    floor.feed(Input::EventConfirmed { pending: 2, last_seq: 2 });
    floor.trace.clear();
    let (status, event_id, reason) = (Status::Duplicate, None, None);
    let results = vec![PushResult { seq: 1, event_id, status, stream_seq: 1, reason }];
    floor.reply(Reply::Pushed(PushReply { acked_through: 2, results, retry_after_s: None }));
    floor.expect(&["  acked 1", "push 1 +500"]);
}

#[test]
fn a_server_that_goes_round_in_circles_is_left_alone() {
    let mut floor = Floor::new().events(0, 3);
    floor.start();
    for _ in 0..REPAIRS_MAX + 1 {
        if floor.out.is_some() {
            let hello = floor.answer();
            floor.reply(hello);
        }
        if floor.out.is_some() {
            floor.reply(Reply::Conflict(Conflict::Gap { expected: 1 }));
        }
    }
    assert!(matches!(floor.engine.activity(), Activity::Waiting(Problem::Confused, _)), "{:?}", floor.trace);
    assert_eq!(floor.facts.pending, 3);
}

#[test]
fn the_clock_error_is_taken_from_the_middle_of_the_round_trip() {
    assert_eq!(skew(Timestamp(1_000), Timestamp(1_400), Timestamp(6_200)), Some(5_000));
    assert_eq!(skew(Timestamp(1_000), Timestamp(900), Timestamp(6_200)), None);
    assert_eq!(skew(Timestamp(0), Timestamp(SKEW_ROUND_TRIP_MS_MAX + 1), Timestamp(6_200)), None);
}

#[test]
fn a_clock_set_back_does_not_put_sync_to_sleep() {
    let mut floor = Floor::new();
    floor.start();
    floor.settle();
    floor.trace.clear();
    floor.now = floor.now.plus_ms(-24 * HOUR_MS);
    floor.feed(Input::Woke);
    floor.settle();
    floor.expect(&["hello", "  contact Some(0)"]);
}

#[test]
fn a_device_that_is_not_enrolled_sends_nothing() {
    let mut floor = Floor::new();
    floor.feed(Input::Started(None));
    floor.feed(Input::Woke);
    floor.feed(Input::TryNow);
    floor.feed(Input::NetworkChanged);
    floor.expect(&[]);
    assert_eq!(floor.engine.activity(), Activity::Asleep);
    floor.start();
    floor.expect(&["hello"]);
}

#[test]
fn the_server_hears_once_what_waits_here() {
    let mut floor = Floor::new().events(2, 3);
    floor.start();
    let said = |floor: &Floor| match &floor.out {
        Some((_, Ask::Hello(standing))) => *standing,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&floor), Standing { head: Some(5), master: Some(0), control: Some(0) });
    floor.settle();
    floor.sleep();
    assert_eq!(said(&floor), Standing::default());
}
