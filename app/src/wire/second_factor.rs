//! The second factor of an account as its owner sees it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The second factor of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// When it was set up, epoch milliseconds; `None` if there is none.
    pub set_at_ms: Option<i64>,
    /// The number of unused recovery codes.
    pub recovery_codes_left: u32,
    /// A set-up that was begun but not confirmed.
    pub pending: Option<SecondFactorSetup>,
}

/// The data for an authenticator app, and recovery codes for its loss. Shown until it is confirmed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorSetup {
    /// In base32, for typing.
    pub secret: String,
    /// The same as `otpauth://`, for a QR code.
    pub uri: String,
    /// Each signs in once in place of a code.
    pub recovery_codes: Vec<String>,
}

impl fmt::Debug for SecondFactorSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactorSetup(…)")
    }
}
