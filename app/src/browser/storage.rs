//! The tab's storage, text by name: lost when the tab is closed, invisible to other tabs. A browser
//! may store nothing at all; then nothing is found.

pub use super::web::{forget, keep, kept};
