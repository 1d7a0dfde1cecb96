//! Contracts of the ports on every adapter, use cases, HTTP through the real router, pages, a seeded
//! simulation, faults of each server behind an adapter, and the repository's own rules.

// Futures across all layers are nested deeper than the compiler's default limit.
#![recursion_limit = "256"]
#![expect(
    clippy::disallowed_methods,
    reason = "tests run outside the shop and read their configuration from the environment"
)]

mod accounts;
mod admission;
mod alerts;
mod back_office;
mod bench;
mod cluster_model;
mod commands;
mod contract;
mod databases;
mod embedded_gate;
mod least_rights;
mod logging;
mod messages;
mod metrics;
mod nginx;
mod pages;
mod payments;
mod proxy;
pub mod purchase;
mod rabbitmq;
mod redis_gate;
mod redis_stores;
mod shipping;
mod simulation;
pub mod support;
mod tidy;
mod transport;
mod webhooks;
