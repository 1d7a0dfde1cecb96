//! The ports in one process: no other service. Deterministic on an injected clock; what must
//! survive a restart is in the ledger, the rest is rebuilt or asked for again.

mod expiring;
mod gate;
mod limits;
mod questions;
mod results;

pub use gate::{Gate, GateTask};
pub use limits::GovernedLimits;
pub use questions::{MemoryCaptchas, MemoryPaths};
pub use results::{RecentReservations, RecentResults};
