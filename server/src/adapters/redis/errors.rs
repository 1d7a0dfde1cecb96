//! Converts Redis's errors.

use redis::{ErrorKind, RedisError};

use super::PORT;
use crate::engine::ports::PortError;

/// Temporary errors: Redis is starting, out of memory or disk, changing its role, lacks replicas, or was
/// interrupted. `ASK` and `MOVED` arrive here if the library does not follow them: in a transaction, or
/// when the master they lead to is down.
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
/// Errors with which a node of a Redis Cluster sends a call elsewhere.
const REDIRECTS: [&str; 3] = ["ASK", "MOVED", "TRYAGAIN"];
/// Errors that only a replica returns.
const OF_REPLICAS: [&str; 2] = ["MASTERDOWN", "READONLY"];

/// Whether there was no answer, as opposed to an answer with an error.
pub(super) fn is_no_answer(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.kind() == ErrorKind::ClusterConnectionNotFound
}

/// The codes at the start of Redis's errors: one, or several for a pipeline.
fn codes(error: &RedisError) -> Vec<String> {
    match error.code() {
        Some("EXECABORT") | None => {
            let answers = error.clone().into_server_errors().unwrap_or_default();
            let codes = answers.iter().map(|(_, answer)| answer.code());
            // In a transaction this only says that a command in it was refused.
            let codes = codes.filter(|code| *code != "EXECABORT");
            codes.map(str::to_owned).collect()
        }
        Some(code) => vec![code.to_owned()],
    }
}

/// Whether the node did not do what concerns this slot, because it is, or is going, elsewhere.
pub(super) fn is_redirect(error: &RedisError) -> bool {
    codes(error).iter().any(|code| REDIRECTS.contains(&&**code))
}

/// Whether another node may have the slot now.
pub(super) fn is_moved(error: &RedisError) -> bool {
    codes(error)
        .iter()
        .any(|code| matches!(&**code, "MOVED" | "CLUSTERDOWN" | "LOADING" | "MASTERDOWN"))
}

/// Whether the server refused the connection's log-in. The library keeps such a connection.
pub(super) fn is_refused_log_in(error: &RedisError) -> bool {
    let is_refused = |code: &String| matches!(&**code, "WRONGPASS" | "NOAUTH");
    error.kind() == ErrorKind::AuthenticationFailed || codes(error).iter().any(is_refused)
}

/// Whether only a replica returns this error.
pub(super) fn is_of_replica(error: &RedisError) -> bool {
    codes(error)
        .iter()
        .any(|code| OF_REPLICAS.contains(&&**code))
}

/// Converts missing answers and temporary errors to [`PortError::Busy`].
pub(super) fn port_error(error: RedisError) -> PortError {
    let codes = codes(&error);
    let is_transient = |code: &String| TRANSIENT.contains(&&**code);
    if is_no_answer(&error) || (!codes.is_empty() && codes.iter().all(is_transient)) {
        return PortError::busy(PORT, error.to_string());
    }
    PortError::failed(PORT, error)
}
