//! The only place that touches the browser's API: server time, timers, and the page itself.
//!
//! Islands are compiled for the server too, where their effects never run. There, the few calls in
//! `web` are replaced by ones that do nothing; everything above them is the same code.

pub mod clock;
pub mod effects;
mod estimate;
pub mod page;
pub mod ticking;
pub mod timers;

#[cfg(not(feature = "hydrate"))]
#[path = "browser/nowhere.rs"]
mod web;
#[cfg(feature = "hydrate")]
mod web;
