//! What `server bench` measures: the processor time of an embedded shop's requests ([`requests`]), and with
//! `--cluster` what the rest of this module is about: decisions of the gate, messages to the queue and orders
//! in the ledger, a second, on the servers of the settings. A sale of its own goes through the
//! shop's adapters and use cases, stage by stage; `redis-benchmark` runs the gate's script beside
//! it. This is no load test: there is no HTTP there, and there are no people.
//!
//! Only the command uses this module, and no adapter holds anything for it alone. It is no crate of
//! its own, because it stands on this crate's library and this crate's binary calls it.

mod baseline;
mod clean_up;
mod clients;
mod database;
mod errors;
mod figures;
mod redis_benchmark;
pub mod requests;
mod rig;
mod sale;
mod stages;

pub use errors::BenchError;
pub use figures::Figures;
pub use rig::{BenchRig, Load};
