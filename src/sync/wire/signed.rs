//! What a device signs: every request, and the head of its chain with every push.

use super::{Hash, Head};
use crate::domain::{DeviceId, PublicKey, Signature, SiteId, Timestamp};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// Farthest that the time in a request may be from the server's clock. A device whose clock is off further is told the
/// server's (`401 clock`) and signs by that.
pub const SIGNED_MS_MAX: i64 = 2 * 60 * 1_000;

/// The scheme of the `Authorization` header.
const SCHEME: &str = "Firstout";

/// Who asks, when, and the proof: `Authorization: Firstout SITE.DEVICE.TIME.NONCE.SIGNATURE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Where the device works.
    pub site: SiteId,
    /// Which it is.
    pub device: DeviceId,
    /// The server's time as the device knows it.
    pub time: Timestamp,
    /// Never used again with the same time.
    pub nonce: Uuid,
    /// Over [`Claim::message`].
    pub signature: Signature,
}

impl Claim {
    /// What is signed: six lines, joined by line feeds. `path` is the path with its query as it is sent, and the body's
    /// hash is over its bytes as they are sent, packed where they are packed.
    #[must_use]
    pub fn message(
        (site, device): (SiteId, DeviceId),
        (time, nonce): (Timestamp, Uuid),
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Vec<u8> {
        let body = Hash(Sha256::digest(body).into());
        format!("firstout/request/1\n{method} {path}\n{body}\n{site} {device}\n{}\n{nonce}", time.0)
            .into_bytes()
    }

    /// True where the device with that key made exactly this request.
    #[must_use]
    pub fn is_of(&self, key: &PublicKey, method: &str, path: &str, body: &[u8]) -> bool {
        let message = Self::message((self.site, self.device), (self.time, self.nonce), method, path, body);
        key.verifies(&message, &self.signature)
    }

    /// Reads the header's value; `None` where it is none of ours.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.split_once(' ')?;
        let mut parts = rest.trim().split('.');
        let (site, device, time) = (parts.next()?, parts.next()?, parts.next()?);
        let (nonce, signature) = (parts.next()?, parts.next()?);
        if !scheme.eq_ignore_ascii_case(SCHEME) || parts.next().is_some() {
            return None;
        }
        Some(Self {
            site: SiteId(site.parse().ok()?),
            device: DeviceId(Uuid::try_parse(device).ok()?),
            time: Timestamp(time.parse().ok()?),
            nonce: Uuid::try_parse(nonce).ok()?,
            signature: Signature::parse(signature)?,
        })
    }
}

/// The header's value.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { site, device, time, nonce, signature } = self;
        write!(f, "{SCHEME} {site}.{device}.{}.{nonce}.{signature}", time.0)
    }
}

/// What a device signs with every push: how far its chain goes. The chain makes it a signature of everything before.
#[must_use]
pub fn head_message(site: SiteId, device: DeviceId, epoch: u32, head: Head) -> Vec<u8> {
    format!("firstout/head/1\n{site} {device}\n{epoch} {}\n{}", head.seq, head.hash).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeviceKey;

    const SITE: SiteId = SiteId(3);
    const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0xd1));
    const WHEN: (Timestamp, Uuid) = (Timestamp(1_795_420_800_000), Uuid::from_u128(0x17));

    fn claim(key: &DeviceKey, method: &str, path: &str, body: &[u8]) -> Claim {
        let signature = key.sign(&Claim::message((SITE, DEVICE), WHEN, method, path, body));
        Claim { site: SITE, device: DEVICE, time: WHEN.0, nonce: WHEN.1, signature }
    }

    /// docs/protocol.md gives these bytes; other implementations rely on them.
    #[test]
    fn messages_are_what_the_page_says() {
        let message = Claim::message((SITE, DEVICE), WHEN, "GET", "/v1/hello?head=3", b"");
        let expected = "firstout/request/1\nGET /v1/hello?head=3\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
             3 00000000-0000-0000-0000-0000000000d1\n1795420800000\n00000000-0000-0000-0000-000000000017";
        assert_eq!(String::from_utf8(message).unwrap(), expected);
        let head = head_message(SITE, DEVICE, 2, Head { seq: 9, hash: Hash([0xab; 32]) });
        let expected =
            format!("firstout/head/1\n3 00000000-0000-0000-0000-0000000000d1\n2 9\n{}", "ab".repeat(32));
        assert_eq!(String::from_utf8(head).unwrap(), expected);
    }

    #[test]
    fn a_claim_stands_for_one_request_only() {
        let key = DeviceKey::from_seed(&[1; 32]);
        let public = key.public();
        let claim = claim(&key, "POST", "/v1/push", b"{}");
        let check = |claim: &Claim, method, path, body: &[u8]| claim.is_of(&public, method, path, body);
        assert!(check(&claim, "POST", "/v1/push", b"{}"));
        assert!(!check(&claim, "GET", "/v1/push", b"{}"));
        assert!(!check(&claim, "POST", "/v1/push?", b"{}"));
        assert!(!check(&claim, "POST", "/v1/push", b"{ }"));
        assert!(!check(&Claim { time: claim.time.plus_ms(1), ..claim }, "POST", "/v1/push", b"{}"));
        assert!(!check(&Claim { nonce: Uuid::nil(), ..claim }, "POST", "/v1/push", b"{}"));
        assert!(!check(&Claim { site: SiteId(4), ..claim }, "POST", "/v1/push", b"{}"));
        assert!(!check(&Claim { device: DeviceId(Uuid::nil()), ..claim }, "POST", "/v1/push", b"{}"));
        assert!(!claim.is_of(&DeviceKey::from_seed(&[2; 32]).public(), "POST", "/v1/push", b"{}"));
    }

    #[test]
    fn a_header_is_read_back_and_others_are_not() {
        let claim = claim(&DeviceKey::from_seed(&[1; 32]), "GET", "/", b"");
        let value = claim.to_string();
        assert_eq!(Claim::parse(&value), Some(claim));
        assert_eq!(Claim::parse(&value.replace("Firstout", "firstout")), Some(claim));
        let (head, _) = value.rsplit_once('.').unwrap();
        for text in ["", "Firstout", "Firstout ", "Bearer 1.00", head, &format!("{value}.1"), &value[..80]] {
            assert_eq!(Claim::parse(text), None, "{text:?}");
        }
    }
}
