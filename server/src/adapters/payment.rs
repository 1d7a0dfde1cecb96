//! Payment providers, and their signatures.

pub mod alipay;
pub mod sandbox;
pub mod stripe;
