//! How an error is written into the log or onto the terminal: on one line, with all its causes. This is
//! the only way: an error alone often says no more than "ledger failed". Also a panic's message, which
//! is no error.

use std::{
    any::Any,
    error::Error,
    fmt::{self, Display, Write},
};

/// Displays an error and its causes, separated by colons. A cause that the text before it repeats is
/// left out, and line breaks and control characters become spaces: one event is one line.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = one_line(self.0);
        f.write_str(&last)?;
        let causes = std::iter::successors(self.0.source(), |&cause| cause.source());
        for cause in causes.map(one_line) {
            if !last.contains(&cause) {
                write!(f, ": {cause}")?;
                last = cause;
            }
        }
        Ok(())
    }
}

pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

fn one_line(error: &dyn Error) -> String {
    let mut line = String::new();
    // Writing into a string does not fail.
    let _ = write!(line, "{error}");
    line.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ports::PortError;

    #[derive(Debug, thiserror::Error)]
    enum Layer {
        #[error("cannot connect\nto 10.0.0.1")]
        Connect(#[source] std::io::Error),
        #[error("statement failed: {0}")]
        Repeats(#[source] Box<Layer>),
    }

    #[test]
    fn an_error_is_written_with_every_cause_once_and_on_one_line() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let layer = Layer::Repeats(Box::new(Layer::Connect(refused)));
        let error = PortError::failed("ledger", layer);
        assert_eq!(
            Chain(&error).to_string(),
            "ledger failed: statement failed: cannot connect to 10.0.0.1: connection refused"
        );
    }

    #[test]
    fn an_error_without_causes_is_written_as_it_is() {
        let error = PortError::busy("gate", "no answer in time");
        assert_eq!(Chain(&error).to_string(), "gate is busy: no answer in time");
    }
}
