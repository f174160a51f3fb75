//! Code 128 (ISO/IEC 15417), with FNC1 for GS1-128: no crate at hand chooses the code sets by itself.

use super::gs1::SEPARATOR;

/// Bar and space widths of each codeword, in modules.
#[rustfmt::skip]
const WIDTHS: [&str; 106] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312", "231212",
    "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212", "223112", "312131",
    "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321",
    "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121",
    "313121", "211331", "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242", "121142", "121241", "114212",
    "124112", "124211", "411212", "421112", "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",
    "114311", "411113", "411311", "113141", "114131", "311141", "411131", "211412", "211214", "211232",
];
const STOP: &str = "2331112";

const CODE_C: u8 = 99;
const CODE_B: u8 = 100;
const FNC1: u8 = 102;
const START_B: u8 = 104;
const START_C: u8 = 105;

/// Longest data GS1 allows in one linear symbol (GS1 General Specifications 5.4.4.2); plain codes are no longer either.
pub const DATA_CHARS_MAX: usize = 48;

/// Why a text cannot be a Code 128 symbol here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Code128Error {
    /// Nothing to encode.
    #[error("there is nothing to encode")]
    Empty,
    /// More than [`DATA_CHARS_MAX`] characters.
    #[error("{0} characters are more than the {DATA_CHARS_MAX} of one symbol")]
    TooLong(usize),
    /// Neither printable ASCII nor, in GS1-128, a separator.
    #[error("{0:?} cannot be printed as Code 128")]
    Character(char),
}

/// The symbol as modules, true for dark, without quiet zones.
///
/// With `gs1` it starts with FNC1 and separators become FNC1.
///
/// # Errors
/// See [`Code128Error`].
pub fn modules(data: &str, gs1: bool) -> Result<Vec<bool>, Code128Error> {
    let mut widths: String = codewords(data, gs1)?
        .into_iter()
        .filter_map(|codeword| WIDTHS.get(usize::from(codeword)).copied())
        .collect();
    widths.push_str(STOP);
    let mut modules = Vec::new();
    for (index, width) in widths.bytes().enumerate() {
        modules.extend(std::iter::repeat_n(index % 2 == 0, usize::from(width - b'0')));
    }
    Ok(modules)
}

/// Start, data in code sets B and C, and the check codeword.
fn codewords(data: &str, gs1: bool) -> Result<Vec<u8>, Code128Error> {
    let chars = data.chars().count();
    if chars == 0 {
        return Err(Code128Error::Empty);
    }
    if chars > DATA_CHARS_MAX {
        return Err(Code128Error::TooLong(chars));
    }
    let allowed = |c: char| matches!(c, ' '..='~') || (gs1 && c == SEPARATOR);
    if let Some(c) = data.chars().find(|c| !allowed(*c)) {
        return Err(Code128Error::Character(c));
    }
    let mut rest = data.as_bytes();
    let mut in_c = digits(rest) >= 4 || (digits(rest) == 2 && rest.len() == 2);
    let mut codewords = vec![if in_c { START_C } else { START_B }];
    if gs1 {
        codewords.push(FNC1);
    }
    while let Some((&byte, tail)) = rest.split_first() {
        let run = digits(rest);
        if byte == SEPARATOR as u8 {
            codewords.push(FNC1);
            rest = tail;
        } else if in_c && let (2.., Some((&[tens, ones], tail))) = (run, rest.split_first_chunk::<2>()) {
            codewords.push((tens - b'0') * 10 + (ones - b'0'));
            rest = tail;
        } else if in_c {
            codewords.push(CODE_B);
            in_c = false;
        } else if run.is_multiple_of(2) && (run >= 6 || (run == 4 && rest.len() == 4)) {
            codewords.push(CODE_C);
            in_c = true;
        } else {
            codewords.push(byte - b' ');
            rest = tail;
        }
    }
    codewords.push(check(&codewords));
    Ok(codewords)
}

/// How many digits the text begins with.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The weighted sum modulo 103.
fn check(codewords: &[u8]) -> u8 {
    let weighted = (0_u32..).zip(codewords).map(|(place, codeword)| place.max(1) * u32::from(*codeword));
    u8::try_from(weighted.sum::<u32>() % 103).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_words(data: &str, gs1: bool, expected: Result<&[u8], Code128Error>) {
        assert_eq!(codewords(data, gs1), expected.map(<[u8]>::to_vec), "{data:?}");
    }

    // The last codeword of each is the check; a reader of another make has read these symbols.
    #[test]
    fn chooses_the_shorter_code_set() {
        check_words("A-03-2", false, Ok(&[104, 33, 13, 16, 19, 13, 18, 48]));
        check_words("10442", false, Ok(&[105, 10, 44, 100, 18, 60]));
        check_words("42", false, Ok(&[105, 42, 44]));
        check_words("X1234", false, Ok(&[104, 56, 99, 12, 34, 15]));
        check_words("X123Y", false, Ok(&[104, 56, 17, 18, 19, 57, 94]));
    }

    #[test]
    fn fnc1_comes_first_and_between() {
        check_words("0012345678", true, Ok(&[105, 102, 0, 12, 34, 56, 78, 97]));
        check_words("10A\u{1d}3720", true, Ok(&[104, 102, 17, 16, 33, 102, 99, 37, 20, 89]));
    }

    #[test]
    fn what_cannot_be_encoded_says_why() {
        check_words("", false, Err(Code128Error::Empty));
        check_words("\u{e4}", false, Err(Code128Error::Character('\u{e4}')));
        check_words("a\u{1d}b", false, Err(Code128Error::Character('\u{1d}')));
        check_words(&"1".repeat(49), false, Err(Code128Error::TooLong(49)));
    }

    #[test]
    fn draws_a_known_symbol() {
        let modules = modules("AIM", false).unwrap();
        let drawn: String = modules.iter().map(|dark| if *dark { '#' } else { ' ' }).collect();
        assert_eq!(drawn, "## #  #    # #   ##   ##   #   # # ### ##   # ### ##   ##   ### # ##");
    }
}
