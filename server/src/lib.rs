//! Everything behind the binary: rules (`engine`), implementations of their ports (`adapters`),
//! callers (`http`, `workers`), and the one place that assembles them (`assembly`).

// The futures of all commands are one type.
#![recursion_limit = "256"]

pub mod adapters;
pub mod assembly;
mod bench;
mod chain;
pub mod cli;
pub mod config;
pub mod engine;
mod hex;
pub mod http;
mod jitter;
mod load;
mod loopback;
pub mod migrations;
pub mod sandbox;
mod security;
pub mod tasks;
pub mod telemetry;
pub mod texts;
pub mod workers;
