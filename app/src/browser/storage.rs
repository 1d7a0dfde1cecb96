//! What a tab keeps from page to page, as text by name: gone when the tab is closed, seen by no other
//! tab. A browser may keep nothing at all; then nothing is found.

pub use super::web::{forget, keep, kept};
