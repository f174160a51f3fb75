//! One view-model per screen: input (scan, tap, text, time) → state, as plain data.
//!
//! [`Session`] owns the stack of pages and answers every input; a page is one file with one [`Screen`]. A new page needs its
//! file, a line in `jobs.rs`, and its words.

mod ages;
mod calibrate;
mod carry;
mod dispatch;
mod entry;
mod gather;
mod hold;
mod home;
mod jobs;
mod kept;
mod load;
mod look_up;
mod message;
mod orders;
mod pick;
mod receive;
mod resolve;
mod screen;
mod session;
mod sign_in;
mod sync_status;
mod thing;
mod view;
mod what;
pub mod words;

pub use ages::HOLDS_AGE_MS;
pub use entry::{Asked, ENTRY_CHARS_MAX, Entry, read_date, read_quantity};
pub use gather::GATHER_MS;
pub use jobs::Job;
pub use kept::Kept;
pub use message::{Notice, refusal_words, salvage_words, store_words};
pub use orders::ORDER_ROWS;
pub use resolve::{Label, Meaning, Scan, resolve};
pub use screen::{Answer, Desk, Drawn, EventIds, Frame, Leave, Next, Screen};
pub use session::{
    BOUNCE_MS, Enrolment, Input, LATE_MS, Look, PARK_BYTES_MAX, RESUME_MS, Session, SessionConfig,
    chosen_language,
};
pub use sign_in::{PIN_TRIES, PIN_WAIT_MS, PIN_WAIT_MS_MAX};
pub use sync_status::problem_words;
pub use view::*;
