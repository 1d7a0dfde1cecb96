//! The manual names lines of the log as they are written.

use super::{rust, sources};

/// The text of string literals goes on in the next line after a backslash.
fn joined(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let mut line = line.to_owned();
        while line.ends_with('\\') {
            line.pop();
            line.push_str(lines.next().unwrap_or_default().trim_start());
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[test]
fn every_line_of_the_log_that_the_manual_names_is_logged() {
    const HEADING: &str = "### Lines of the log to act on";
    let manual = sources("docs", "md")
        .into_iter()
        .find(|(path, _)| path.ends_with("operations.md"));
    let (_, manual) = manual.unwrap();
    let (_, section) = manual.split_once(HEADING).unwrap();
    let section = section.split("\n###").next().unwrap();
    let named: Vec<_> = section
        .lines()
        .filter_map(|row| row.strip_prefix("| `")?.split('`').next())
        .collect();
    assert!(named.len() >= 7, "{named:?}");
    let logged: Vec<_> = rust()
        .iter()
        .filter(|(path, _)| path.contains("server/src"))
        .map(|(_, source)| joined(source))
        .collect();
    for line in named {
        let is_logged = logged.iter().any(|source| source.contains(line));
        assert!(
            is_logged,
            "docs/operations.md names `{line}`, which nothing logs"
        );
    }
}
