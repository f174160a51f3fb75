//! The certificate: is there one, does it fit its key, and how long is it good for.

use super::{Ask, Finding, Level, span};
use crate::domain::Timestamp;
use crate::server::tls::Tls;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::Path;

const CODE: &str = "certificate";
/// Sooner than this is worth a warning.
const SOON_MS: i64 = 30 * 86_400_000;
const WHY: &str =
    "Handhelds refuse a server whose certificate is not good today, and keep what they have until it is.";

pub(super) fn certificate(ask: &Ask, now: Timestamp) -> Finding {
    match &ask.tls {
        Some((chain, key)) => match Tls::given(chain, key) {
            Ok(_) => good_until(chain, now),
            Err(error) => wrong(error.to_string()),
        },
        None => {
            let own = ask.data.join("tls/authority.pem");
            if own.exists() {
                return good_until(&own, now);
            }
            Finding::new(
                CODE,
                Level::Note,
                "the server has no authority of its own yet",
                "Its first start makes one, except with --insecure-http or with a certificate from elsewhere.",
                "With a certificate from elsewhere, name it here too: --tls-cert FILE --tls-key FILE.",
            )
        }
    }
}

fn wrong(what: String) -> Finding {
    let todo = "Put certificate chain and key there again, in PEM form and belonging together, then restart the server.";
    Finding::new(CODE, Level::Problem, what, WHY, todo)
}

/// The certificate of the chain that ends first, or begins too late.
fn good_until(chain: &Path, now: Timestamp) -> Finding {
    let shown = chain.display();
    let days = match days(chain) {
        Ok(days) => days,
        Err(error) => return wrong(format!("{shown}: {error}")),
    };
    let begin = days.iter().map(|(begin, _)| *begin).max().unwrap_or(Timestamp(i64::MAX));
    let end = days.iter().map(|(_, end)| *end).min().unwrap_or(Timestamp(i64::MIN));
    let left_ms = end.ms_since(now);
    let renew = "Renew it, put chain and key in their places and restart the server.";
    match () {
        () if begin > now => {
            let what = format!("{shown} is good only from {begin}");
            Finding::new(
                CODE,
                Level::Problem,
                what,
                WHY,
                "Look at this machine's clock first; then renew it.",
            )
        }
        () if left_ms < 0 => {
            Finding::new(CODE, Level::Problem, format!("{shown} ended on {end}"), WHY, renew)
        }
        () if left_ms < SOON_MS => {
            let what = format!("{shown} is good for {} more, until {end}", span(left_ms));
            Finding::new(CODE, Level::Warning, what, WHY, renew)
        }
        () => Finding::fine(CODE, format!("{shown} is good until {end}")),
    }
}

/// From when until when each certificate of a chain is good.
fn days(chain: &Path) -> Result<Vec<(Timestamp, Timestamp)>, String> {
    let text = std::fs::read(chain).map_err(|error| error.to_string())?;
    let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| error.to_string())?;
    let read = |der: &CertificateDer<'_>| {
        let (_, parsed) = x509_parser::parse_x509_certificate(der).map_err(|error| error.to_string())?;
        let validity = parsed.validity();
        let [begin, end] = [validity.not_before, validity.not_after]
            .map(|time| Timestamp(time.timestamp().saturating_mul(1_000)));
        Ok((begin, end))
    };
    let days = certificates.iter().map(read).collect::<Result<Vec<_>, String>>()?;
    if days.is_empty() { Err("it holds no certificate".to_owned()) } else { Ok(days) }
}
