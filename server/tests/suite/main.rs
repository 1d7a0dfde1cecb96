//! Everything that can be tested without another program: contracts of the ports, use cases, HTTP
//! through the real router, pages, a seeded simulation, and the repository's own rules.

mod contract;
mod databases;
mod pages;
pub mod purchase;
#[path = "../servers/mod.rs"]
mod servers;
mod simulation;
pub mod support;
mod tidy;
