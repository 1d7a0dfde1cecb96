//! The gate and everything short-lived on Redis, shared by all copies of the server. Nothing here
//! is the truth: whatever Redis forgets is read again from the ledger.

mod breaker;
mod connection;

pub use connection::{Arg, Redis};
