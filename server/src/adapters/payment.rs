//! Payment providers, and how they sign what they say.

pub mod sandbox;
pub mod stripe;
