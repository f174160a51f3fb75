//! How a device becomes one of a site's: the one-time invitation, and what it is exchanged for.

use super::{Hash, ServerEpoch};
use crate::domain::{DeviceId, PublicKey, Signature, SiteId};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// What every invitation begins with.
const MARK: &str = "firstout-enrol:1,";

/// What the QR code of `firstout-server enrol` says: `firstout-enrol:1,URL,FINGERPRINT,TOKEN`.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Where the server is.
    pub url: String,
    /// SHA-256 of the certificate (DER) of the authority that signed the server's; none where the address is plain
    /// `http`.
    pub authority: Option<Hash>,
    /// Works once, and not for long.
    pub token: String,
}

impl Invitation {
    /// Reads an invitation out of what a scanner sent, with whatever it puts before and behind the code; `None` where
    /// there is none.
    #[must_use]
    pub fn find(scan: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(scan);
        let text = text.get(text.find(MARK)?..)?;
        Self::parse(text.split(|c: char| c.is_whitespace() || c.is_control()).next()?)
    }

    /// The name or address of the server.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// Reads what was scanned or typed; `None` where it is no invitation.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().strip_prefix(MARK)?.split(',');
        let (url, authority, token) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || url.is_empty() || token.is_empty() {
            return None;
        }
        let authority = if authority.is_empty() { None } else { Some(Hash::parse(authority)?) };
        Some(Self { url: url.to_owned(), authority, token: token.to_owned() })
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.authority.map(|hash| hash.to_string()).unwrap_or_default();
        write!(f, "{MARK}{},{authority},{}", self.url, self.token)
    }
}

/// The token stays out of logs.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("url", &self.url).finish_non_exhaustive()
    }
}

/// `POST /v1/enrol`: a one-time token becomes a device.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The one-time token.
    pub token: String,
    /// The name on the device's back, for example `HH-07`.
    pub name: String,
    /// The public half of the key that the device made.
    pub key: PublicKey,
    /// Shows that it has the other half: over [`EnrolRequest::message`].
    pub proof: Signature,
}

impl EnrolRequest {
    /// What the proof is over.
    #[must_use]
    pub fn message(token: &str, name: &str, key: &PublicKey) -> Vec<u8> {
        format!("firstout/enrol/1\n{token}\n{name}\n{key}").into_bytes()
    }

    /// True where the sender has the secret half of the key.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.key.verifies(&Self::message(&self.token, &self.name, &self.key), &self.proof)
    }
}

impl fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolRequest")
            .field("name", &self.name)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// What an enrolled device needs to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolReply {
    /// Its id.
    pub device: DeviceId,
    /// Its first epoch.
    pub epoch: u32,
    /// The name it goes by: the token's, or its own where the token has none.
    pub name: String,
    /// The site it works at.
    pub site: SiteId,
    /// Which server this is.
    pub server_id: Uuid,
    /// Its incarnation.
    pub server_epoch: ServerEpoch,
    /// The certificate of the authority that signed the server's, PEM; none where it speaks plain `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeviceKey;

    #[test]
    fn an_invitation_is_read_back() {
        for authority in [None, Some(Hash([0xab; 32]))] {
            let url = "https://10.0.0.5:7788".to_owned();
            let invitation = Invitation { url, authority, token: "1.00ff".into() };
            assert_eq!(Invitation::parse(&format!(" {invitation}\r\n")), Some(invitation.clone()));
            assert!(!format!("{invitation:?}").contains("00ff"));
        }
    }

    #[test]
    fn other_codes_are_no_invitations() {
        for text in [
            "",
            "firstout-enrol:1,",
            "firstout-enrol:1,http://a,,",
            "firstout-enrol:1,,,1.00",
            "firstout-enrol:1,http://a,xx,1.00",
            "firstout-enrol:1,http://a,,1.00,more",
            "firstout-enrol:2,http://a,,1.00",
            "(01)09506000134352",
        ] {
            assert_eq!(Invitation::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_the_owner_of_a_key_can_enrol_it() {
        let key = DeviceKey::from_seed(&[1; 32]);
        let request = |name: &str, signer: &DeviceKey| EnrolRequest {
            token: "1.00".into(),
            name: name.into(),
            key: key.public(),
            proof: signer.sign(&EnrolRequest::message("1.00", "HH-01", &key.public())),
        };
        assert!(request("HH-01", &key).is_proven());
        assert!(!request("HH-02", &key).is_proven());
        assert!(!request("HH-01", &DeviceKey::from_seed(&[2; 32])).is_proven());
    }
}
