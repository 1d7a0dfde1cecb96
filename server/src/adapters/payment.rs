//! Payment providers, and how they sign what they say.

pub mod alipay;
pub mod sandbox;
pub mod stripe;
