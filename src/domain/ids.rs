//! Ids are types: the compiler keeps an item from being passed where a location belongs.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use uuid::Uuid;

/// Longest label (lot number, serial number, handling-unit code) kept, in bytes of UTF-8.
///
/// GS1 allows 20 characters for lots and serials; local and HIBC labels are longer. What is longer than this is
/// refused with a message, never cut.
pub const LABEL_BYTES_MAX: usize = 96;

macro_rules! number_ids { ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
    $(#[$doc])*
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct $name(pub i64);

    impl fmt::Display for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
    }
)* } }

macro_rules! uuid_ids { ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
    $(#[$doc])*
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct $name(pub Uuid);

    impl fmt::Display for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
    }
)* } }

macro_rules! labels { ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
    $(#[$doc])*
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
    #[serde(transparent)]
    pub struct $name(String);

    impl $name {
        /// Takes the label exactly as printed, without its outer blanks.
        ///
        /// # Errors
        /// Empty labels, labels above [`LABEL_BYTES_MAX`] and labels with control characters are refused.
        pub fn new(label: &str) -> Result<Self, LabelError> { clean_label(label).map(|text| Self(text.to_owned())) }

        /// The label as text.
        #[must_use]
        pub fn as_str(&self) -> &str { &self.0 }
    }

    impl fmt::Display for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
    }

    impl std::str::FromStr for $name {
        type Err = LabelError;
        fn from_str(label: &str) -> Result<Self, LabelError> { Self::new(label) }
    }

    impl<'de> Deserialize<'de> for $name {
        fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
            let text = String::deserialize(source)?;
            Self::new(&text).map_err(serde::de::Error::custom)
        }
    }
)* } }

number_ids! {
    /// One warehouse. Given by the server.
    SiteId,
    /// A product kept in stock. Given by the server.
    ItemId,
    /// A scannable place, or one of the virtual places below zero. Given by the server.
    LocationId,
    /// A supplier or a customer. Given by the server.
    PartyId,
    /// An inbound or outbound order. Given by the server.
    OrderId,
    /// An operator. Given by the server.
    UserId,
}

uuid_ids! {
    /// A handheld. Given by the server at enrolment.
    DeviceId,
    /// One event: a UUIDv7 made on the device and stored before it is sent.
    EventId,
}

labels! {
    /// A lot number exactly as labelled, outer blanks trimmed; upper and lower case differ.
    LotNumber,
    /// A serial number exactly as labelled, outer blanks trimmed.
    SerialNumber,
    /// The barcode of a handling unit: 18 digits for an SSCC, otherwise a local code.
    HuCode,
}

impl UserId {
    /// Of what the device itself says.
    pub const NOBODY: Self = Self(0);
}

impl LocationId {
    /// Where receipts come from.
    pub const SUPPLIER: Self = Self(-1);
    /// Where dispatches go to.
    pub const CUSTOMER: Self = Self(-2);
    /// Between two sites.
    pub const TRANSIT: Self = Self(-3);
    /// The other side of a count difference.
    pub const ADJUSTMENT: Self = Self(-4);
    /// Where disposed stock goes.
    pub const DISPOSAL: Self = Self(-5);

    /// True for the places that only exist so that every event sums to zero.
    #[must_use]
    pub fn is_virtual(self) -> bool {
        self.0 < 0
    }
}

/// Why a label was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Nothing but blanks.
    #[error("the label is empty")]
    Empty,
    /// More than [`LABEL_BYTES_MAX`] bytes.
    #[error("the label has {bytes} bytes, at most {LABEL_BYTES_MAX} are kept")]
    TooLong {
        /// Bytes of the label without its outer blanks.
        bytes: usize,
    },
    /// A control character inside.
    #[error("the label holds a control character")]
    Control,
}

fn clean_label(label: &str) -> Result<&str, LabelError> {
    let text = label.trim();
    if text.is_empty() {
        return Err(LabelError::Empty);
    }
    if text.len() > LABEL_BYTES_MAX {
        return Err(LabelError::TooLong { bytes: text.len() });
    }
    if text.chars().any(char::is_control) {
        return Err(LabelError::Control);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(label: &str, expected: Result<&str, LabelError>) {
        assert_eq!(LotNumber::new(label), expected.map(|text| LotNumber(text.to_owned())), "{label:?}");
    }

    #[test]
    fn labels_keep_what_is_printed() {
        check(" L2231 ", Ok("L2231"));
        check("l 22", Ok("l 22"));
        check("007", Ok("007"));
    }

    #[test]
    fn labels_refuse_what_cannot_be_one() {
        check("  ", Err(LabelError::Empty));
        check("A\u{1d}B", Err(LabelError::Control));
        check(&"x".repeat(97), Err(LabelError::TooLong { bytes: 97 }));
    }

    #[test]
    fn a_refused_label_is_refused_from_json_too() {
        assert!(serde_json::from_str::<LotNumber>("\"\"").is_err());
        assert_eq!(serde_json::from_str::<LotNumber>("\"A1\"").unwrap().as_str(), "A1");
    }
}
