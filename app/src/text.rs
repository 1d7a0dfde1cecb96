//! Every word a visitor reads, in both languages, as one typed table in two halves: what the
//! server-rendered pages say, and what the islands say. They are apart because the islands' half
//! is compiled into the wasm that every phone downloads.

#[cfg(feature = "ssr")]
pub mod pages;
pub mod panel;
