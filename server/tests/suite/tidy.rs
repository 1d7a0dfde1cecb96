//! The repository's own rules, as far as a program can check them.

mod lua;
mod manual;
mod redis_rights;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::repository::{root, sources};

fn rust() -> Vec<(String, String)> {
    [
        "app/src",
        "frontend/src",
        "server/src",
        "server/test-servers",
        "server/tests",
    ]
    .into_iter()
    .flat_map(|folder| sources(folder, "rs"))
    .collect()
}

#[test]
fn no_file_exceeds_the_line_limit() {
    for (path, text) in rust() {
        let limit = if path.starts_with("server/tests") {
            600
        } else {
            400
        };
        let lines = text.lines().count();
        assert!(
            lines <= limit,
            "{path} has {lines} lines; the limit is {limit}"
        );
    }
}

/// Allowed files: the end of a file's name, and its largest size in bytes.
const KINDS: [(&str, u64); 31] = [
    // A public list, with its licence.
    ("/common-passwords.txt", 100_000),
    (".rs", 32_000),
    (".lua", 16_000),
    // Preloaded into servers under test.
    (".c", 8_000),
    (".ts", 16_000),
    // Loaded by one page.
    ("/admin-now.js", 4_000),
    // Written into a page.
    (".js", 1_000),
    (".css", 16_000),
    (".sh", 24_000),
    (".toml", 16_000),
    (".json", 64_000),
    (".lock", 300_000),
    (".md", 64_000),
    (".snap", 16_000),
    (".svg", 16_000),
    (".png", 200_000),
    ("/favicon.ico", 4_000),
    (".conf", 16_000),
    (".yaml", 16_000),
    (".yml", 16_000),
    (".service", 4_000),
    // Rights on the servers.
    (".sql", 4_000),
    (".acl", 4_000),
    (".example", 4_000),
    (".txt", 4_000),
    ("ignore", 1_000),
    (".editorconfig", 1_000),
    (".ci/run", 4_000),
    ("Dockerfile", 8_000),
    ("LICENSE", 4_000),
    ("Makefile", 16_000),
];

#[test]
fn the_repository_holds_only_files_of_known_kinds_and_sizes() {
    // Includes uncommitted files, to find problems before the commit.
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(listed.status.success(), "{listed:?}");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<_> = listed.split_terminator('\0').collect();
    assert!(files.len() > 100, "{files:?}");
    for file in files {
        // Removed, but not committed yet.
        let Ok(found) = fs::metadata(root().join(file)) else {
            continue;
        };
        let kind = KINDS.iter().find(|(end, _)| file.ends_with(end));
        let (_, limit) = kind.unwrap_or_else(|| panic!("{file} is of no kind that belongs here"));
        let bytes = found.len();
        assert!(
            bytes <= *limit,
            "{file} has {bytes} bytes; the limit is {limit}"
        );
    }
}

#[test]
fn every_module_has_documentation() {
    for (path, text) in rust() {
        assert!(text.starts_with("//!"), "{path} does not open with `//!`");
    }
}

#[test]
fn no_function_is_longer_than_seventy_lines() {
    for (path, text) in rust() {
        let mut start = None;
        for (number, line) in text.lines().enumerate() {
            let body = line.trim_start();
            let indent = line.len() - body.len();
            let signature = body.strip_prefix("pub ").unwrap_or(body);
            let signature = signature.strip_prefix("pub(super) ").unwrap_or(signature);
            if signature.starts_with("fn ") || signature.starts_with("async fn ") {
                start.get_or_insert((number, indent));
            }
            if let Some((from, at)) = start
                && (body == "}" || body.ends_with(';') && number == from)
                && indent == at
            {
                assert!(
                    number - from < 70,
                    "{path}:{} is {} lines long",
                    from + 1,
                    number - from
                );
                start = None;
            }
        }
    }
}

