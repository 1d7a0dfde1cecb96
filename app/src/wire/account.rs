//! Accounts on the wire, and the rules for text that a person types into the forms.

use serde::{Deserialize, Serialize};

use super::{AccountId, ApiError, language::turns_text};

/// The role of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 买家: buys.
    Buyer,
    /// 运营: prepares rounds and runs them.
    Operator,
    /// 审核: approves rounds.
    Reviewer,
    /// 客服: helps buyers with their orders.
    Support,
    /// 审计: reads everything, changes nothing.
    Auditor,
    /// 管理员: everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 6] = [
        Role::Buyer,
        Role::Operator,
        Role::Reviewer,
        Role::Support,
        Role::Auditor,
        Role::Admin,
    ];

    /// Whether the role is a staff role.
    pub fn is_staff(self) -> bool {
        self != Role::Buyer
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Buyer => "buyer",
            Role::Operator => "operator",
            Role::Reviewer => "reviewer",
            Role::Support => "support",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }
}

/// The signed-in caller, as shown to the caller. The mobile number is masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub account_id: AccountId,
    /// The name shown on pages.
    pub nickname: String,
    /// Masked, for example `138****0001`.
    pub mobile: String,
    pub role: Role,
    /// Whether the account is banned: it may read, but not buy.
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

/// Most characters of a number as it is typed, with marks and prefix.
const MAX_TYPED: usize = 64;

impl Mobile {
    /// Parses a number as people type it and phones fill it in: with spaces, hyphens, dots and brackets, full-width
    /// digits, and the country prefix. Every spelling of a number is the same account.
    ///
    /// # Errors
    /// `invalid` with field `mobile`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        if text.chars().count() > MAX_TYPED {
            return Err(invalid("mobile"));
        }
        let plain: String = text
            .chars()
            .filter(|c| !separates(*c))
            .map(half_width)
            .collect();
        let national = ["+86", "0086", "86"]
            .into_iter()
            .find_map(|prefix| plain.strip_prefix(prefix));
        let digits = national.unwrap_or(&plain);
        let bytes = digits.as_bytes();
        let ok = bytes.len() == 11
            && bytes.iter().all(u8::is_ascii_digit)
            && bytes[0] == b'1'
            && bytes[1] >= b'3';
        if ok {
            Ok(Self(digits.to_owned()))
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

/// Separators that people and phones put between digits: spaces, hyphens and dashes, dots, brackets, and invisible
/// marks.
fn separates(c: char) -> bool {
    c.is_whitespace()
        || is_invisible(c)
        || matches!(c, '-' | '.' | '(' | ')' | '/' | '·' | '．' | '（' | '）')
        || matches!(
            c,
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}'
        )
}

/// The ASCII character of a full-width digit or plus sign.
fn half_width(c: char) -> char {
    match c {
        '０'..='９' | '＋' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// Invisible marks: zero-width, direction, and format characters.
fn is_invisible(c: char) -> bool {
    is_direction_mark(c)
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}')
}

/// Every direction mark.
fn is_direction_mark(c: char) -> bool {
    turns_text(c) || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// A password as typed: 8 to 256 characters, never truncated. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Fewest characters.
    pub const MIN: usize = 8;
    /// Most characters: limits the work of hashing.
    pub const MAX: usize = 256;

    /// # Errors
    /// `invalid` with field `password` when it is too short, `password_long` when it is too long.
    pub fn parse(text: String) -> Result<Self, ApiError> {
        match text.chars().count() {
            ..Self::MIN => Err(invalid("password")),
            Self::MIN..=Self::MAX => Ok(Self(text)),
            _ => Err(invalid("password_long")),
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

/// The name shown on pages: 1 to 24 characters, trimmed, at least one of them visible, without control characters, line
/// breaks and direction marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nickname(String);

impl Nickname {
    /// Most characters.
    pub const MAX: usize = 24;

    /// # Errors
    /// `invalid` with field `nickname`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        plain_line(text, 1, Self::MAX)
            .map(Self)
            .ok_or_else(|| invalid("nickname"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line of `min` to `max` characters, trimmed, at least one of them visible, without control characters, line
/// breaks and direction marks.
pub(super) fn plain_line(text: &str, min: usize, max: usize) -> Option<String> {
    let line = text.trim();
    let fits = (min..=max).contains(&line.chars().count());
    let is_plain = line.chars().any(is_visible) && !line.chars().any(is_unfit);
    (fits && is_plain).then(|| line.to_owned())
}

/// Whether a name with only this character would be visible.
fn is_visible(c: char) -> bool {
    // Blank letters: of Hangul, of Braille, and variation selectors.
    let is_blank = matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' | '\u{34f}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !c.is_whitespace() && !is_invisible(c) && !is_blank
}

/// Whether names must not contain this character: controls, line ends, direction marks, and code points that are no
/// characters.
fn is_unfit(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || is_direction_mark(c)
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}')
        || code & 0xfffe == 0xfffe
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
            "+1 138 0000 0001",
            "+85213800000001",
            &" ".repeat(65),
        ] {
            assert_eq!(Mobile::parse(wrong), Err(invalid("mobile")), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_one_number_however_it_is_written() {
        for written in [
            "13800138009",
            "１３８００１３８００９",
            "+8613800138009",
            "+86 138 0013 8009",
            "(+86) 138-0013-8009",
            "0086 13800138009",
            "8613800138009",
            "＋８６１３８００１３８００９",
            "\u{202d}138 0013 8009\u{202c}",
            "\u{200e}138\u{a0}0013\u{3000}8009\u{200b}\u{feff}",
            "138.0013.8009",
            "138\u{2011}0013\u{2013}8009",
            "138－0013－8009\t\n",
        ] {
            let number = Mobile::parse(written);
            assert_eq!(
                number.as_ref().map(Mobile::as_str),
                Ok("13800138009"),
                "{written:?}"
            );
        }
    }

    #[test]
    fn a_password_is_bounded_and_never_printed() {
        let password = Password::parse("correct horse".into()).unwrap();
        assert_eq!(format!("{password:?}"), "Password(***)");
        let refused = |text: &str| Password::parse(text.to_owned()).unwrap_err();
        assert_eq!(refused("short"), invalid("password"));
        assert_eq!(refused(&"x".repeat(257)), invalid("password_long"));
        assert!(Password::parse("密".repeat(256)).is_ok());
    }

    #[test]
    fn a_nickname_is_trimmed_and_printable() {
        assert_eq!(Nickname::parse("  小明 ").unwrap().as_str(), "小明");
        for right in ["Lin", "👩‍👩‍👧", "é", "!"] {
            assert!(Nickname::parse(right).is_ok(), "{right:?}");
        }
        for wrong in [
            "",
            "   ",
            "a\u{0}b",
            &"x".repeat(25),
            "\u{200b}\u{200b}",
            "\u{3164}",
            "\u{2800}",
            "\u{2060}",
            "\u{feff}",
            "a\u{202e}b",
            "a\u{2067}b",
            "a\u{2028}b",
            "a\u{ffff}b",
        ] {
            assert!(Nickname::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
