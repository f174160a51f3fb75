//! Where text may be broken, by rules alone: `icu_segmenter`'s data without its dictionaries. README.md says why.
#![no_std]

include!("../data/segmenter_break_grapheme_cluster_v1.rs.data");
include!("../data/segmenter_break_line_v1.rs.data");
include!("../data/segmenter_break_sentence_override_v1.rs.data");
include!("../data/segmenter_break_sentence_v1.rs.data");
include!("../data/segmenter_break_word_override_v1.rs.data");
include!("../data/segmenter_break_word_v1.rs.data");

/// Marks a type as a data provider.
#[doc(hidden)]
#[macro_export]
macro_rules! __make_provider {
    ($provider:ty) => {
        impl $provider {
            #[allow(dead_code)]
            pub(crate) const MUST_USE_MAKE_PROVIDER_MACRO: () = ();
        }
        icu_provider::marker::impl_data_provider_never_marker!($provider);
    };
}
#[doc(inline)]
pub use __make_provider as make_provider;

/// A provider that has no dictionary of this kind; the segmenter then goes by its rules.
#[doc(hidden)]
#[macro_export]
macro_rules! __no_dictionary {
    ($provider:ty, $marker:ident) => {
        impl icu_provider::DataProvider<icu::segmenter::provider::$marker> for $provider {
            fn load(
                &self,
                req: icu_provider::DataRequest,
            ) -> Result<icu_provider::DataResponse<icu::segmenter::provider::$marker>, icu_provider::DataError>
            {
                let info = <icu::segmenter::provider::$marker as icu_provider::DataMarker>::INFO;
                Err(icu_provider::DataErrorKind::IdentifierNotFound.with_req(info, req))
            }
        }
    };
}

/// Chinese and Japanese words.
#[doc(hidden)]
#[macro_export]
macro_rules! __impl_segmenter_dictionary_auto_v2 {
    ($provider:ty) => {
        $crate::__no_dictionary!($provider, SegmenterDictionaryAutoV2);
    };
}
#[doc(inline)]
pub use __impl_segmenter_dictionary_auto_v2 as impl_segmenter_dictionary_auto_v2;

/// Thai, Lao, Khmer and Burmese words.
#[doc(hidden)]
#[macro_export]
macro_rules! __impl_segmenter_dictionary_extended_v2 {
    ($provider:ty) => {
        $crate::__no_dictionary!($provider, SegmenterDictionaryExtendedV2);
    };
}
#[doc(inline)]
pub use __impl_segmenter_dictionary_extended_v2 as impl_segmenter_dictionary_extended_v2;

#[doc(hidden)]
#[macro_export]
macro_rules! unicode_tag {
    () => {
        "18.0.0"
    };
}
