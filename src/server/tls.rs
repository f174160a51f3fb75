//! The server's own authority, made at the first start, or certificates from elsewhere.
//!
//! The own authority's certificates name no real end: a handheld whose clock stands at 1970 after a flat battery must get
//! through, and what would end a certificate is a new authority and new codes, not a date.

use crate::sync::wire::Hash;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

/// The authority's folder in the data folder.
const FOLDER: &str = "tls";
const AUTHORITY: &str = "authority.pem";
const AUTHORITY_KEY: &str = "authority.key";
/// Last year of the own certificates; RFC 5280 writes it where there is no end.
const LAST_YEAR: i32 = 9999;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file holds something else.
    #[error("{file} holds no {what} in PEM form")]
    Pem {
        /// Which file.
        file: String,
        /// What was looked for.
        what: &'static str,
    },
    /// A certificate cannot be made, for example for a name that is none.
    #[error("no certificate can be made: {0}")]
    Make(#[from] rcgen::Error),
    /// Certificate and key do not belong together, or are of a kind that is not used.
    #[error("the certificate cannot be used: {0}")]
    Use(#[from] rustls::Error),
}

/// What a server needs for TLS, and what its handhelds are told.
#[derive(Debug, Clone)]
pub struct Tls {
    /// For the handshakes.
    pub(super) config: Arc<ServerConfig>,
    /// The certificate that handhelds trust, PEM.
    pub authority: String,
    /// Its SHA-256, for the code that a handheld scans.
    pub fingerprint: Hash,
}

impl Tls {
    /// With the authority of this data folder, made where it is missing, and a certificate for these names and addresses.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn own(data: &Path, names: &[String]) -> Result<Self, TlsError> {
        let folder = data.join(FOLDER);
        if !folder.join(AUTHORITY).exists() {
            make_authority(data, &folder)?;
        }
        let authority = read(&folder.join(AUTHORITY))?;
        let key = KeyPair::from_pem(&read(&folder.join(AUTHORITY_KEY))?)?;
        let issuer = Issuer::new(authority_params(), key);
        let own_key = KeyPair::generate()?;
        let certificate = server_params(names)?.signed_by(&own_key, &issuer)?;
        let shown = first(&authority, &folder.join(AUTHORITY))?;
        let chain = vec![certificate.der().clone(), shown];
        Self::new(chain, PrivatePkcs8KeyDer::from(own_key.serialize_der()).into(), authority)
    }

    /// With a chain and a key from files (PEM). Handhelds trust the chain's last certificate.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn given(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let text = read(chain)?;
        let certificates = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|_| pem(chain, "certificate"))?;
        let begin = text.rfind("-----BEGIN CERTIFICATE-----").ok_or_else(|| pem(chain, "certificate"))?;
        let authority = text.get(begin..).unwrap_or_default().to_owned();
        let key_text = read(key)?;
        let key = PrivateKeyDer::from_pem_slice(key_text.as_bytes()).map_err(|_| pem(key, "private key"))?;
        Self::new(certificates, key, authority)
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        authority: String,
    ) -> Result<Self, TlsError> {
        let last = chain.last().map(|der| Sha256::digest(der).into());
        let fingerprint = Hash(last.unwrap_or_default());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self { config: Arc::new(config), authority, fingerprint })
    }
}

/// The address under which others in the network see this machine; nothing is sent to find it out.
#[must_use]
pub fn primary_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::from(([0, 0, 0, 0], 0))).ok()?;
    // An address for documentation (RFC 5737): connecting chooses the interface, no more.
    socket.connect(SocketAddr::from(([192, 0, 2, 1], 9))).ok()?;
    socket.local_addr().ok().map(|addr| addr.ip()).filter(|ip| !ip.is_unspecified())
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Firstout authority of this server");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    for_ever(params)
}

fn server_params(names: &[String]) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named("Firstout server");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(for_ever(params))
}

fn named(name: &str) -> rcgen::DistinguishedName {
    let mut full = rcgen::DistinguishedName::new();
    full.push(DnType::CommonName, name);
    full
}

fn for_ever(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(1970, 1, 1);
    params.not_after = date_time_ymd(LAST_YEAR, 12, 31);
    params
}

/// In a folder of its own that then gets its name: of two servers that start together one wins, and both use its.
fn make_authority(data: &Path, folder: &Path) -> Result<(), TlsError> {
    let draft = data.join(format!("{FOLDER}.{}", std::process::id()));
    let key = KeyPair::generate()?;
    let certificate = authority_params().self_signed(&key)?;
    let made = fs::create_dir_all(&draft)
        .and_then(|()| write(&draft.join(AUTHORITY), &certificate.pem(), 0o644))
        .and_then(|()| write(&draft.join(AUTHORITY_KEY), &key.serialize_pem(), 0o600));
    made.map_err(|error| file(&draft, error))?;
    if let Err(error) = fs::rename(&draft, folder) {
        let _ = fs::remove_dir_all(&draft);
        if !folder.join(AUTHORITY).exists() {
            return Err(file(folder, error));
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
}

fn read(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|error| file(path, error))
}

fn first(text: &str, path: &Path) -> Result<CertificateDer<'static>, TlsError> {
    CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| pem(path, "certificate"))
}

fn file(path: &Path, error: std::io::Error) -> TlsError {
    TlsError::File { file: path.display().to_string(), error }
}

fn pem(path: &Path, what: &'static str) -> TlsError {
    TlsError::Pem { file: path.display().to_string(), what }
}
