//! What is sent to Redis at once, and the key that decides where to.

use redis::{
    Arg, Cmd, FromRedisValue, Pipeline, RedisResult, ScriptInvocation, cluster_routing::Slot,
};

use super::connection::Connection;

/// What is sent at once.
pub(super) enum Request<'a> {
    Command(&'a Cmd),
    Pipeline(&'a Pipeline),
    Script(&'a ScriptInvocation<'a>),
}

impl Request<'_> {
    pub(super) async fn send<T: FromRedisValue>(
        &self,
        connection: &mut Connection,
    ) -> RedisResult<T> {
        match self {
            Request::Command(command) => command.query_async(connection).await,
            Request::Pipeline(commands) => commands.query_async(connection).await,
            Request::Script(call) => call.invoke_async(connection).await,
        }
    }
}

/// Commands without a key.
const KEYLESS: [&[u8]; 4] = [b"CONFIG", b"INFO", b"PING", b"PUBLISH"];
/// Commands whose arguments are all keys. The others have one, as their first argument.
const OF_KEYS: [&[u8]; 4] = [b"DEL", b"EXISTS", b"MGET", b"UNLINK"];

/// A key that decides which node runs a command; `None` if it has none, or keys of several slots.
pub(super) fn key_of(command: &Cmd) -> Option<&[u8]> {
    let mut arguments = command.args_iter().filter_map(|argument| match argument {
        Arg::Simple(argument) => Some(argument),
        _ => None,
    });
    let name = arguments.next().filter(|name| !KEYLESS.contains(name))?;
    let key = arguments.next()?;
    let is_of_its_slot = |other: &[u8]| Slot::for_key(other) == Slot::for_key(key);
    let one_slot = !OF_KEYS.contains(&name) || arguments.all(is_of_its_slot);
    one_slot.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &str) -> Cmd {
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        command
    }

    #[test]
    fn a_command_goes_to_the_node_of_its_key() {
        for (words, key) in [
            ("HGET a b", Some("a")),
            ("PING", None),
            ("PUBLISH a b", None),
            ("CONFIG GET a", None),
            ("UNLINK a", Some("a")),
            ("UNLINK {a}:b {a}:c", Some("{a}:b")),
            ("UNLINK a b", None),
            ("MGET {a} b", None),
        ] {
            let command = command(words);
            let found = key_of(&command).map(|key| str::from_utf8(key).unwrap());
            assert_eq!(found, key, "{words}");
        }
    }
}
