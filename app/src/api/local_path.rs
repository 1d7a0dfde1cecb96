//! Addresses that visitors may be sent on to.

/// Only addresses of our own: one `/`, then nothing that a browser could read as another host, a
/// header or another parameter.
pub fn local_path(next: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    (next.starts_with('/') && !next.starts_with("//") && next.chars().all(plain)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_our_own_paths_may_follow() {
        for ours in ["/", "/orders", "/items/0192-ab"] {
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
        ];
        for foreign in foreign {
            assert_eq!(local_path(foreign), None, "{foreign:?}");
        }
    }
}
