//! What a push says, checked before any database is asked: sizes, dense sequences, the chain, and whether
//! each event can be read.
//!
//! What is wrong with the request as a whole is an error and nothing is stored. What is wrong with one event
//! is a verdict on that event: it is stored without effect, and the ones behind it go on.
//!
//! [`judge`] then decides, also without a database: it is told what is [`Known`], says what else it must ask
//! ([`Questions`]), and when nothing is left to ask, its [`Draft`] is what is to be written.

mod draft;
mod judge;
mod known;

pub use draft::{Change, ChangeKind, Draft, EventRow, ForkRow, HoldRow};
pub(crate) use draft::{hu_text, lot_text, serial_text};
pub use judge::{Plan, judge};
pub(crate) use judge::{is_control, target_text};
pub use known::{Counted, Known, KnownId, Questions, Stored, Unseen};

use crate::domain::{DeviceId, Event, EventId, PublicKey, Signature, SiteId, Timestamp};
use crate::sync::wire::{
    Envelope, Hash, PushRequest, REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX, ServerEpoch, head_message,
};

/// Why a push is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// More than [`REQUEST_EVENTS_MAX`].
    #[error("{events} events in one push, at most {REQUEST_EVENTS_MAX} are taken")]
    TooMany {
        /// Events in it.
        events: usize,
    },
    /// More than [`REQUEST_BYTES_MAX`] in more than one event.
    #[error("{bytes} bytes of events in one push, at most {REQUEST_BYTES_MAX} are taken")]
    TooLarge {
        /// Bytes in it.
        bytes: usize,
    },
    /// Sequences that do not follow each other from at least 1.
    #[error("the event after sequence {after} has sequence {found}")]
    NotDense {
        /// The sequence before.
        after: u64,
        /// The one found.
        found: u64,
    },
    /// Epochs count from 1.
    #[error("epochs count from 1")]
    NoEpoch,
    /// The push names another device than the one that signed the request.
    #[error("the push is of another device than the request")]
    OtherDevice,
    /// The head is not signed by the device.
    #[error("the signature is not the device's, or not over the head of these events")]
    BadSignature,
}

/// Why an event is quarantined, as a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Its bytes are no event.
    Unreadable,
    /// Its hash is not that of its bytes after the previous hash.
    ChainBroken,
    /// It happened at another site.
    WrongSite,
    /// Other bytes have its id.
    IdConflict,
    /// Its device is locked out.
    Revoked,
}

impl Fault {
    /// The code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::ChainBroken => "chain_broken",
            Self::WrongSite => "wrong_site",
            Self::IdConflict => "id_conflict",
            Self::Revoked => "revoked",
        }
    }
}

/// Whose push it is.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// Where it works.
    pub site: SiteId,
    /// Which it is.
    pub device: DeviceId,
    /// What it signs the head with; `None` where nobody signs, as for a seed.
    pub key: Option<PublicKey>,
    /// True where it is locked out.
    pub revoked: bool,
}

/// One event of a push.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The device's sequence.
    pub seq: u64,
    /// The canonical bytes.
    pub bytes: String,
    /// The chain up to it, as the device has it.
    pub hash: Hash,
    /// What it says, or why it is quarantined.
    pub event: Result<Box<Event>, Fault>,
    /// Its id, where the bytes can be read.
    pub id: Option<EventId>,
}

/// A push that is well-formed.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The site of the device.
    pub site: SiteId,
    /// Who sends.
    pub device: DeviceId,
    /// In which epoch.
    pub epoch: u32,
    /// The incarnation that the device knows.
    pub server_epoch: ServerEpoch,
    /// Milliseconds from the device's clock to the server's.
    pub skew_ms: i64,
    /// When it came.
    pub received: Timestamp,
    /// The chain before it.
    pub prev_hash: Hash,
    /// The device's, over the head of these events; checked.
    pub signature: Option<Signature>,
    /// True where the device is locked out.
    pub revoked: bool,
    /// Dense.
    pub arrivals: Vec<Arrival>,
}

/// Checks a push that came at `now`.
///
/// # Errors
/// [`PushError`] where the request as a whole is malformed.
pub fn check(request: PushRequest, sender: Sender, now: Timestamp) -> Result<Batch, PushError> {
    let Sender { site, device, key, revoked } = sender;
    if request.device != device {
        return Err(PushError::OtherDevice);
    }
    if request.epoch == 0 {
        return Err(PushError::NoEpoch);
    }
    let events = request.events.len();
    if events > REQUEST_EVENTS_MAX {
        return Err(PushError::TooMany { events });
    }
    let bytes = request.events.iter().map(|envelope| envelope.bytes.len()).sum();
    if bytes > REQUEST_BYTES_MAX && events > 1 {
        return Err(PushError::TooLarge { bytes });
    }
    check_dense(&request.events)?;
    if let Some(key) = key {
        let message = head_message(site, device, request.epoch, request.head());
        if !key.verifies(&message, &request.signature) {
            return Err(PushError::BadSignature);
        }
    }
    let mut prev = request.prev_hash;
    let arrivals = request
        .events
        .into_iter()
        .map(|envelope| {
            let expected = Hash::chain(prev, envelope.bytes.as_bytes());
            prev = envelope.hash;
            arrival(envelope, expected, sender)
        })
        .collect();
    Ok(Batch {
        site,
        device,
        epoch: request.epoch,
        server_epoch: request.server_epoch,
        skew_ms: now.ms_since(request.device_now),
        received: now,
        prev_hash: request.prev_hash,
        signature: key.map(|_| request.signature),
        revoked,
        arrivals,
    })
}

