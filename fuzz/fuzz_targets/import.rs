//! Any file of records is planned as a whole or refused with its lines, and what was taken is known the second time.
#![no_main]

use firstout::exchange::import::{Directory, FILE_BYTES_MAX, FileKind, plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, file)) = bytes.split_first() else { return };
    let Some(kind) = FileKind::ALL.get(usize::from(*first) % FileKind::ALL.len()) else { return };
    match plan(*kind, file, Directory::default()) {
        Ok(found) => {
            assert!(file.len() <= FILE_BYTES_MAX);
            let again = Directory::new(found.records.iter().cloned());
            if *kind != FileKind::Stock
                && let Ok(second) = plan(*kind, file, again)
            {
                assert!(second.records.is_empty(), "the same file changes something: {:?}", second.records);
            }
        }
        Err(problems) => assert!(problems.total >= problems.listed.len() && !problems.listed.is_empty()),
    }
});
