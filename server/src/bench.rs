//! The measurements of `server bench`: the processor time of an embedded shop's requests ([`requests`]); with
//! `--cluster`, in the rest of this module, the gate's decisions, messages to the queue and orders in the
//! ledger per second, on the configured servers. A sale of its own goes through the shop's adapters and use
//! cases, stage by stage; `redis-benchmark` runs the gate's script for comparison. This is no load test: it
//! has no HTTP and no shoppers.
//!
//! Only the command uses this module, and no adapter has code only for it. It is not a separate crate,
//! because it uses this crate's library and this crate's binary calls it.

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