fn check_dense(events: &[Envelope]) -> Result<(), PushError> {
    let mut after = events.first().map_or(0, |first| first.seq.saturating_sub(1));
    for envelope in events {
        if envelope.seq != after + 1 || i64::try_from(envelope.seq).is_err() {
            return Err(PushError::NotDense { after, found: envelope.seq });
        }
        after = envelope.seq;
    }
    Ok(())
}

fn arrival(envelope: Envelope, expected: Hash, sender: Sender) -> Arrival {
    let decoded = Event::decode(envelope.bytes.as_bytes());
    let id = decoded.as_ref().ok().map(|event| event.id);
    let event = match decoded {
        _ if expected != envelope.hash => Err(Fault::ChainBroken),
        Err(_) => Err(Fault::Unreadable),
        Ok(event) if event.site != sender.site => Err(Fault::WrongSite),
        Ok(_) if sender.revoked => Err(Fault::Revoked),
        Ok(event) => Ok(Box::new(event)),
    };
    Arrival { seq: envelope.seq, bytes: envelope.bytes, hash: envelope.hash, event, id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeviceKey;
    use uuid::Uuid;

    const DEVICE: DeviceId = DeviceId(Uuid::from_u128(2));

    fn event_bytes(site: i64) -> String {
        format!(
            r#"{{"v":1,"id":"00000000-0000-0000-0000-000000000001","site":{site},"device":"{DEVICE}","operator":3,"at":5,"body":{{"close_order":{{"order":1}}}}}}"#
        )
    }

    fn request(events: Vec<Envelope>) -> PushRequest {
        let mut request = PushRequest {
            device: DEVICE,
            epoch: 1,
            server_epoch: ServerEpoch(Uuid::nil()),
            device_now: Timestamp(0),
            prev_hash: Hash::default(),
            events,
            signature: Signature([0; 64]),
        };
        request.signature = key().sign(&head_message(SiteId(1), DEVICE, 1, request.head()));
        request
    }

    fn key() -> DeviceKey {
        DeviceKey::from_seed(&[1; 32])
    }

    fn sender() -> Sender {
        Sender { site: SiteId(1), device: DEVICE, key: Some(key().public()), revoked: false }
    }

    fn envelope(seq: u64, bytes: &str) -> Envelope {
        let hash = Hash::chain(Hash::default(), bytes.as_bytes());
        Envelope { seq, bytes: bytes.to_owned(), hash }
    }

    fn check_push(events: Vec<Envelope>) -> Result<Batch, PushError> {
        check(request(events), sender(), Timestamp(100))
    }

    #[test]
    fn one_bad_event_is_a_verdict_on_that_event() {
        let cases = [
            (envelope(1, &event_bytes(1)), None),
            (envelope(1, &event_bytes(2)), Some(Fault::WrongSite)),
            (envelope(1, "{}"), Some(Fault::Unreadable)),
            (Envelope { hash: Hash([7; 32]), ..envelope(1, &event_bytes(1)) }, Some(Fault::ChainBroken)),
        ];
        for (envelope, expected) in cases {
            let batch = check_push(vec![envelope.clone()]).unwrap();
            assert_eq!(batch.arrivals[0].event.as_ref().err().copied(), expected, "{envelope:?}");
            assert_eq!(batch.skew_ms, 100);
        }
    }

    #[test]
    fn a_head_that_the_device_did_not_sign_is_refused() {
        let signed = || request(vec![envelope(1, &event_bytes(1))]);
        assert_eq!(check(signed(), sender(), Timestamp(0)).unwrap().signature, Some(signed().signature));
        type Change = fn(&mut PushRequest);
        let changes: [Change; 5] = [
            |push| push.signature.0[0] ^= 1,
            |push| push.epoch = 2,
            |push| push.events[0].seq = 2,
            |push| push.events[0].hash = Hash([1; 32]),
            |push| push.events.clear(),
        ];
        for (change, number) in changes.iter().zip(0..) {
            let mut push = signed();
            change(&mut push);
            let refused = check(push, sender(), Timestamp(0)).unwrap_err();
            assert_eq!(refused, PushError::BadSignature, "change {number}");
        }
        let other = Sender { key: Some(DeviceKey::from_seed(&[2; 32]).public()), ..sender() };
        assert_eq!(check(signed(), other, Timestamp(0)).unwrap_err(), PushError::BadSignature);
    }

    #[test]
    fn what_a_locked_out_device_recorded_is_quarantined() {
        let locked = Sender { revoked: true, ..sender() };
        let batch = check(request(vec![envelope(1, &event_bytes(1))]), locked, Timestamp(0)).unwrap();
        assert_eq!(batch.arrivals[0].event.as_ref().err(), Some(&Fault::Revoked));
    }

    #[test]
    fn a_malformed_push_is_refused() {
        let gap = vec![envelope(1, "{}"), envelope(3, "{}")];
        assert_eq!(check_push(gap).unwrap_err(), PushError::NotDense { after: 1, found: 3 });
        assert_eq!(
            check_push(vec![envelope(0, "")]).unwrap_err(),
            PushError::NotDense { after: 0, found: 0 }
        );
        assert!(matches!(check_push(vec![envelope(u64::MAX, "")]), Err(PushError::NotDense { .. })));
        let many = (1..=501).map(|seq| envelope(seq, "{}")).collect();
        assert_eq!(check_push(many).unwrap_err(), PushError::TooMany { events: 501 });
        let large = "x".repeat(REQUEST_BYTES_MAX / 2 + 1);
        let pair = vec![envelope(1, &large), envelope(2, &large)];
        assert_eq!(check_push(pair).unwrap_err(), PushError::TooLarge { bytes: REQUEST_BYTES_MAX + 2 });
        let other = Sender { device: DeviceId(Uuid::nil()), ..sender() };
        assert_eq!(check(request(vec![]), other, Timestamp(0)).unwrap_err(), PushError::OtherDevice);
    }
}
