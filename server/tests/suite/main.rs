//! Everything that can be tested without another program: contracts of the ports, use cases, HTTP
//! through the real router, pages, a seeded simulation, and the repository's own rules.

mod contract;
mod databases;
mod nginx;
mod pages;
mod proxy;
pub mod purchase;
mod rabbitmq;
mod redis_gate;
mod redis_stores;
#[path = "../servers/mod.rs"]
pub mod servers;
mod simulation;
pub mod support;
mod tidy;
