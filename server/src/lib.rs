//! Everything behind the HTTP port: rules (`engine`), what they stand on (`adapters`), what wakes
//! them (`http`, `workers`), and the one place that puts it together (`assembly`).

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
