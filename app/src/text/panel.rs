//! The islands' texts: one function for each message, so that a missing translation does not
//! compile. Short, polite, concrete; no error codes for shoppers.

mod buying;
mod orders;
mod time;

pub use buying::*;
pub use orders::*;
pub use time::*;

use crate::wire::Language;

/// One of two texts.
fn pick(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// Declares messages without parameters.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident: $zh:literal, $en:literal;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(language: crate::wire::Language) -> &'static str {
                super::pick(language, $zh, $en)
            }
        )*
    };
}
use messages;
