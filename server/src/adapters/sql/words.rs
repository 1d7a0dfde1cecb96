//! Words of the wire and of the ports as they stand in the ledger: the same as on the wire.

use serde::{Serialize, de::DeserializeOwned};

use super::inconsistent;
use crate::engine::ports::PortError;

/// A value that is written as one word.
pub fn word<T: Serialize>(value: &T) -> Result<String, PortError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(inconsistent(format!("not a word: {other:?}"))),
    }
}

/// The value of a word.
pub fn parsed<T: DeserializeOwned>(word: &str) -> Result<T, PortError> {
    serde_json::from_value(word.into()).map_err(|_| inconsistent(format!("unknown word {word}")))
}
