//! Whole sales against the real binary: processes of their own, their ports, their data, killed
//! without warning. Run in release: `cargo test --release --test live`.

mod buyers;
mod cluster;
mod embedded;
mod process;
