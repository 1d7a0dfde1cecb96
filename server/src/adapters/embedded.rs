//! The ports in one process, without other services. Deterministic on an injected clock. Data that
//! must survive a restart is in the ledger; the rest is loaded or requested again.

mod expiring;
mod gate;
mod limits;
mod questions;
mod results;

pub use gate::{Gate, GateTask};
pub use limits::GovernedLimits;
pub use questions::{MemoryCaptchas, MemoryPaths};
pub use results::{RecentReservations, RecentResults};
