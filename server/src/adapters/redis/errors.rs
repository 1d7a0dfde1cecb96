//! What an error of Redis means to a caller.

use redis::{ErrorKind, RedisError};

use super::PORT;
use crate::engine::ports::PortError;

/// What Redis answers for a while, and then no more: while it starts, is out of memory or disk,
/// changes its role, or lacks replicas; and when it was interrupted. `ASK` and `MOVED` arrive here where
/// the library does not follow them: in a transaction, and when they lead to a master that is gone.
const TRANSIENT: [&str; 12] = [
    "ASK",
    "BUSY",
    "CLUSTERDOWN",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "TRYAGAIN",
    "UNBLOCKED",
];
/// What only a replica answers.
const OF_REPLICAS: [&str; 2] = ["MASTERDOWN", "READONLY"];

/// Whether there was no answer, as opposed to an answer that says no.
pub(super) fn is_no_answer(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.kind() == ErrorKind::ClusterConnectionNotFound
}

/// The words that Redis' errors begin with: one, or several for a pipeline.
fn codes(error: &RedisError) -> Vec<String> {
    match error.code() {
        Some("EXECABORT") | None => {
            let answers = error.clone().into_server_errors().unwrap_or_default();
            let codes = answers.iter().map(|(_, answer)| answer.code());
            // Of a transaction this says only that a command in it was refused.
            let codes = codes.filter(|code| *code != "EXECABORT");
            codes.map(str::to_owned).collect()
        }
        Some(code) => vec![code.to_owned()],
    }
}

/// Whether only a replica answers so.
pub(super) fn is_of_replica(error: &RedisError) -> bool {
    codes(error)
        .iter()
        .any(|code| OF_REPLICAS.contains(&&**code))
}

/// No answer, and answers that will be others in a while, are [`PortError::Busy`].
pub(super) fn port_error(error: RedisError) -> PortError {
    let codes = codes(&error);
    let is_transient = |code: &String| TRANSIENT.contains(&&**code);
    if is_no_answer(&error) || (!codes.is_empty() && codes.iter().all(is_transient)) {
        return PortError::busy(PORT, error.to_string());
    }
    PortError::failed(PORT, error)
}
