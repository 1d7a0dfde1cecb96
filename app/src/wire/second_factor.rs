//! The second factor of an account as its owner sees it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether an account is signed in to with a second factor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Since when, epoch milliseconds; nothing while it is not asked for.
    pub set_at_ms: Option<i64>,
    /// How many recovery codes were not used yet.
    pub recovery_codes_left: u32,
    /// What was begun and not confirmed yet.
    pub pending: Option<SecondFactorSetup>,
}

/// What a program that shows codes needs, and what helps where it is lost. Shown until it is confirmed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorSetup {
    /// In base32, for those who type it.
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
