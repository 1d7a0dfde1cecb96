//! Payment providers, and how they sign what they say.

pub mod sandbox;
mod signature;
pub mod stripe;
