//! Accounts as the wire sees them, and the rules for what a person may type into the forms.

use serde::{Deserialize, Serialize};

use super::{AccountId, ApiError};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 买家: buys.
    Buyer,
    /// 运营: prepares rounds and runs them.
    Operator,
    /// 审核: approves rounds.
    Reviewer,
    /// 管理员: everything.
    Admin,
}

/// The signed-in caller, as shown to the caller. The mobile number is masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who this is.
    pub account_id: AccountId,
    /// The name shown on pages.
    pub nickname: String,
    /// Masked, for example `138****0001`.
    pub mobile: String,
    /// What the account may do.
    pub role: Role,
    /// The account may look, but not buy.
    #[serde(default)]
    pub banned: bool,
}

fn invalid(field: &str) -> ApiError {
    ApiError::Invalid {
        field: field.to_owned(),
    }
}

/// A mainland mobile number: eleven digits, `1` then `3`–`9`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mobile(String);

impl Mobile {
    /// Spaces and hyphens that people type are dropped.
    ///
    /// # Errors
    /// `invalid` with field `mobile`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let bytes = digits.as_bytes();
        let ok = bytes.len() == 11
            && bytes.iter().all(u8::is_ascii_digit)
            && bytes[0] == b'1'
            && bytes[1] >= b'3';
        if ok {
            Ok(Self(digits))
        } else {
            Err(invalid("mobile"))
        }
    }

    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `138****0001`: enough to recognise one's own number, not enough to call somebody.
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }
}

/// A password as typed: 8 to 128 characters. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Fewest characters.
    pub const MIN: usize = 8;
    /// Most characters: bounds what is hashed.
    pub const MAX: usize = 128;

    /// # Errors
    /// `invalid` with field `password`.
    pub fn parse(text: String) -> Result<Self, ApiError> {
        let length = text.chars().count();
        if (Self::MIN..=Self::MAX).contains(&length) {
            Ok(Self(text))
        } else {
            Err(invalid("password"))
        }
    }

    /// The secret itself, for hashing only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

/// The name shown on pages: 1 to 24 characters without control characters, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nickname(String);

impl Nickname {
    /// Most characters.
    pub const MAX: usize = 24;

    /// # Errors
    /// `invalid` with field `nickname`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let name = text.trim();
        let length = name.chars().count();
        if (1..=Self::MAX).contains(&length) && !name.chars().any(char::is_control) {
            Ok(Self(name.to_owned()))
        } else {
            Err(invalid("nickname"))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mobile_number_is_eleven_digits_and_is_shown_masked() {
        assert_eq!(
            Mobile::parse("138 0000-0001").unwrap().masked(),
            "138****0001"
        );
        for wrong in [
            "",
            "1380000000",
            "138000000011",
            "23800000001",
            "12800000001",
            "1380000000x",
            "１３８００００００１１",
        ] {
            assert_eq!(Mobile::parse(wrong), Err(invalid("mobile")), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_bounded_and_never_printed() {
        let password = Password::parse("correct horse".into()).unwrap();
        assert_eq!(format!("{password:?}"), "Password(***)");
        assert!(Password::parse("short".into()).is_err());
        assert!(Password::parse("x".repeat(129)).is_err());
    }

    #[test]
    fn a_nickname_is_trimmed_and_printable() {
        assert_eq!(Nickname::parse("  小明 ").unwrap().as_str(), "小明");
        for wrong in ["", "   ", "a\u{0}b", &"x".repeat(25)] {
            assert!(Nickname::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
