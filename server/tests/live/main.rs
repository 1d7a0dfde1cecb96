//! Whole sales with the real binary: separate processes, ports and data, killed without warning.
//! Run in release mode: `cargo test --release --test live`.

#![expect(
    clippy::disallowed_methods,
    reason = "tests run outside the shop and compare its clock with the system's"
)]

mod buyers;
mod cluster;
mod embedded;
mod process;
