//! Bytes of one symbol → a reading: what the label says, and what is doubtful about it.
