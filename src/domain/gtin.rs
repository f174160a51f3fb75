//! Global Trade Item Numbers (GS1 General Specifications 3.3.1), kept as 14 digits.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A GTIN of any length as its 14-digit form, check digit verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(u64);

/// Why a string is not a GTIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GtinError {
    /// Not 8, 12, 13 or 14 digits.
    #[error("a GTIN has 8, 12, 13 or 14 digits")]
    Length,
    /// Something else than a digit.
    #[error("a GTIN has digits only")]
    NotDigits,
    /// The last digit does not fit the others.
    #[error("the check digit is {found}, it should be {expected}")]
    CheckDigit {
        /// What the other digits ask for.
        expected: u8,
        /// What the label says.
        found: u8,
    },
}

impl Gtin {
    /// Reads 8, 12, 13 or 14 digits and verifies the check digit.
    ///
    /// # Errors
    /// See [`GtinError`].
    pub fn new(digits: &str) -> Result<Self, GtinError> {
        if !matches!(digits.len(), 8 | 12 | 13 | 14) {
            return Err(GtinError::Length);
        }
        let (body, last) = digits.as_bytes().split_at(digits.len() - 1);
        let expected = check_digit(body).ok_or(GtinError::NotDigits)?;
        let found = last.first().filter(|byte| byte.is_ascii_digit()).ok_or(GtinError::NotDigits)? - b'0';
        if expected != found {
            return Err(GtinError::CheckDigit { expected, found });
        }
        digits.parse().map(Self).map_err(|_| GtinError::NotDigits)
    }

    /// The number, for storage.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// The GS1 check digit over `digits` (General Specifications 7.9); `None` where a byte is no digit.
#[must_use]
pub fn check_digit(digits: &[u8]) -> Option<u8> {
    let mut sum = 0_u32;
    for (index, byte) in digits.iter().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return None;
        }
        sum += u32::from(byte - b'0') * if index % 2 == 0 { 3 } else { 1 };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

impl Serialize for Gtin {
    fn serialize<S: Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Gtin {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(source)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: &str, expected: Result<&str, GtinError>) {
        assert_eq!(Gtin::new(digits).map(|gtin| gtin.to_string()), expected.map(str::to_owned), "{digits}");
    }

    #[test]
    fn every_length_becomes_fourteen_digits() {
        check("09506000134352", Ok("09506000134352"));
        check("9506000134352", Ok("09506000134352"));
        check("036000291452", Ok("00036000291452"));
        check("96385074", Ok("00000096385074"));
    }

    #[test]
    fn what_is_no_gtin_says_why() {
        check("9506000134353", Err(GtinError::CheckDigit { expected: 2, found: 3 }));
        check("950600013435", Err(GtinError::CheckDigit { expected: 9, found: 5 }));
        check("95060001343A2", Err(GtinError::NotDigits));
        check("123", Err(GtinError::Length));
    }
}
