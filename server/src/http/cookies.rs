//! Reading cookies.

use app::api::TypedFields;
use axum::http::{HeaderMap, header};
use cookie::Cookie;

/// The first cookie of this name. Header lines are read as bytes, so that another cookie's content
/// (UTF-8, which is no valid header text) hides nothing.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(header::COOKIE).iter().find_map(|line| {
        let line = String::from_utf8_lossy(line.as_bytes());
        Cookie::split_parse(&*line)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    })
}

/// The text typed into a form that is shown again.
pub fn typed_fields(headers: &HeaderMap) -> TypedFields {
    let value = cookie(headers, TypedFields::COOKIE);
    value.map_or_else(TypedFields::default, |value| {
        TypedFields::from_cookie(&value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        let line = "xseckill=0; seckill=1;other=2";
        headers.append(header::COOKIE, line.parse().unwrap());
        headers.append(header::COOKIE, "late=3".parse().unwrap());
        assert_eq!(cookie(&headers, "seckill").as_deref(), Some("1"));
        assert_eq!(cookie(&headers, "late").as_deref(), Some("3"));
        assert_eq!(cookie(&headers, "seck"), None);
    }

    #[test]
    fn other_cookies_of_the_line_hide_nothing() {
        let mut headers = HeaderMap::new();
        let line = "city=北京; =; ;;a; seckill=1; seckill=2".as_bytes();
        headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        assert_eq!(cookie(&headers, "seckill").as_deref(), Some("1"));
        assert_eq!(cookie(&headers, "city").as_deref(), Some("北京"));
    }
}
