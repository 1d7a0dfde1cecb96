//! Words of the wire and of the ports, stored in the ledger as they are on the wire.

use serde::{Serialize, de::DeserializeOwned};

use super::inconsistent;
use crate::engine::ports::PortError;

/// Writes a value as one word.
pub fn word<T: Serialize>(value: &T) -> Result<String, PortError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(inconsistent(format!("not a word: {other:?}"))),
    }
}

/// Reads a value from a word.
pub fn parsed<T: DeserializeOwned>(word: &str) -> Result<T, PortError> {
    serde_json::from_value(word.into()).map_err(|_| inconsistent(format!("unknown word {word}")))
}
