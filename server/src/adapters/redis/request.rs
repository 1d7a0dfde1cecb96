//! A request to Redis, and the key that decides to which node it goes.

use redis::{
    Arg, Cmd, FromRedisValue, Pipeline, RedisResult, ScriptInvocation, cluster_routing::Slot,
};

use super::servers::Connection;

/// One request.
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
const KEYLESS: [&[u8]; 5] = [b"CONFIG", b"INFO", b"PING", b"PUBLISH", b"TIME"];
/// Commands whose arguments are all keys. The others have one, as their first argument.
const OF_KEYS: [&[u8]; 4] = [b"DEL", b"EXISTS", b"MGET", b"UNLINK"];

/// The nodes of a Redis Cluster that can run a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    Any,
    /// The master of this key's slot.
    Key(&'a [u8]),
    /// It has keys of several slots.
    Several,
}

impl Target<'_> {
    pub(super) fn of(command: &Cmd) -> Target<'_> {
        let mut arguments = command.args_iter().filter_map(|argument| match argument {
            Arg::Simple(argument) => Some(argument),
            _ => None,
        });
        let name = arguments.next().unwrap_or_default();
        let Some(key) = arguments.next().filter(|_| !KEYLESS.contains(&name)) else {
            return Target::Any;
        };
        let is_of_its_slot = |other: &[u8]| Slot::for_key(other) == Slot::for_key(key);
        match !OF_KEYS.contains(&name) || arguments.all(is_of_its_slot) {
            true => Target::Key(key),
            false => Target::Several,
        }
    }
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
        for (words, target) in [
            ("HGET a b", Target::Key(b"a")),
            ("PING", Target::Any),
            ("PUBLISH a b", Target::Any),
            ("CONFIG GET a", Target::Any),
            ("UNLINK a", Target::Key(b"a")),
            ("UNLINK {a}:b {a}:c", Target::Key(b"{a}:b")),
            ("UNLINK a b", Target::Several),
            ("MGET {a} b", Target::Several),
        ] {
            assert_eq!(Target::of(&command(words)), target, "{words}");
        }
    }
}
