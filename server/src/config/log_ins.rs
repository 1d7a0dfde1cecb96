//! How long people stay signed in.

use std::time::Duration;

use super::{forms::Seconds, section::section};

section! {
    /// How long people stay signed in.
    #[derive(Clone, Debug)]
    LogIns, "Log-ins" {
        life: Duration = "LOGIN_LIFE_S", "1800", Seconds(1, 31_536_000),
            "A log-in lasts this long after its last use.";
        life_max: Duration = "LOGIN_LIFE_MAX_S", "172800", Seconds(1, 31_536_000),
            "A log-in lasts no longer than this, however often it is used.";
    }
}
