//! The rules for Lua scripts: each documents its purpose, names its arguments, leaves the stored
//! formats to the prelude, and is used.

use std::path::Path;

use super::rust;
use crate::support::repository::sources;

const PRELUDE: &str = "server/lua/prelude.lua";
const LIST: &str = "server/src/adapters/redis/scripts.rs";

/// The parts of a script.
struct Script {
    path: String,
    /// The comment at its start.
    head: String,
    /// The following lines, which name arguments.
    arguments: Vec<Argument>,
    body: String,
}

/// `local name = KEYS[index]`; without an index it is the whole list.
struct Argument {
    name: String,
    table: &'static str,
    index: Option<usize>,
}

impl Argument {
    fn parse(line: &str) -> Option<Argument> {
        let (name, value) = line.strip_prefix("local ")?.split_once(" = ")?;
        let value = value
            .strip_prefix("tonumber(")
            .and_then(|value| value.strip_suffix(')'))
            .unwrap_or(value);
        let table = ["KEYS", "ARGV"]
            .into_iter()
            .find(|table| value.starts_with(table))?;
        let index = match value.strip_prefix(table)? {
            "" => None,
            index => Some(index.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?),
        };
        let name = name.to_owned();
        Some(Argument { name, table, index })
    }
}

impl Script {
    fn parse(path: String, text: &str) -> Script {
        let mut lines = text.lines().peekable();
        let mut head = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("--")) {
            head.push_str(line);
            head.push('\n');
        }
        let mut arguments = Vec::new();
        while let Some(argument) = lines.peek().and_then(|line| Argument::parse(line)) {
            arguments.push(argument);
            lines.next();
        }
        let body = lines.collect::<Vec<_>>().join("\n");
        Script {
            path,
            head,
            arguments,
            body,
        }
    }

    /// The names in the header's part about `KEYS` or `ARGV`, which numbers them: `1 item, 2 …`.
    fn documented(&self, table: &str) -> Vec<&str> {
        let from = self.head.find(&format!("-- {table}: ")).unwrap() + table.len() + 5;
        let part = &self.head[from..];
        // Continued lines are indented.
        let lines = part.split_inclusive('\n').enumerate();
        let part = lines
            .take_while(|(number, line)| *number == 0 || line.starts_with("--  "))
            .map(|(_, line)| line);
        let mut words = part
            .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
            .filter(|word| !word.is_empty());
        let mut names = Vec::new();
        while let Some(word) = words.next() {
            if word == (names.len() + 1).to_string() {
                names.extend(words.next());
            }
        }
        names
    }
}

fn scripts() -> Vec<Script> {
    let scripts: Vec<_> = sources("server/lua", "lua")
        .into_iter()
        .filter(|(path, _)| path != PRELUDE)
        .map(|(path, text)| Script::parse(path, &text))
        .collect();
    assert!(!scripts.is_empty());
    scripts
}

#[test]
fn every_script_is_listed_and_used() {
    let rust = rust();
    let (_, list) = rust.iter().find(|(path, _)| path == LIST).unwrap();
    for Script { path, .. } in scripts() {
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        let folder = Path::new(&path).parent().unwrap();
        let folder = folder.strip_prefix("server/lua").unwrap().to_str().unwrap();
        let (_, listed) = list.split_once(&format!("    {folder} {{\n")).unwrap();
        let (listed, _) = listed.split_once("    }\n").unwrap();
        let constant = name.to_uppercase();
        assert!(
            listed.contains(&format!("{constant} = \"{name}\";")),
            "{path} is not listed in {LIST}"
        );
        let call = format!("scripts::{folder}::{constant}");
        let product = rust
            .iter()
            .filter(|(path, _)| path.starts_with("server/src"));
        let used = product.clone().any(|(_, text)| text.contains(&call));
        assert!(used, "{path} is used nowhere");
    }
}

#[test]
fn every_script_documents_its_purpose_and_why_it_may_be_repeated() {
    for Script { path, head, .. } in scripts() {
        for part in ["Purpose", "KEYS", "ARGV", "Returns", "Repeat"] {
            assert!(head.contains(&format!("-- {part}: ")), "{path}: {part}");
        }
    }
}

#[test]
fn every_script_names_its_arguments_first_and_like_its_header() {
    for script in scripts() {
        let path = &script.path;
        for table in ["KEYS", "ARGV"] {
            let mut words = script.body.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(
                !words.any(|word| word == table),
                "{path} uses {table} after its first lines"
            );
            let documented = script.documented(table);
            let named = script.arguments.iter().filter(|found| found.table == table);
            let indexed: Vec<_> = named
                .clone()
                .filter(|found| found.index.is_some())
                .collect();
            for argument in &indexed {
                let index = argument.index.unwrap();
                let expected = documented.get(index - 1).map(|name| match table {
                    "KEYS" => format!("{name}_key"),
                    _ => (*name).to_owned(),
                });
                assert_eq!(
                    Some(&argument.name),
                    expected.as_ref(),
                    "{path}: {table}[{index}] has another name in the head"
                );
            }
            // A key may only determine the slot, and a list is named as a whole.
            if !script.arguments.is_empty() && named.clone().all(|found| found.index.is_some()) {
                assert_eq!(indexed.len(), documented.len(), "{path}: {table}");
            }
        }
    }
}

#[test]
fn only_the_prelude_knows_stored_formats_and_the_time() {
    for Script { path, body, .. } in scripts() {
        let time = "return redis.call('TIME')";
        for format in ["'TIME'", ":match(", "table.concat(", "string.format("] {
            let allowed = format == "'TIME'" && body.trim() == time;
            assert!(!body.contains(format) || allowed, "{path} uses {format}");
        }
    }
}

#[test]
fn every_function_of_the_prelude_is_used() {
    let (_, prelude) = sources("server/lua", "lua")
        .into_iter()
        .find(|(path, _)| path == PRELUDE)
        .unwrap();
    let scripts = scripts();
    for line in prelude.lines() {
        let Some(signature) = line.strip_prefix("local function ") else {
            continue;
        };
        let (name, _) = signature.split_once('(').unwrap();
        let call = format!("{name}(");
        let calls = prelude.matches(&call).count() > 1;
        let called = scripts.iter().any(|script| script.body.contains(&call));
        assert!(calls || called, "{name} of {PRELUDE} is used nowhere");
    }
}
