//! The settings for people: with their values in a terminal, without values in the manual.

use std::fmt::Write;

use super::{Setting, sections, sources::Values};

/// Replaces a hidden value.
const HIDDEN: &str = "***";

/// Short values form a column; a longer one only moves its own meaning to the right.
const WIDEST: usize = 56;

/// Every setting with its value and its meaning, a line each; values that differ from the default are marked.
pub fn listing(values: &Values) -> String {
    let shown = |setting: &Setting, text: &str| match setting.secret {
        true => text.split(',').map(masked).collect::<Vec<_>>().join(","),
        false => text.to_owned(),
    };
    let mut lines = Vec::new();
    for setting in super::settings() {
        let text = values.text(setting.name, setting.default);
        let mark = if text == setting.default { ' ' } else { '*' };
        let value = format!("{mark} {}={}", setting.variable(), shown(&setting, text));
        lines.push((value, setting.about));
    }
    let widths = lines.iter().map(|(value, _)| value.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut text = String::new();
    for (value, about) in lines {
        // Writing into a string does not fail.
        let _ = writeln!(text, "{value:<width$}  # {about}");
    }
    text.push_str("\n* differs from the default\n");
    text
}

/// The address of a server without possible passwords: of the user-info only a name before a password,
/// of the query only the names. `None` when the parts cannot be told apart.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.is_empty() {
            String::new()
        } else {
            HIDDEN.to_owned()
        };
    };
    let hidden = || format!("{scheme}://{HIDDEN}");
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = match place.find('/') {
        Some(at) => place.split_at(at),
        None => (place, ""),
    };
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    // An `@` anywhere else comes from a password that was not encoded.
    let at_signs = usize::from(user.is_some());
    if rest.matches('@').count() != at_signs || !is_host(host) || rest.contains('#') {
        return hidden();
    }
    let user = match user.map(|user| user.split_once(':')) {
        None => String::new(),
        // Alone it may be a password without its colon.
        Some(None) => format!("{HIDDEN}@"),
        Some(Some((name, _))) => format!("{name}:{HIDDEN}@"),
    };
    let query = query.map_or_else(String::new, |query| {
        let names = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) => format!("{name}={HIDDEN}"),
            None => HIDDEN.to_owned(),
        });
        format!("?{}", names.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}://{user}{host}{path}{query}")
}

/// A name or an address, and a port.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !text.ends_with(']') => (name, port),
        _ => (text, ""),
    };
    let in_brackets = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let named = match in_brackets {
        Some(address) => address
            .chars()
            .all(|c| c.is_ascii_hexdigit() || ":.".contains(c)),
        None => name.chars().all(fits),
    };
    !name.is_empty() && named && port.chars().all(|c| c.is_ascii_digit())
}

/// The page of the manual.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    for section in sections() {
        let _ = write!(page, "\n## {}\n\n{TABLE}", section.title);
        for setting in section.settings {
            let default = match setting.default {
                "" => "nothing".to_owned(),
                default => format!("`{default}`"),
            };
            let from_file = match setting.secret {
                true => " May hold a password: also from a file.",
                false => "",
            };
            let example = match setting.default {
                "" => format!(", such as `{}`", setting.example),
                _ => String::new(),
            };
            let _ = writeln!(
                page,
                "| `{}` | {default} | {}{example} | {}{from_file} |",
                setting.variable(),
                setting.form,
                setting.about,
            );
        }
    }
    page
}

const TABLE: &str = "| setting | default | accepted values | meaning |\n|---|---|---|---|\n";

const HEAD: &str = "\
# Configuration

<!-- Written by the program: `server config --markdown > docs/configuration.md`. A test compares. -->

A setting is a variable of the environment, else a key in the TOML file given by `--config FILE`, else its default. The key is the
setting's name in lower case without `SECKILL_`: `addr = \"10.0.0.11:3000\"`. An empty value is the default. A setting that may hold a
password can be read from a file of its own, for secrets that are mounted: `SECKILL_REDIS_URL_FILE=/run/secrets/redis`, in TOML
`redis_url_file`.

`server config` prints every setting with its value and marks what differs from the default; it shows no password. `server config
--check` says whether the settings can be used. A variable that begins with `SECKILL_` and is no setting is warned about at every start,
and refused by `--check`; an unknown key in the file is refused always.
";

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_are_hidden_everywhere() {
        for (url, shown) in [
            ("redis://10.0.0.1:6379", "redis://10.0.0.1:6379"),
            ("redis://:pass@a:1", "redis://:***@a:1"),
            ("redis://topsecret@h:1", "redis://***@h:1"),
            (
                "postgres://shop:s3:cret@db/seckill",
                "postgres://shop:***@db/seckill",
            ),
            (
                "postgres://db/seckill?user=a&password=topsecret&x",
                "postgres://db/seckill?user=***&password=***&***",
            ),
            (
                "postgres://[2001:db8::1]:5432/seckill",
                "postgres://[2001:db8::1]:5432/seckill",
            ),
            (
                "amqp://seckill:secret@10.0.0.22:5672/%2f",
                "amqp://seckill:***@10.0.0.22:5672/%2f",
            ),
            // Not encoded as they should be.
            ("redis://:p@ss@b:2", "redis://***"),
            ("postgres://u:top/secret@db/x", "postgres://***"),
            ("postgres://u:top?secret@db/x", "postgres://***"),
            ("postgres://u:top#secret@db/x", "postgres://***"),
            ("postgres://u:topsecret", "postgres://***"),
            ("secret@h:1", "***"),
            ("", ""),
        ] {
            assert_eq!(masked(url), shown, "{url}");
        }
    }
}
