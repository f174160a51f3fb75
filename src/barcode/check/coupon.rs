//! North American coupons, AIs 8110 and 8112: digits whose lengths the digits before them tell.

use super::{digits, number};
use crate::barcode::date::is_day;

/// Takes fields off the front; each answer is `None` where the text ends too early or has a digit that is
/// not allowed.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(field)
    }

    /// One of these digits, as a number.
    fn one_of(&mut self, allowed: &[u8]) -> Option<usize> {
        let field = self.take(1)?;
        field.first().filter(|digit| allowed.contains(digit)).map(|digit| usize::from(digit - b'0'))
    }

    /// A length digit of these, and then that many digits and `more`.
    fn counted(&mut self, allowed: &[u8], more: usize) -> Option<&'a [u8]> {
        let len = self.one_of(allowed)?;
        self.take(len + more)
    }

    /// What has to be bought: how much, its unit, and the family of products.
    fn purchase(&mut self) -> Option<()> {
        self.counted(b"12345", 0)?;
        self.one_of(b"012349")?;
        self.take(3).map(|_| ())
    }

    /// A company prefix; 9 stands for the one named first.
    fn other_prefix(&mut self) -> Option<()> {
        match self.one_of(b"01234569")? {
            9 => Some(()),
            len => self.take(len + 6).map(|_| ()),
        }
    }

    fn date(&mut self) -> Option<&'a [u8]> {
        // Any leap year's century will do: a coupon does not live to see another.
        self.take(6).filter(|date| is_day(&[b"20", *date].concat(), false))
    }

    /// Takes the mark of an optional field, where it is the next one.
    fn begins(&mut self, mark: u8) -> bool {
        let found = self.0.first() == Some(&mark);
        if found {
            self.0 = self.0.get(1..).unwrap_or_default();
        }
        found
    }
}

/// AI 8110 (North American Coupon Application Guideline).
pub(super) fn is_coupon(held: &[u8]) -> bool {
    digits(held) && coupon(held).is_some()
}

fn coupon(held: &[u8]) -> Option<()> {
    let mut fields = Fields(held);
    fields.counted(b"0123456", 6)?;
    fields.take(6)?;
    fields.counted(b"12345", 0)?;
    fields.purchase()?;
    if fields.begins(b'1') {
        fields.one_of(b"0123")?;
        fields.purchase()?;
        fields.other_prefix()?;
    }
    if fields.begins(b'2') {
        fields.purchase()?;
        fields.other_prefix()?;
    }
    let expiry = if fields.begins(b'3') { Some(fields.date()?) } else { None };
    let start = if fields.begins(b'4') { Some(fields.date()?) } else { None };
    if let (Some(expiry), Some(start)) = (expiry.and_then(number), start.and_then(number))
        && expiry < start
    {
        return None;
    }
    if fields.begins(b'5') {
        fields.counted(b"0123456789", 6)?;
    }
    if fields.begins(b'6') {
        fields.counted(b"1234567", 6)?;
    }
    if fields.begins(b'9') {
        fields.one_of(b"01256")?;
        fields.one_of(b"012")?;
        fields.take(1)?;
        fields.one_of(b"01")?;
    }
    fields.0.is_empty().then_some(())
}

/// AI 8112: format, funder, offer code, serial number.
pub(super) fn is_offer(held: &[u8]) -> bool {
    let mut fields = Fields(held);
    let read = (|| {
        fields.one_of(b"01")?;
        fields.counted(b"0123456", 6)?;
        fields.take(6)?;
        fields.counted(b"0123456789", 6)
    })();
    digits(held) && read.is_some() && fields.0.is_empty()
}
