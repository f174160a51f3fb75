//! Any configuration code, any checkpoint and any label: read to the end or refused, and what is read is written the same.
#![no_main]

use firstout::sync::wire::{Claim, Invitation, SignedCheckpoint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(read) = Invitation::parse(text) {
        let again = Invitation::parse(&read.to_string()).expect("what was read can be written");
        assert!(again == read);
    }
    if let Some(read) = Claim::parse(text) {
        let again = Claim::parse(&read.to_string()).expect("what was read can be written");
        assert!(again == read);
    }
    if let Ok(read) = SignedCheckpoint::parse(text) {
        let body = text.replace("\r\n", "\n");
        assert!(body.starts_with(&read.checkpoint.to_string()), "two readings of one text");
    }
});
