//! Every word the handheld says, in one table for each area: the key, its arguments, English, German.
//!
//! Screens name a message and pass names, dates and quantities; nothing else in the program makes sentences for people.
//! Each is at most twelve words, says what to do next and uses real names, never codes.

mod amount;
mod common;
mod dispatch;
mod format;
mod hold;
mod look_up;
mod pick;
mod receive;
mod repair;
mod scanner;
mod stock;
mod sync;

pub use common::Common;
pub use dispatch::Loading;
pub use format::{Words, reason_id, reason_of_id};
pub use hold::Holding;
pub use look_up::Looking;
pub use pick::Picking;
pub use receive::Receiving;
pub use repair::Repair;
pub use scanner::Scanner;
pub use stock::Stock;
pub use sync::Syncing;

/// A language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// The language of a BCP 47 tag such as "de-AT"; `None` for one without a table.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// Its tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The next one to choose.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::English => Self::German,
            Self::German => Self::English,
        }
    }
}

/// A message with its arguments.
pub trait Message {
    /// Its sentence.
    fn text(&self, language: Language) -> String;
}

/// Declares one area's messages: `Key { arguments }: "English {arguments}", "German {arguments}";`.
macro_rules! messages {
    ($(#[$doc:meta])* $name:ident { $( $key:ident $( { $($arg:ident),* } )? : $en:literal, $de:literal; )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum $name<'a> {
            $( #[doc = $en] $key $( { $($arg: &'a str),* } )?, )*
            #[doc(hidden)]
            Verbatim(&'a str),
        }

        impl $crate::screens::words::Message for $name<'_> {
            #[allow(unused_variables, clippy::too_many_lines)]
            fn text(&self, language: $crate::screens::words::Language) -> String {
                use $crate::screens::words::Language::{English, German};
                match (self, language) {
                    $(
                        (Self::$key $( { $($arg),* } )?, English) => format!($en),
                        (Self::$key $( { $($arg),* } )?, German) => format!($de),
                    )*
                    (Self::Verbatim(text), _) => (*text).to_owned(),
                }
            }
        }

        #[cfg(test)]
        impl $name<'static> {
            /// Every message with one-word arguments.
            pub(crate) fn samples() -> Vec<Self> {
                vec![ $( Self::$key $( { $($arg: stringify!($arg)),* } )? ),* ]
            }
        }
    };
}
pub(crate) use messages;

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS_MAX: usize = 12;

    fn check<M: Message + std::fmt::Debug>(samples: Vec<M>) {
        assert!(!samples.is_empty());
        for message in samples {
            for language in [Language::English, Language::German] {
                let text = message.text(language);
                let count = text.split_whitespace().count();
                // The design fixes the words for a full storage; they are one more.
                let most = if text.starts_with("Storage is full.") { WORDS_MAX + 1 } else { WORDS_MAX };
                assert!((1..=most).contains(&count), "{count} words: {text}");
                assert!(!text.to_lowercase().contains("error"), "{text}");
                assert!(!text.contains(['{', '}']), "{text}");
            }
        }
    }

    #[test]
    fn sentences_are_short_and_kind() {
        check(Common::samples());
        check(Receiving::samples());
        check(Scanner::samples());
        check(Stock::samples());
        check(Picking::samples());
        check(Loading::samples());
        check(Looking::samples());
        check(Holding::samples());
        check(Repair::samples());
        check(Syncing::samples());
    }

    #[test]
    fn tags_choose_a_table() {
        assert_eq!(Language::of_tag("de-AT"), Some(Language::German));
        assert_eq!(Language::of_tag("EN"), Some(Language::English));
        assert_eq!(Language::of_tag("fr"), None);
        assert_eq!(Language::of_tag(""), None);
    }
}
