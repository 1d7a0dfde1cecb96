//! The shop as its visitors see it: the types that both sides share (`wire`), the calls to the server
//! (`api`), the addresses (`routes`), and the pages and islands built on them.
//!
//! Compiled twice: natively with `ssr` (renders pages, runs server functions against the services
//! behind [`port`]) and to wasm with `hydrate` (only the islands wake up in the browser).
//! Not here: rules of the sale, databases, queues. Those live behind [`port`], in the `server` crate.

// The type of a view contains the types of everything in it, down to the last attribute.
#![recursion_limit = "256"]

pub mod api;
#[cfg(feature = "ssr")]
pub mod app;
mod backoff;
mod browser;
pub mod islands;
pub mod routes;
mod text;
pub mod wire;

#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod port;
#[cfg(feature = "ssr")]
mod preview;
#[cfg(feature = "ssr")]
mod public_site;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "ssr")]
pub mod start;
#[cfg(feature = "ssr")]
pub mod texts;

#[cfg(feature = "ssr")]
pub use preview::{Moment, Preview};
#[cfg(feature = "ssr")]
pub use public_site::{PublicSite, SharedPicture};
#[cfg(feature = "ssr")]
pub use settings::{ShopSettings, utc_offset};
#[cfg(feature = "ssr")]
pub use text::pages::shop_name;
