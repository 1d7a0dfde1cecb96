//! The log: one line an event, on standard output.

use std::io::{IsTerminal, stdout};

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
