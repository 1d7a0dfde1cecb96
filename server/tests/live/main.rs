//! Whole sales against the real binary: processes of their own, their ports, their data, killed
//! without warning. Run in release: `cargo test --release --test live`.

#![expect(
    clippy::disallowed_methods,
    reason = "tests stand outside the shop: they compare its clock with the system's"
)]

mod buyers;
mod cluster;
mod embedded;
mod process;
