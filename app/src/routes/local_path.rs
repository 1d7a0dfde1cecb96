//! Addresses to which visitors may be redirected.

/// Only addresses of our own: one `/`, then nothing that a browser could read as another host, a
/// header or another parameter; at the end perhaps `#` and the name of a part of the page.
pub fn local_path(next: &str) -> Option<&str> {
    let (path, part) = match next.split_once('#') {
        Some((path, part)) => (path, Some(part)),
        None => (next, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_ours = path.starts_with('/')
        && !path.starts_with("//")
        && path.chars().all(|c| c == '/' || plain(c))
        && part.is_none_or(|part| !part.is_empty() && part.chars().all(plain));
    is_ours.then_some(next)
}

/// A local path as a parameter's value in an address, which its `#` would otherwise end.
pub fn in_query(local_path: &str) -> String {
    local_path.replace('#', "%23")
}

/// A path with these parameters, except those without a value.
pub fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        address.extend(value.bytes().map(encoded));
    }
    address
}

fn encoded(byte: u8) -> String {
    match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_may_follow() {
        for ours in [
            "/",
            "/orders",
            "/items/0192-ab",
            "/items/0192-ab#buy",
            "/#a",
        ] {
            assert_eq!(local_path(ours), Some(ours));
        }
        let foreign = [
            "",
            "orders",
            "//evil",
            "/\\evil",
            "https://evil",
            "/a\r\nb",
            "/a?next=b",
            "#buy",
            "//evil#buy",
            "/a#",
            "/a#b#c",
            "/a#b/c",
            "/a#b?c",
            "/a#b\r\nc",
            "/a#:~:text=b",
            "/a#b%0d",
        ];
        for foreign in foreign {
            assert_eq!(local_path(foreign), None, "{foreign:?}");
        }
    }

    #[test]
    fn typed_text_stays_inside_its_parameter() {
        let parameters = [("search", "小 a&b=#%"), ("state", ""), ("before", "7")];
        assert_eq!(
            with_query("/orders", &parameters),
            "/orders?search=%E5%B0%8F%20a%26b%3D%23%25&before=7"
        );
        assert_eq!(with_query("/orders", &[("state", "")]), "/orders");
    }

    #[test]
    fn a_part_of_a_page_stays_inside_its_parameter() {
        assert_eq!(in_query("/items/7#buy"), "/items/7%23buy");
        assert_eq!(in_query("/orders"), "/orders");
    }
}
