//! Switches with which staff close a part of the shop for a while.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AccountId, ApiError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Paths are given without a right answer to a captcha.
    CaptchaOff,
    /// No new purchases are accepted; reservations in the queue become orders.
    QueueOnly,
    /// Nobody can register, and no buyer can sign in.
    NoLogIns,
    /// Shoppers can read, but change nothing.
    ReadingOnly,
}

impl Switch {
    /// All of them, in the order of the page.
    pub const ALL: [Switch; 4] = [
        Switch::CaptchaOff,
        Switch::QueueOnly,
        Switch::NoLogIns,
        Switch::ReadingOnly,
    ];
    /// Longest duration of a switch, in minutes: a longer need deserves another look.
    pub const MAX_MINUTES: u32 = 24 * 60;

    /// Its name on the wire, and the code of the error that shoppers get.
    pub const fn code(self) -> &'static str {
        match self {
            Switch::CaptchaOff => "captcha_off",
            Switch::QueueOnly => "queue_only",
            Switch::NoLogIns => "no_log_ins",
            Switch::ReadingOnly => "reading_only",
        }
    }

    /// The id for its entries in the activity log.
    pub const fn subject_id(self) -> Uuid {
        Uuid::from_u128(0x5317_c4e5_0000_7000_8000_0000_0000_0001 + self as u128)
    }
}

impl FromStr for Switch {
    type Err = ApiError;

    /// `not_found` for another word.
    fn from_str(code: &str) -> Result<Self, ApiError> {
        let found = Switch::ALL.into_iter().find(|switch| switch.code() == code);
        found.ok_or(ApiError::NotFound)
    }
}

/// A switch that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSwitch {
    pub switch: Switch,
    /// The account that set it; none for a command at the server.
    pub set_by: Option<AccountId>,
    /// That account's name at that time, or `command`.
    pub set_by_name: String,
    /// The reason, in the words of the person.
    pub reason: String,
    pub set_at_ms: i64,
    /// It ends by itself at this instant.
    pub ends_at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_read_by_the_code_that_it_is_written_as() {
        for switch in Switch::ALL {
            assert_eq!(serde_json::to_value(switch).unwrap(), switch.code());
            assert_eq!(switch.code().parse::<Switch>().unwrap(), switch);
        }
        assert_eq!("captcha".parse::<Switch>(), Err(ApiError::NotFound));
        let ids: std::collections::BTreeSet<_> = Switch::ALL.map(Switch::subject_id).into();
        assert_eq!(ids.len(), Switch::ALL.len());
    }
}
