//! Events: immutable records that something happened on the floor, and their frozen bytes.
//!
//! An event's canonical bytes are its JSON in field order, made once on the device and never made again: they are
//! hashed, sent, stored and compared as bytes. The envelope around them (device sequence, epoch, hash) is kept apart,
//! so that a re-enrolled device can re-sequence an event without altering it.

use super::{Body, DeviceId, EventId, SiteId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// The version of the event's JSON that this program writes.
pub const EVENT_VERSION: u16 = 1;

/// Largest canonical form of one event, in bytes; it leaves room for 500 lines.
pub const EVENT_BYTES_MAX: usize = 192 * 1024;

/// Something that happened on the floor: who, what, when, where and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Version of this form.
    pub v: u16,
    /// Made on the device.
    pub id: EventId,
    /// Where.
    pub site: SiteId,
    /// On which handheld.
    pub device: DeviceId,
    /// By whom.
    pub operator: UserId,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Milliseconds to add to `at` for the server's time, as last measured; absent before the first contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_ms: Option<i64>,
    /// What.
    pub body: Body,
}

/// Why bytes are not an event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Larger than any event.
    #[error("the event has {bytes} bytes, at most {EVENT_BYTES_MAX} are allowed")]
    TooLarge {
        /// Bytes received.
        bytes: usize,
    },
    /// Not the JSON of an event.
    #[error("not an event: {0}")]
    Json(#[from] serde_json::Error),
    /// More than one kind, or none.
    #[error("an event has exactly one kind")]
    Kind,
    /// Well-formed, but it says something impossible.
    #[error("not an event: {0}")]
    Content(&'static str),
}

/// What any version's event has in common.
#[derive(Deserialize)]
struct AnyEvent {
    v: u16,
    id: EventId,
    site: SiteId,
    device: DeviceId,
    operator: UserId,
    at: Timestamp,
    #[serde(default)]
    skew_ms: Option<i64>,
    body: serde_json::Map<String, serde_json::Value>,
}

impl Event {
    /// The canonical bytes: made once, when the event is confirmed.
    ///
    /// # Errors
    /// [`DecodeError`] where the event is larger than allowed or says something impossible.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.body.check()?;
        let bytes = serde_json::to_vec(self)?;
        if bytes.len() > EVENT_BYTES_MAX {
            return Err(DecodeError::TooLarge { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads an event of any version; a kind it does not know becomes [`Body::Unknown`].
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > EVENT_BYTES_MAX {
            return Err(DecodeError::TooLarge { bytes: bytes.len() });
        }
        let event = match serde_json::from_slice::<Self>(bytes) {
            Ok(event) => event,
            Err(error) => Self::decode_newer(bytes).unwrap_or(Err(error.into()))?,
        };
        event.body.check()?;
        Ok(event)
    }

    /// `None` where the kind is one that this program knows and only its content is wrong.
    fn decode_newer(bytes: &[u8]) -> Option<Result<Self, DecodeError>> {
        let any: AnyEvent = serde_json::from_slice(bytes).ok()?;
        let mut kinds = any.body.keys();
        let (Some(kind), None) = (kinds.next().cloned(), kinds.next()) else {
            return Some(Err(DecodeError::Kind));
        };
        let known = KINDS.contains(&kind.as_str());
        if known && any.v <= EVENT_VERSION {
            return None;
        }
        Some(Ok(Self {
            v: any.v,
            id: any.id,
            site: any.site,
            device: any.device,
            operator: any.operator,
            at: any.at,
            skew_ms: any.skew_ms,
            body: Body::Unknown { kind },
        }))
    }

    /// Device time corrected by the measured skew.
    #[must_use]
    pub fn corrected_at(&self) -> Timestamp {
        self.at.plus_ms(self.skew_ms.unwrap_or(0))
    }
}

const KINDS: [&str; 14] = [
    "receipt",
    "move",
    "pick",
    "short",
    "dispatch",
    "count",
    "disposal",
    "return",
    "park",
    "loss",
    "hold",
    "release",
    "close_order",
    "undo",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::*;
    use uuid::Uuid;

    fn event(body: Body) -> Event {
        Event {
            v: EVENT_VERSION,
            id: EventId(Uuid::from_u128(1)),
            site: SiteId(1),
            device: DeviceId(Uuid::from_u128(2)),
            operator: UserId(3),
            at: Timestamp(1_000),
            skew_ms: None,
            body,
        }
    }

    fn movement(units: i64) -> Movement {
        Movement {
            item: ItemId(7),
            lot: Some(LotNumber::new("L1").unwrap()),
            serial: None,
            quantity: Quantity::new(units).unwrap(),
            from: Place::at(LocationId::SUPPLIER),
            to: Place::at(LocationId(5)),
            line: None,
        }
    }

    #[test]
    fn bytes_round_trip() {
        let first = event(Body::Move(Move { kind: MoveKind::PutAway, lines: vec![movement(3)] }));
        let bytes = first.encode().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(
            text,
            r#"{"v":1,"id":"00000000-0000-0000-0000-000000000001","site":1,"device":"00000000-0000-0000-0000-000000000002","operator":3,"at":1000,"body":{"move":{"kind":"put_away","lines":[{"item":7,"lot":"L1","quantity":3,"from":{"location":-1},"to":{"location":5}}]}}}"#
        );
        assert_eq!(Event::decode(&bytes).unwrap(), first);
    }

    #[test]
    fn a_newer_kind_is_kept() {
        let bytes = br#"{"v":2,"id":"00000000-0000-0000-0000-000000000001","site":1,"device":"00000000-0000-0000-0000-000000000002","operator":3,"at":1000,"body":{"kit":{"parts":[]}}}"#;
        assert_eq!(Event::decode(bytes).unwrap().body, Body::Unknown { kind: "kit".into() });
    }

    #[test]
    fn what_is_broken_is_refused() {
        assert!(event(Body::Move(Move { kind: MoveKind::Move, lines: vec![movement(0)] })).encode().is_err());
        let move_without_lines = br#"{"v":1,"id":"00000000-0000-0000-0000-000000000001","site":1,"device":"00000000-0000-0000-0000-000000000002","operator":3,"at":1000,"body":{"move":{}}}"#;
        assert!(matches!(Event::decode(move_without_lines), Err(DecodeError::Json(_))));
        assert!(matches!(Event::decode(b"{}"), Err(DecodeError::Json(_))));
    }

    #[test]
    fn every_kind_is_listed_once() {
        let undo = Body::Undo(Undo {
            event: EventId(Uuid::from_u128(1)),
            body: Box::new(Body::CloseOrder(CloseOrder { order: OrderId(1) })),
        });
        assert!(KINDS.contains(&undo.kind()));
        assert_eq!(KINDS.iter().collect::<std::collections::BTreeSet<_>>().len(), KINDS.len());
    }
}
