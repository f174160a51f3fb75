//! PINs: kept as argon2id hashes in PHC form, so that a lost handheld does not give them away at a glance.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Memory for one hash, in KiB; OWASP's second recommendation (7 MiB, 5 rounds) fits a handheld of 64 MiB.
const MEMORY_KIB: u32 = 7 * 1024;
const ROUNDS: u32 = 5;
const LANES: u32 = 1;

/// Shortest and longest PIN, in characters.
pub const PIN_CHARS: std::ops::RangeInclusive<usize> = 4..=32;

/// Why a PIN could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// Shorter or longer than [`PIN_CHARS`].
    #[error("a PIN has 4 to 32 characters, this one has {0}")]
    Length(usize),
    /// The salt is too short, or there is no memory.
    #[error("the PIN cannot be hashed: {0}")]
    Hash(String),
}

/// The PHC string of a PIN: `$argon2id$v=19$m=7168,t=5,p=1$salt$hash`.
///
/// The caller draws the salt, at least 8 and better 16 random bytes, and never uses it twice.
///
/// # Errors
/// See [`PinError`].
pub fn hash_pin(pin: &str, salt: &[u8]) -> Result<String, PinError> {
    let chars = pin.chars().count();
    if !PIN_CHARS.contains(&chars) {
        return Err(PinError::Length(chars));
    }
    let params =
        Params::new(MEMORY_KIB, ROUNDS, LANES, None).map_err(|error| PinError::Hash(error.to_string()))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: Result<PasswordHash, password_hash::Error> =
        hasher.hash_password_with_salt(pin.as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(|error| PinError::Hash(error.to_string()))
}

/// True where the PIN is the one that was hashed; false also where `phc` is no hash at all.
#[must_use]
pub fn verify_pin(pin: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_pin_opens_and_no_other() {
        let phc = hash_pin("2468", b"sixteen byte slt").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{phc}");
        assert!(verify_pin("2468", &phc));
        for wrong in ["2469", "", "24680", "2468 "] {
            assert!(!verify_pin(wrong, &phc), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_hash_opens_nothing() {
        for phc in ["", "2468", "$argon2id$", "$1$abc$def"] {
            assert!(!verify_pin("2468", phc), "{phc:?}");
        }
    }

    #[test]
    fn bad_pins_and_salts_are_refused() {
        assert!(matches!(hash_pin("123", b"sixteen byte slt"), Err(PinError::Length(3))));
        assert!(matches!(hash_pin("2468", b"short"), Err(PinError::Hash(_))));
    }
}
