//! What every adapter of a port must do. Each suite takes the port as a trait object, so that the
//! same suite runs against every adapter.

mod accounts;
mod captchas;
mod catalogue;
mod gate;
mod ledger;
mod limits;
mod payments;
mod purchases;
mod queue;
mod sale_counters;
mod switches;
mod tokens;
