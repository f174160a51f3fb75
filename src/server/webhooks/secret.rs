//! What a message is signed with, as the specification writes it: `whsec_` and the base64 of 24 to 64 random bytes.

use crate::server::secret::SecretError;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Random bytes of a new one.
const BYTES: usize = 32;
/// Lengths that the specification allows.
const BYTES_MIN: usize = 24;
const BYTES_MAX: usize = 64;

/// A shared secret. It is shown once, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret {
    text: String,
    key: Vec<u8>,
}

impl SigningSecret {
    /// A new one.
    ///
    /// # Errors
    /// [`SecretError`] where the system gives no random bytes.
    pub fn random() -> Result<Self, SecretError> {
        let mut key = vec![0; BYTES];
        getrandom::fill(&mut key)?;
        Ok(Self { text: format!("{PREFIX}{}", BASE64_STANDARD.encode(&key)), key })
    }

    /// Reads a stored one; `None` where it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let key = BASE64_STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let fits = (BYTES_MIN..=BYTES_MAX).contains(&key.len());
        fits.then(|| Self { text: text.to_owned(), key })
    }

    /// What is stored, and shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The signature `v1` of a message: over its id, the time of the attempt in seconds, and its bytes.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            // HMAC takes keys of every length.
            Err(_) => return String::new(),
        };
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn it_signs_as_others_do() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn it_is_read_back_and_never_printed() {
        let secret = SigningSecret::random().unwrap();
        assert_eq!(SigningSecret::parse(secret.reveal()), Some(secret.clone()));
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
        assert_ne!(SigningSecret::random().unwrap(), secret);
        for odd in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%"] {
            assert_eq!(SigningSecret::parse(odd), None, "{odd:?}");
        }
    }
}
