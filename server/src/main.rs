//! The binary; see [`server::cli`].

use std::process::ExitCode;

/// Gives back what it does not need: the system's own allocator keeps the 19 MB of every password
/// that was ever checked.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Read here and not in the library: another commit costs a link, not the compilation of everything.
    server::cli::start(option_env!("BUILD_COMMIT"))
}
