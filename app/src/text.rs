//! All texts that visitors read, in both languages, as one typed table in two halves: the
//! server-rendered pages' and the islands'. They are separate because the islands' half is compiled
//! into the wasm that every phone downloads.

#[cfg(feature = "ssr")]
pub mod pages;
pub mod panel;
