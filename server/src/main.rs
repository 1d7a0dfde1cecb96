//! The binary; see [`server::cli`].

// The futures of all commands are one type.
#![recursion_limit = "256"]

use std::process::ExitCode;

/// Gives back what it does not need: the system's own allocator keeps the 19 MB of every password
/// that was ever checked.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    server::cli::main().await
}
