//! The log: one line an event, on standard output where the process serves.

use std::io::{IsTerminal, stderr, stdout};

use tracing_subscriber::{EnvFilter, filter::ParseError};

/// Writes what `filter` lets through from now on; in colours only where a person looks on.
///
/// # Errors
/// When the filter cannot be read.
///
/// # Panics
/// When the process writes a log already.
pub fn init(filter: &str) -> Result<(), ParseError> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_ansi(stdout().is_terminal())
        .init();
    Ok(())
}

/// The same on standard error, for a command whose standard output is its result.
///
/// # Errors
/// When the filter cannot be read.
///
/// # Panics
/// When the process writes a log already.
pub fn init_on_stderr(filter: &str) -> Result<(), ParseError> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr)
        .init();
    Ok(())
}
