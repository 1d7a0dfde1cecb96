//! No other site can change anything as the visitor.
//!
//! Browsers state a request's origin (`Sec-Fetch-Site`, or `Origin` in older ones). A client that
//! sends neither and has no cookie of ours has nothing to abuse; the same holds for one that sends
//! its token in a header.

use app::api::LoginCookie;
use axum::{
    extract::Request,
    http::{HeaderMap, Uri, header},
};

use super::{cookies::cookie, visitor::bearer};

/// Whether a request changes nothing, or comes from our own pages.
pub fn may_pass(request: &Request, login_cookie: LoginCookie) -> bool {
    request.method().is_safe() || is_ours(request.headers(), login_cookie)
}

fn is_ours(headers: &HeaderMap, login_cookie: LoginCookie) -> bool {
    if bearer(headers).is_some() {
        return true;
    }
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match text("origin") {
        Some(origin) => {
            let origin = origin.parse::<Uri>().ok();
            let host = origin
                .as_ref()
                .and_then(Uri::authority)
                .map(|host| host.as_str());
            // A page of the same host without TLS may have been changed on the network.
            let came_safely = || {
                let scheme = origin.as_ref().and_then(Uri::scheme_str);
                !login_cookie.secure || scheme == Some("https")
            };
            host.is_some() && host == text(header::HOST.as_str()) && came_safely()
        }
        None => cookie(headers, login_cookie.name()).is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(lines: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", "shop.example:8443".parse().unwrap());
        for (name, value) in lines {
            headers.insert(*name, value.parse().unwrap());
        }
        is_ours(&headers, LoginCookie { secure: false })
    }

    #[test]
    fn behind_tls_a_page_that_came_without_it_is_another_site() {
        let passes = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "shop.example".parse().unwrap());
            headers.insert("origin", origin.parse().unwrap());
            let cookie = "__Host-seckill_login=abc".parse().unwrap();
            headers.insert("cookie", cookie);
            is_ours(&headers, LoginCookie { secure: true })
        };
        assert!(passes("https://shop.example"));
        assert!(!passes("http://shop.example"));
    }

    #[test]
    fn state_changes_come_from_our_own_pages_or_from_no_browser() {
        const COOKIE: (&str, &str) = ("cookie", "seckill_login=abc");
        let origin = |value| [COOKIE, ("origin", value)];
        let site = |value| [COOKIE, ("sec-fetch-site", value)];
        assert!(passes(&site("same-origin")));
        for foreign in ["cross-site", "same-site", "none", ""] {
            assert!(!passes(&site(foreign)), "{foreign}");
        }
        assert!(passes(&origin("https://shop.example:8443")));
        for foreign in [
            "https://shop.example",
            "https://evil.example",
            "null",
            "garbage::",
        ] {
            assert!(!passes(&origin(foreign)), "{foreign}");
        }
        assert!(
            !passes(&[COOKIE]),
            "a cookie, and no word about where it comes from"
        );
        assert!(passes(&[]), "nothing that could be abused");
        let bearer = ("authorization", "Bearer abc");
        assert!(passes(&[COOKIE, ("sec-fetch-site", "cross-site"), bearer]));
        let outranked = [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://shop.example:8443"),
        ];
        assert!(!passes(&outranked));
    }
}
