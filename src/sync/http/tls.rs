//! TLS with rustls and ring, trusting only the certificates it is given: a warehouse's own authority, never the
//! machine's list.
//!
//! At its enrolment a device has no certificate yet, only the authority's fingerprint from the code that it scanned. The
//! server sends the authority along in its handshake; where the fingerprint fits, the handshake is checked against that
//! authority like any other.

use super::Clock;
use crate::sync::engine::TlsFault;
use crate::sync::wire::Hash;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Why the certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Not PEM, or not a certificate.
    #[error("not a certificate in PEM form: {0}")]
    Pem(String),
    /// rustls refuses it.
    #[error("the certificate cannot be trusted: {0}")]
    Tls(#[from] Error),
}

/// Whom to trust.
#[derive(Clone, Copy)]
pub(super) enum Trust<'a> {
    /// These authorities (PEM, any number) and nobody else. Without any, every `https` address is refused; plain `http`
    /// needs none.
    Roots(&'a [u8]),
    /// The authority whose certificate has this SHA-256, where the server sends it along.
    Pinned(Hash),
}

/// The configuration that trusts so and not further, by the device's clock.
///
/// # Errors
/// See [`TrustError`].
pub(super) fn client_config(trust: Trust<'_>, clock: &Clock) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let time = Arc::new(DeviceTime(Clock::clone(clock)));
    let builder = ClientConfig::builder_with_details(Arc::clone(&provider), time)
        .with_safe_default_protocol_versions()?;
    Ok(match trust {
        Trust::Roots(roots) => {
            let mut store = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(roots) {
                store.add(certificate.map_err(|error| TrustError::Pem(error.to_string()))?)?;
            }
            builder.with_root_certificates(store).with_no_client_auth()
        }
        Trust::Pinned(fingerprint) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned { fingerprint, provider }))
            .with_no_client_auth(),
    })
}

/// True where the first certificate (PEM) has this SHA-256.
pub(super) fn has_fingerprint(pem: &str, fingerprint: Hash) -> bool {
    CertificateDer::from_pem_slice(pem.as_bytes()).is_ok_and(|der| fingerprint_of(&der) == fingerprint)
}

fn fingerprint_of(der: &CertificateDer<'_>) -> Hash {
    Hash(Sha256::digest(der).into())
}

/// What an error of TLS means to the operator.
pub(super) fn fault(error: &Error) -> TlsFault {
    match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsFault::Time,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsFault::Name
            }
            _ => TlsFault::Untrusted,
        },
        Error::InvalidMessage(_) => TlsFault::Plain,
        _ => TlsFault::Other,
    }
}

struct DeviceTime(Clock);

impl TimeProvider for DeviceTime {
    fn current_time(&self) -> Option<UnixTime> {
        let ms = u64::try_from((self.0)().0).unwrap_or(0);
        Some(UnixTime::since_unix_epoch(Duration::from_millis(ms)))
    }
}

impl fmt::Debug for DeviceTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceTime")
    }
}

/// Trusts the one authority whose fingerprint is known, once the server has shown it.
#[derive(Debug)]
struct Pinned {
    fingerprint: Hash,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = std::iter::once(end_entity)
            .chain(intermediates)
            .find(|certificate| fingerprint_of(certificate) == self.fingerprint)
            .ok_or(CertificateError::UnknownIssuer)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn only_certificates_are_trusted() {
        let clock: Clock = Arc::new(|| Timestamp(0));
        assert!(client_config(Trust::Roots(b""), &clock).is_ok());
        let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(client_config(Trust::Roots(garbage), &clock).is_err());
        assert!(!has_fingerprint("", Hash::default()));
    }
}
