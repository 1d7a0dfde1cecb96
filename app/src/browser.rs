//! The only place that uses the browser's API: server time, timers, the page itself, and the tab's
//! storage.
//!
//! Islands are compiled for the server too, where their effects never run. There, the few calls in
//! `web` are replaced by ones that do nothing; everything above them is the same code.

pub mod clock;
pub mod effects;
mod estimate;
pub mod page;
pub mod storage;
pub mod ticking;
pub mod timers;

#[cfg(not(feature = "hydrate"))]
#[path = "browser/stub.rs"]
mod web;
#[cfg(feature = "hydrate")]
mod web;
