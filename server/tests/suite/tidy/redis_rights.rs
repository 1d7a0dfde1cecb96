//! The shipped rules allow every command that the program and its scripts send to Redis, including commands that
//! no test sends with those rules.

use std::collections::HashSet;

use test_servers::redis::USERS;

use crate::support::repository::sources;

/// Words in capitals that are arguments of commands.
const ARGUMENTS: [&str; 15] = [
    "COUNT",
    "CREATE",
    "GROUP",
    "GROUPS",
    "IDLE",
    "JUSTID",
    "KEEPTTL",
    "LIMIT",
    "MKSTREAM",
    "NODES",
    "NX",
    "PX",
    "SLOTS",
    "STREAMS",
    "WITHSCORES",
];
/// Commands of which only one form is sent in most places.
const FORMS: [(&str, &str); 3] = [
    ("cluster", "cluster|slots"),
    ("config", "config|get"),
    ("xgroup", "xgroup|create"),
];
/// Methods of the client, and the commands they send.
const METHODS: [(&str, &[&str]); 9] = [
    (".atomic()", &["multi", "exec"]),
    (".pset_ex(", &["psetex"]),
    (".zadd(", &["zadd"]),
    (".zrembyscore(", &["zremrangebyscore"]),
    (".pexpire(", &["pexpire"]),
    (".subscribe(", &["subscribe"]),
    ("Script::new(", &["evalsha", "script|load"]),
    ("ClusterClient::", &["cluster|slots", "asking"]),
    ("\"NODES\"", &["cluster|nodes"]),
];
/// Words in capitals that are errors of Redis.
const ERRORS: &str = "server/src/adapters/redis/errors.rs";

/// Commands in a text: words in capitals between quotes.
fn named(text: &str, quote: char) -> impl Iterator<Item = String> {
    let is_word = |part: &&str| part.len() > 1 && part.bytes().all(|b| b.is_ascii_uppercase());
    let words = text.split(quote).filter(is_word);
    let commands = words.filter(|word| !ARGUMENTS.contains(word));
    commands.map(|word| {
        let word = word.to_lowercase();
        let form = FORMS.iter().find(|(name, _)| *name == word);
        form.map_or(word, |(_, form)| (*form).to_owned())
    })
}

#[test]
fn every_command_sent_to_redis_is_allowed() {
    // Without the benchmark's own commands: it has its own servers and users.
    let rust = sources("server/src/adapters/redis", "rs");
    let mut sent = Vec::new();
    for (path, text) in rust.iter().filter(|(path, _)| path != ERRORS) {
        sent.extend(named(text, '"').map(|command| (command, path.clone())));
        let methods = METHODS.iter().filter(|(method, _)| text.contains(method));
        let commands = methods.flat_map(|(_, commands)| *commands);
        sent.extend(commands.map(|command| ((*command).to_owned(), path.clone())));
    }
    for (path, text) in sources("server/lua", "lua") {
        sent.extend(named(&text, '\'').map(|command| (command, path.clone())));
    }
    let allowed: HashSet<_> = USERS
        .split_whitespace()
        .filter_map(|word| word.strip_prefix('+'))
        .collect();
    for known in ["getdel", "multi", "evalsha", "xautoclaim", "config|get"] {
        assert!(
            sent.iter().any(|(command, _)| command == known),
            "{known} was not found"
        );
    }
    for (command, path) in sent {
        assert!(
            allowed.contains(command.as_str()),
            "{path} sends {command}, which deploy/redis/users.acl does not allow"
        );
    }
}
