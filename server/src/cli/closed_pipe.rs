//! A command whose reader has seen enough (`server config | head`).

use std::panic::{self, PanicHookInfo};

/// As a shell reports a program that the signal of a closed pipe (13) has ended.
const ENDED_BY_CLOSED_PIPE: i32 = 128 + 13;

/// From here on such a command ends without a word, as other programs do. Standard output's `println!` panics
/// instead, since Rust has the signal ignored; it stays ignored, since connections would raise it, too.
pub fn ends_commands() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        match is_of_closed_pipe(panicked) {
            true => std::process::exit(ENDED_BY_CLOSED_PIPE),
            false => report(panicked),
        }
    }));
}

/// The words are those of the standard library.
fn is_of_closed_pipe(panicked: &PanicHookInfo) -> bool {
    panicked.payload_as_str().is_some_and(|said| {
        said.starts_with("failed printing to std") && said.contains("Broken pipe")
    })
}
