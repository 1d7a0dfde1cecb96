//! Reading cookies.

use axum::http::{HeaderMap, header};

/// The value of a cookie: the first of that name.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            "xseckill=0; seckill=1;other=2".parse().unwrap(),
        );
        headers.append(header::COOKIE, "late=3".parse().unwrap());
        assert_eq!(cookie(&headers, "seckill"), Some("1"));
        assert_eq!(cookie(&headers, "late"), Some("3"));
        assert_eq!(cookie(&headers, "seck"), None);
    }
}
