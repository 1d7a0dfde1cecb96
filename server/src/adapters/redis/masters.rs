//! A connection to each master of a Redis Cluster. While the library's cluster client connects to a failed
//! node again, it holds back all calls, also those to the other masters; with an address that drops packets,
//! for a second at a time. So calls with a key go directly to the master of its slot, and that client does the
//! rest: calls without a key or with keys of several slots, and redirects.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{FutureExt, future::select_ok};
use redis::{RedisResult, Value, aio::ConnectionManager, cluster_routing::Slot};
use url::Url;

use super::connection::Servers;
use crate::chain::Chain;

/// Shortest time between two reads of the slots.
const READ_AGAIN: Duration = Duration::from_millis(100);

/// Connections by slot. Clones share them.
#[derive(Clone)]
pub(super) struct Masters(Arc<Shared>);

struct Shared {
    servers: Arc<Servers>,
    state: Mutex<State>,
    /// One reads the slots at a time.
    reading: AtomicBool,
}

#[derive(Default)]
struct State {
    /// By address: the masters, and the addresses in the settings.
    nodes: HashMap<String, ConnectionManager>,
    by_slot: HashMap<Slot, ConnectionManager>,
    read_at: Option<Instant>,
}

/// A range of slots and the address of its master.
struct Range {
    first: u16,
    last: u16,
    url: String,
}

impl Masters {
    pub(super) fn new(servers: Arc<Servers>) -> Masters {
        Masters(Arc::new(Shared {
            servers,
            state: Mutex::default(),
            reading: AtomicBool::new(false),
        }))
    }

    /// The master of a key's slot, if it is known.
    pub(super) fn of_key(&self, key: &[u8]) -> Option<ConnectionManager> {
        let master = self.0.state().by_slot.get(&Slot::for_key(key)).cloned();
        if master.is_none() {
            self.read_soon();
        }
        master
    }

    /// Reads the slots again, in the background: a master did not answer, or has lost a slot.
    pub(super) fn read_soon(&self) {
        let is_fresh = |at: Instant| at.elapsed() < READ_AGAIN;
        if self.0.state().read_at.is_some_and(is_fresh)
            || self.0.reading.swap(true, Ordering::Relaxed)
        {
            return;
        }
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            if let Err(error) = shared.read().await {
                tracing::debug!(
                    error = %Chain(&error),
                    "cannot read the slots of the Redis Cluster; the last known ones are used"
                );
            }
            shared.reading.store(false, Ordering::Relaxed);
        });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first answer of any known node counts. If it is an old one, a master redirects, and the slots are
    /// read again.
    async fn read(&self) -> RedisResult<()> {
        let mut known = self.state().nodes.clone();
        for url in &self.servers.urls {
            if !known.contains_key(url) {
                known.insert(url.clone(), self.servers.manager(url)?);
            }
        }
        let asked = known.iter().map(|(url, node)| {
            let mut node = node.clone();
            let asked = async move {
                let mut slots = redis::cmd("CLUSTER");
                let slots: Vec<Vec<Value>> = slots.arg("SLOTS").query_async(&mut node).await?;
                ranges(url, slots)
            };
            asked.boxed()
        });
        let answer = select_ok(asked).await;
        self.state().read_at = Some(Instant::now());
        let (ranges, _) = answer?;
        let (mut nodes, mut by_slot) = (HashMap::new(), HashMap::new());
        for Range { first, last, url } in ranges {
            let node = match known.get(&url).or_else(|| nodes.get(&url)) {
                Some(node) => ConnectionManager::clone(node),
                None => self.servers.manager(&url)?,
            };
            let slots = (first..=last).filter_map(Slot::new);
            by_slot.extend(slots.map(|slot| (slot, node.clone())));
            nodes.insert(url, node);
        }
        known.retain(|url, _| self.servers.urls.contains(url));
        known.extend(nodes);
        let mut state = self.state();
        state.nodes = known;
        state.by_slot = by_slot;
        Ok(())
    }
}

/// Reads the answer of the node at `asked`: first and last slot, and the node of the range's master.
fn ranges(asked: &str, slots: Vec<Vec<Value>>) -> RedisResult<Vec<Range>> {
    let range = |slots: Vec<Value>| {
        let mut slots = slots.into_iter();
        let mut next = || slots.next().unwrap_or(Value::Nil);
        let (first, last) = (
            redis::from_redis_value(next())?,
            redis::from_redis_value(next())?,
        );
        let mut master = redis::from_redis_value::<Vec<Value>>(next())?.into_iter();
        let mut next = || master.next().unwrap_or(Value::Nil);
        let host: Option<String> = redis::from_redis_value(next())?;
        let port = redis::from_redis_value(next())?;
        let url = url_of(asked, host.as_deref(), port);
        Ok(Range { first, last, url })
    };
    slots.into_iter().map(range).collect()
}

/// The address of another node. Everything but host and port is the same; a node that does not know its own
/// host leaves it out.
fn url_of(asked: &str, host: Option<&str>, port: u16) -> String {
    let Ok(mut url) = Url::parse(asked) else {
        return asked.to_owned();
    };
    if let Some(host) = host.filter(|host| !host.is_empty() && *host != "?") {
        let is_ipv6 = host.contains(':');
        let host = if is_ipv6 { &format!("[{host}]") } else { host };
        // Fails only for addresses that cannot have a host.
        let _ = url.set_host(Some(host));
    }
    let _ = url.set_port(Some(port));
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![host, Value::Int(port), Value::Nil])
    }

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn ranges_have_the_scheme_and_the_password_of_the_node_that_was_asked() {
        let master = node(text("10.0.0.2"), 7001);
        let replica = node(text("10.0.0.3"), 7002);
        let slots = vec![
            vec![Value::Int(0), Value::Int(5460), master, replica],
            vec![Value::Int(5461), Value::Int(16383), node(Value::Nil, 7003)],
            vec![
                Value::Int(1),
                Value::Int(1),
                node(text("2001:db8::1"), 7004),
            ],
        ];
        let found = ranges("rediss://shop:secret@redis.example:6379/", slots).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|range| (range.first, range.last, range.url.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (0, 5460, "rediss://shop:secret@10.0.0.2:7001/"),
                (5461, 16383, "rediss://shop:secret@redis.example:7003/"),
                (1, 1, "rediss://shop:secret@[2001:db8::1]:7004/"),
            ]
        );
    }

    #[test]
    fn answers_of_another_form_are_errors() {
        for slots in [vec![vec![]], vec![vec![Value::Int(0), Value::Int(1)]]] {
            assert!(ranges("redis://127.0.0.1:6379", slots).is_err());
        }
    }
}
