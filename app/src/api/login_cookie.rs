//! The cookie that carries a log-in token.

use cookie::{Cookie, SameSite, time::Duration};

/// `seckill_login`; behind TLS `__Host-seckill_login`, which a browser accepts only from exactly
/// this host and only over TLS. Scripts cannot read it, and other sites' requests do not send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginCookie {
    /// The shop is served over TLS.
    pub secure: bool,
}

impl LoginCookie {
    pub fn name(self) -> &'static str {
        if self.secure {
            "__Host-seckill_login"
        } else {
            "seckill_login"
        }
    }

    /// The `Set-Cookie` header for a new log-in.
    pub fn set(self, token: &str, max_age_s: i64) -> String {
        let mut cookie = Cookie::build((self.name(), token))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(max_age_s));
        if self.secure {
            cookie = cookie.secure(true);
        }
        cookie.build().to_string()
    }

    /// The `Set-Cookie` header that removes it.
    pub fn clear(self) -> String {
        self.set("", 0)
    }
}

#[cfg(test)]
mod tests {
    use super::LoginCookie;

    #[test]
    fn the_cookie_is_hidden_from_scripts_and_bound_to_the_site() {
        let plain = LoginCookie { secure: false }.set("abc", 60);
        for part in [
            "seckill_login=abc",
            "HttpOnly",
            "SameSite=Lax",
            "Path=/",
            "Max-Age=60",
        ] {
            assert!(
                plain.split("; ").any(|found| found == part),
                "{part}: {plain}"
            );
        }
        assert!(!plain.contains("Secure"), "{plain}");
        let secure = LoginCookie { secure: true }.clear();
        for part in ["__Host-seckill_login=", "Secure", "Path=/", "Max-Age=0"] {
            assert!(
                secure.split("; ").any(|found| found == part),
                "{part}: {secure}"
            );
        }
    }
}
