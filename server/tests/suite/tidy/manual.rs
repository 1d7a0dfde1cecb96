//! The manual cites log lines exactly, and lists the roles' permissions.

use app::wire::{Permission, Role};

use super::rust;
use crate::support::repository::sources;

/// Joins string literals that continue after a backslash in the next line.
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

fn manual(name: &str) -> String {
    let pages = sources("docs", "md").into_iter();
    let page = pages.into_iter().find(|(path, _)| path.ends_with(name));
    page.unwrap().1
}

#[test]
fn every_log_line_cited_in_the_manual_exists() {
    const HEADING: &str = "### Lines of the log to act on";
    let manual = manual("operations.md");
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

#[test]
fn the_manual_says_what_every_role_may_do() {
    let manual = manual("staff.md");
    let (_, section) = manual.split_once("## Who may do what").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = |row: &str| -> Vec<String> {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    let mut rows = section.lines().filter(|line| line.starts_with('|'));
    let roles = cells(rows.next().unwrap());
    let role = |name: &str| {
        let known = Role::ALL.into_iter();
        let mut known = known.filter(|role| format!("{role:?}").to_lowercase() == name);
        known.next().unwrap_or_else(|| panic!("no role {name}"))
    };
    assert_eq!(roles.len(), Role::ALL.len(), "every role but buyers");
    let rows: Vec<_> = rows.skip(1).map(cells).collect();
    assert_eq!(rows.len(), Permission::ALL.len());
    for (permission, row) in Permission::ALL.into_iter().zip(rows) {
        for (name, cell) in roles.iter().zip(&row).skip(1) {
            let may = permission.is_given_to(role(name));
            assert_eq!(cell == "yes", may, "{name}: {permission:?}, {}", row[0]);
        }
    }
}
