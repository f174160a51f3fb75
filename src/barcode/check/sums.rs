//! Check characters of other kinds than the GS1 check digit.

use super::codes::is_country_alpha2;

/// Characters of set 82 in the order of their values (General Specifications 7.11).
const CSET82: &[u8] = b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Characters of the pair, in the order of their values.
const CSET32: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Longest value with a check pair, one weight for each character before it.
const PAIR_CHARS_MAX: usize = 99;

/// True where the last two characters are the check pair of those before (General Specifications 7.9.5):
/// each character's value times a prime, the primes ascending from the right, modulo 1021.
pub(super) fn pair_fits(held: &[u8]) -> bool {
    let Some((body, pair)) = held.split_last_chunk::<2>() else { return false };
    if held.len() > PAIR_CHARS_MAX {
        return false;
    }
    let mut sum = 0;
    for (byte, prime) in body.iter().rev().zip(primes()) {
        let Some(value) = CSET82.iter().position(|found| found == byte) else { return false };
        sum += value * prime;
    }
    let sum = sum % 1021;
    let expected = [CSET32.get(sum >> 5), CSET32.get(sum & 31)];
    expected == [Some(&pair[0]), Some(&pair[1])]
}

fn primes() -> impl Iterator<Item = usize> {
    (2..).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

/// ISO 13616: country, two check digits, up to 30 characters; the whole modulo 97 is 1, letters as 10 to 35
/// and the first four characters last.
pub(super) fn is_iban(held: &[u8]) -> bool {
    let Some((head, account)) = held.split_first_chunk::<4>() else { return false };
    let country = is_country_alpha2(&head[..2]) || head.starts_with(b"XK");
    if !country || !head[2..].iter().all(u8::is_ascii_digit) || !(5..=30).contains(&account.len()) {
        return false;
    }
    let mut rest = 0_u32;
    for &byte in account.iter().chain(head) {
        rest = match byte {
            b'0'..=b'9' => rest * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => rest * 100 + u32::from(byte - b'A') + 10,
            _ => return false,
        } % 97;
    }
    rest == 1
}
