//! Commands whose reader closes the pipe early (`server config | head`).

use std::panic::{self, PanicHookInfo};

/// The exit status that a shell reports after SIGPIPE (13).
const ENDED_BY_CLOSED_PIPE: i32 = 128 + 13;

/// From here on such a command exits silently, as other programs do. `println!` would panic instead, since
/// Rust ignores SIGPIPE; it stays ignored, since connections would raise it too.
pub fn ends_commands() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        match is_of_closed_pipe(panicked) {
            true => std::process::exit(ENDED_BY_CLOSED_PIPE),
            false => report(panicked),
        }
    }));
}

/// The text is the standard library's.
fn is_of_closed_pipe(panicked: &PanicHookInfo) -> bool {
    panicked.payload_as_str().is_some_and(|said| {
        said.starts_with("failed printing to std") && said.contains("Broken pipe")
    })
}