#[test]
fn layers_use_only_allowed_modules() {
    let rules: [(&str, &[&str]); 5] = [
        (
            "server/src/engine",
            &[
                "tokio::",
                "redis::",
                "lapin::",
                "sea_orm::",
                "axum::",
                "crate::adapters",
                "crate::http",
            ],
        ),
        (
            "app/src",
            &["tokio::", "redis::", "lapin::", "sea_orm::", "sqlx::"],
        ),
        (
            "server/src/adapters",
            &["axum::", "crate::http", "crate::workers"],
        ),
        ("server/src/http", &["sea_orm::", "crate::adapters"]),
        (
            "server/src/bench",
            &["axum::", "clap::", "crate::cli", "crate::http"],
        ),
    ];
    let all = rust();
    for (layer, forbidden) in rules {
        // The folder, and the file next to it with the same name.
        let files = all.iter().filter(|(path, _)| path.starts_with(layer));
        assert!(files.clone().count() > 1, "nothing in {layer}");
        for (path, text) in files {
            for word in forbidden {
                assert!(!text.contains(word), "{path} names {word}");
            }
        }
    }
}

/// Outside a transaction, SQLite returns the rows of `RETURNING` before it commits, and the driver
/// does not check the result of the commit: a caller with an answer may have no row.
#[test]
fn inserts_do_not_use_returning() {
    for (path, text) in sources("server/src/adapters/sql", "rs") {
        for answers_early in [".insert(&self.write)", "exec_with_returning"] {
            assert!(!text.contains(answers_early), "{path}: {answers_early}");
        }
    }
}

#[test]
fn only_the_command_uses_the_benchmark() {
    for (path, text) in rust() {
        let may = path == "server/src/cli/bench.rs" || path == "server/tests/suite/tidy.rs";
        assert!(
            may || !text.contains("crate::bench"),
            "{path} uses the benchmark"
        );
    }
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let manifest = |folder: &Path| -> toml::Table {
        let path = root().join(folder).join("Cargo.toml");
        fs::read_to_string(path).unwrap().parse().unwrap()
    };
    let members = manifest(Path::new(""))["workspace"]["members"].clone();
    let members: Vec<PathBuf> = members.try_into().unwrap();
    assert!(members.len() > 3, "{members:?}");
    for member in members {
        let lints = manifest(&member).remove("lints");
        let inherits = lints.is_some_and(|lints| lints["workspace"].as_bool() == Some(true));
        assert!(inherits, "{} has lints of its own", member.display());
    }
}

#[test]
fn the_sources_contain_no_to_do_notes() {
    let marks = ["TODO", "FIXME", "XXX", "todo!", "unimplemented!", "dbg!"];
    for (path, text) in rust()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tidy.rs"))
    {
        for mark in marks {
            assert!(!text.contains(mark), "{path} holds {mark}");
        }
        assert!(
            !text.contains("#[allow("),
            "{path}: `#[expect(…, reason)]` says when it is over"
        );
    }
}

#[test]
fn folders_and_files_have_specific_names() {
    for (path, _) in rust() {
        assert!(!path.ends_with("/mod.rs"), "{path}: not beside its folder");
        for name in ["utils", "helpers", "types", "traits", "common", "misc"] {
            let named = path.split(['/', '.']).any(|part| part == name);
            assert!(!named, "{path} is named {name}");
        }
    }
}

#[test]
fn deployment_files_and_documents_use_only_existing_settings() {
    let files = [
        ("deploy", "yaml"),
        ("deploy", "yml"),
        ("deploy", "example"),
        ("deploy", "service"),
        ("docs", "md"),
    ];
    for (path, text) in files
        .into_iter()
        .flat_map(|(folder, end)| sources(folder, end))
    {
        for (at, prefix) in text.match_indices("SECKILL_") {
            let rest = &text[at + prefix.len()..];
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            assert!(
                name.is_empty() || server::config::is_known(name),
                "{path} names {prefix}{name}"
            );
        }
    }
}
