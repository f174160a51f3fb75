//! Tokens and device secrets: 256 random bits behind the site's number, of which only the hash is stored.
//!
//! The bits are too many to guess, so that a plain SHA-256 is enough, and the site in front lets every
//! look-up begin with the site.

use crate::domain::SiteId;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A secret as it is shown once: `SITE.64 hexadecimal digits`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The site it opens.
    pub site: SiteId,
    text: String,
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub struct SecretError(#[from] getrandom::Error);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// [`SecretError`] where the system gives no random bytes.
    pub fn new(site: SiteId) -> Result<Self, SecretError> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        let mut text = format!("{site}.");
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self { site, text })
    }

    /// Reads one that a client sent; `None` where it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (site, digits) = text.trim().split_once('.')?;
        let well_formed = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let site = site.parse().ok().map(SiteId)?;
        well_formed.then(|| Self { site, text: format!("{site}.{}", digits.to_ascii_lowercase()) })
    }

    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }

    /// What is shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({}.…)", self.site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_never_printed() {
        let secret = Secret::new(SiteId(7)).unwrap();
        assert_eq!(Secret::parse(secret.reveal()), Some(secret.clone()));
        assert_eq!(Secret::parse(&secret.reveal().to_uppercase()).unwrap().hash(), secret.hash());
        assert_eq!(format!("{secret:?}"), "Secret(7.…)");
        assert_ne!(Secret::new(SiteId(7)).unwrap(), secret);
    }

    #[test]
    fn other_texts_are_no_secrets() {
        let odd =
            [String::new(), "7.".into(), "x.00".into(), format!("7.{}", "g".repeat(64)), "7".repeat(66)];
        for text in odd {
            assert_eq!(Secret::parse(&text), None, "{text:?}");
        }
    }
}
