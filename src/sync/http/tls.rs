//! TLS with rustls and ring, trusting only the certificates it is given: a warehouse's own authority, never the
//! machine's list.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// Why the certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Not PEM, or not a certificate.
    #[error("not a certificate in PEM form: {0}")]
    Pem(String),
    /// rustls refuses it.
    #[error("the certificate cannot be trusted: {0}")]
    Tls(#[from] rustls::Error),
}

/// The configuration that trusts `roots` (PEM, any number of certificates) and nobody else. Without roots every `https`
/// address is refused; plain `http` needs none.
///
/// # Errors
/// See [`TrustError`].
pub fn client_config(roots: &[u8]) -> Result<ClientConfig, TrustError> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(roots) {
        store.add(certificate.map_err(|error| TrustError::Pem(error.to_string()))?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certificates_are_trusted() {
        assert!(client_config(b"").is_ok());
        let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(client_config(garbage).is_err());
    }
}
