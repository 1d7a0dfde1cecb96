//! Switches by which those who run the shop close a part of it for a while.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AccountId, ApiError};

/// What can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Paths are handed out without a right answer.
    CaptchaOff,
    /// No new purchases are let in; what is in the queue becomes orders.
    QueueOnly,
    /// Nobody registers, and no buyer signs in.
    NoLogIns,
    /// Shoppers read, and change nothing.
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
    /// Longest time for which one is set, in minutes: whoever needs it longer looks at it again.
    pub const MAX_MINUTES: u32 = 24 * 60;

    /// As it is written on the wire, and the code of the error that shoppers meet.
    pub const fn code(self) -> &'static str {
        match self {
            Switch::CaptchaOff => "captcha_off",
            Switch::QueueOnly => "queue_only",
            Switch::NoLogIns => "no_log_ins",
            Switch::ReadingOnly => "reading_only",
        }
    }

    /// What entries of the activity log about it are found by.
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
    /// Which.
    pub switch: Switch,
    /// Whose account set it; nobody's for a command at the server.
    pub set_by: Option<AccountId>,
    /// That account's name at that time, or `command`.
    pub set_by_name: String,
    /// Why, in the words of who set it.
    pub reason: String,
    /// Since when.
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
