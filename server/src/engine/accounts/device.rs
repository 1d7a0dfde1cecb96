//! Describes a browser for the list of log-ins.

/// Longest text that [`device`] returns, in characters; the schema has room for it.
pub const MAX_DEVICE: usize = 64;
/// How much of a `User-Agent` is read: real ones have 120 to 250 characters.
const MAX_LOOKED_AT: usize = 512;
/// Longest name of a program other than a browser.
const MAX_PROGRAM: usize = 32;

/// A pattern in `User-Agent`, and the name. Browsers also claim to be others, so the first match
/// counts.
const BROWSERS: [(&str, &str); 14] = [
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("UCBrowser", "UC Browser"),
    ("QQBrowser", "QQ Browser"),
    ("FxiOS", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 10] = [
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
];

/// Browser and system, such as `Chrome · Android`; the name of any other program; empty when nothing can be
/// shown. Only words from these tables, or letters, digits, `-`, `_` and `.`, so that no attacker can put a
/// sentence into the list of log-ins.
pub fn device(user_agent: &str) -> String {
    let said: String = user_agent.chars().take(MAX_LOOKED_AT).collect();
    let named = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(part, _)| said.contains(part));
        found.map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => program(&said),
    }
}

fn program(said: &str) -> String {
    let name = said.split(['/', ' ']).next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match name.len() <= MAX_PROGRAM && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_as_people_know_them() {
        const APPLE: &str = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        const CHROMIUM: &str = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0";
        for (said, device_in_words) in [
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROMIUM} Safari/537.36"),
                "Chrome · Windows",
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROMIUM} Safari/537.36 Edg/140.0"
                ),
                "Edge · Windows",
            ),
            (
                format!(
                    "Mozilla/5.0 (Linux; Android 15) {CHROMIUM} Mobile Safari/537.36 MicroMessenger/8.0"
                ),
                "WeChat · Android",
            ),
            (
                format!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) {APPLE} Version/19.0 Safari/604.1"
                ),
                "Safari · iPhone",
            ),
            (
                format!(
                    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/19.0 Safari/605.1.15"
                ),
                "Safari · macOS",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".to_owned(),
                "Firefox · Linux",
            ),
            ("curl/8.11.0".to_owned(), "curl"),
            ("okhttp".to_owned(), "okhttp"),
        ] {
            assert_eq!(device(&said), device_in_words, "{said}");
        }
    }

    #[test]
    fn any_user_agent_gives_a_short_plain_description() {
        for said in [
            "",
            "<script>alert(1)</script>",
            "你的账号被盗了，请拨打",
            "a\u{202e}b",
            &"x".repeat(10_000),
            &format!("{}Chrome/1", " ".repeat(600)),
        ] {
            assert_eq!(device(said), "", "{said:?}");
        }
        for (_, browser) in BROWSERS {
            for (_, system) in SYSTEMS {
                assert!(browser.chars().count() + 3 + system.chars().count() <= MAX_DEVICE);
            }
        }
    }
}
