//! The cookie that carries a log-in token.

/// `seckill_login`; behind TLS `__Host-seckill_login`, which a browser takes only from this very
/// host and only over TLS. Never readable by scripts, never sent along from other sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginCookie {
    /// The shop is served over TLS.
    pub secure: bool,
}

impl LoginCookie {
    /// The cookie's name.
    pub fn name(self) -> &'static str {
        if self.secure {
            "__Host-seckill_login"
        } else {
            "seckill_login"
        }
    }

    /// The `Set-Cookie` header for a new log-in.
    pub fn set(self, token: &str, max_age_s: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!(
            "{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}",
            self.name()
        )
    }

    /// The `Set-Cookie` header that forgets it.
    pub fn clear(self) -> String {
        self.set("", 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_hidden_from_scripts_and_bound_to_the_site() {
        let plain = LoginCookie { secure: false }.set("abc", 60);
        assert_eq!(
            plain,
            "seckill_login=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"
        );
        let secure = LoginCookie { secure: true }.clear();
        assert!(
            secure.starts_with("__Host-seckill_login=; Path=/; "),
            "{secure}"
        );
        assert!(secure.ends_with("Max-Age=0; Secure"), "{secure}");
    }
}
