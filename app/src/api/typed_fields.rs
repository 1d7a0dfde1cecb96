//! The typed content of a form that is shown again after a mistake, so that it is not lost.

use cookie::{Cookie, SameSite, time::Duration};

/// The fields of the log-in and the registration form, without the password. The browser keeps them for a
/// minute in a cookie that scripts cannot read: in an address they would be logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedFields {
    /// As it was typed.
    pub mobile: String,
    /// As it was typed.
    pub nickname: String,
}

const LIFE: Duration = Duration::minutes(1);
/// Longest kept field, in characters: cookies have room for some 4,000 bytes.
const MAX_CHARS: usize = 64;

impl TypedFields {
    /// The name of the cookie.
    pub const COOKIE: &str = "seckill_form";

    /// The `Set-Cookie` header that keeps them; `secure` if the shop is served over TLS.
    pub fn set_cookie(&self, secure: bool) -> String {
        let short = |text: &str| -> String { text.chars().take(MAX_CHARS).collect() };
        let value = format!("{}\n{}", short(&self.mobile), short(&self.nickname));
        Self::cookie(value, LIFE, secure)
    }

    /// The `Set-Cookie` header that removes them.
    pub fn clear_cookie(secure: bool) -> String {
        Self::cookie(String::new(), Duration::ZERO, secure)
    }

    fn cookie(value: String, life: Duration, secure: bool) -> String {
        let mut cookie = Cookie::build((Self::COOKIE, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .max_age(life);
        if secure {
            cookie = cookie.secure(true);
        }
        cookie.build().encoded().to_string()
    }

    /// The fields in the cookie.
    pub fn from_cookie(value: &str) -> Self {
        let cookie = Cookie::parse_encoded(format!("{}={value}", Self::COOKIE));
        let value = cookie
            .map(|cookie| cookie.value().to_owned())
            .unwrap_or_default();
        let (mobile, nickname) = value.split_once('\n').unwrap_or_default();
        Self {
            mobile: mobile.to_owned(),
            nickname: nickname.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_fields_come_back_unchanged() {
        let typed = TypedFields {
            mobile: "+86 138; 0013=8000".to_owned(),
            nickname: "小明, \"x\"".to_owned(),
        };
        let header = typed.set_cookie(true);
        assert!(
            ["HttpOnly", "SameSite=Strict", "Secure"]
                .iter()
                .all(|part| header.contains(part)),
            "{header}"
        );
        let value = header.split(';').next().unwrap().split_once('=').unwrap().1;
        assert_eq!(TypedFields::from_cookie(value), typed);
    }

    #[test]
    fn a_foreign_cookie_is_an_empty_form() {
        for value in ["", "%", "%ff", "a"] {
            assert_eq!(
                TypedFields::from_cookie(value),
                TypedFields::default(),
                "{value}"
            );
        }
    }
}
