//! A device's Ed25519 key: made on the device, kept in its file; the server knows the public half only.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The secret half. It never leaves the device and stays out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// The key of 32 random bytes that the caller draws and uses for nothing else.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The bytes that [`DeviceKey::from_seed`] takes: for the device's own file.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// What the server is given.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a message (RFC 8032, pure Ed25519).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey(public {})", self.public())
    }
}

/// The public half, as 64 hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// True where the secret half signed exactly this message. Keys and signatures that would fit several messages
    /// are refused (RFC 8032, 8.4 and the small-order points).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

/// A signature, as 128 hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

macro_rules! hexadecimal { ($($name:ident: $bytes:literal),*) => { $(
    impl $name {
        /// Reads twice as many hexadecimal digits as it has bytes.
        #[must_use]
        pub fn parse(text: &str) -> Option<Self> {
            from_hex(text).map(Self)
        }
    }

    impl fmt::Display for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        }
    }

    impl fmt::Debug for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
    }

    impl Serialize for $name {
        fn serialize<S: Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> { sink.collect_str(self) }
    }

    impl<'de> Deserialize<'de> for $name {
        fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
            let text = String::deserialize(source)?;
            let wanted = concat!(stringify!($name), ": ", $bytes, " bytes in hexadecimal digits");
            Self::parse(&text).ok_or_else(|| serde::de::Error::custom(wanted))
        }
    }
)* } }

hexadecimal! { PublicKey: 32, Signature: 64 }

/// Exactly `N` bytes out of `2 N` hexadecimal digits.
fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0_u8; N];
    for (slot, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn signatures_are_what_the_standard_says() {
        let seed = from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let key = DeviceKey::from_seed(&seed);
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(key.public().to_string(), public);
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(key.sign(&[0x72]).to_string(), expected);
        assert!(PublicKey::parse(public).unwrap().verifies(&[0x72], &Signature::parse(expected).unwrap()));
    }

    #[test]
    fn only_the_same_message_and_the_same_key_verify() {
        let (key, other) = (DeviceKey::from_seed(&[1; 32]), DeviceKey::from_seed(&[2; 32]));
        let signature = key.sign(b"hello");
        assert!(key.public().verifies(b"hello", &signature));
        assert!(!key.public().verifies(b"hellp", &signature));
        assert!(!other.public().verifies(b"hello", &signature));
        let mut bent = signature;
        bent.0[5] ^= 1;
        assert!(!key.public().verifies(b"hello", &bent));
        // The neutral element as a key and as a signature would verify anything without the strict rule.
        let mut neutral = [0_u8; 32];
        neutral[0] = 1;
        let mut forged = [0_u8; 64];
        forged[0] = 1;
        assert!(!PublicKey(neutral).verifies(b"anything", &Signature(forged)));
        assert!(!PublicKey([0xff; 32]).verifies(b"hello", &signature));
    }

    #[test]
    fn a_key_is_read_back_and_its_secret_never_printed() {
        let key = DeviceKey::from_seed(&[7; 32]);
        assert_eq!(DeviceKey::from_seed(&key.seed()), key);
        assert!(!format!("{key:?}").contains("0707"));
        let json = serde_json::to_string(&key.public()).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key.public());
        for text in ["", "00", "zz", &"é".repeat(32), &"0".repeat(63), &"+0".repeat(32)] {
            assert_eq!(PublicKey::parse(text), None, "{text:?}");
        }
    }
}
