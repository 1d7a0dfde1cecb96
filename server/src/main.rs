//! The binary; see [`server::cli`].

use std::process::ExitCode;

/// Returns unused memory: the system's own allocator keeps the 19 MB of every password check.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Read here and not in the library: a new commit then only needs linking, not compiling everything.
    server::cli::start(option_env!("BUILD_COMMIT"))
}
