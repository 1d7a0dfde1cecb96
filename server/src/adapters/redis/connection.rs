//! The way to Redis: one multiplexed connection, a time limit around every call, a breaker in
//! front. The only place that knows whether it is one Redis or a Redis Cluster.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, Script, ServerErrorKind,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cluster::{ClusterClient, ClusterConfig},
    cluster_async::ClusterConnection,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use tokio::time::timeout;

use super::breaker::Breaker;
use crate::{chain::Chain, engine::ports::PortError};

/// A caller waits no longer: a person in a sale would rather be told to try again.
const CALL: Duration = Duration::from_millis(250);
/// Making a connection takes no longer, and neither does a call that its caller has left.
const RESPONSE: Duration = Duration::from_secs(1);
/// Longest pause between two attempts to connect.
const RECONNECT: Duration = Duration::from_millis(500);
/// What was sent must be taken by the other side's kernel within this time.
const UNSENT: Duration = Duration::from_secs(2);

pub(super) const PORT: &str = "redis";

/// One Redis, or a Redis Cluster. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Redis {
    link: Arc<RwLock<Link>>,
    breaker: Arc<Breaker>,
    namespace: Arc<str>,
    urls: Arc<[String]>,
}

#[derive(Clone)]
enum Link {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

/// An argument of a script.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// Text.
    Text(&'a str),
    /// A number; Lua's are exact below 2^53.
    Number(i64),
    /// Bytes as they are.
    Bytes(&'a [u8]),
}

impl Redis {
    /// Makes ready to talk to one Redis (one address) or to a Redis Cluster (some of its nodes),
    /// under keys that begin with `namespace`. Connects at the first call, and again after losses.
    ///
    /// # Errors
    /// When an address is malformed.
    pub fn new(urls: &[String], namespace: &str) -> Result<Redis, PortError> {
        let link = Link::new(urls).map_err(port_error)?;
        Ok(Redis {
            link: Arc::new(RwLock::new(link)),
            breaker: Arc::new(Breaker::new()),
            namespace: namespace.into(),
            urls: urls.into(),
        })
    }

    /// A name of ours: the namespace, a colon, `rest`.
    pub fn key(&self, rest: &str) -> String {
        format!("{}:{rest}", self.namespace)
    }

    /// The addresses, for connections of another kind (subscriptions).
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// One command.
    ///
    /// # Errors
    /// [`PortError::Busy`] when Redis does not answer within 250 ms, or is known not to answer:
    /// whether the command took effect is not known. [`PortError::Failed`] when it refuses.
    pub async fn ask<T: FromRedisValue>(&self, cmd: &Cmd) -> Result<T, PortError> {
        self.guarded(async |link| cmd.query_async(link).await).await
    }

    /// One script; all its keys are in one slot. A Redis that does not know the script learns it.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        args: &[Arg<'_>],
    ) -> Result<T, PortError> {
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(key);
        }
        for arg in args {
            match arg {
                Arg::Text(text) => call.arg(text),
                Arg::Number(number) => call.arg(number),
                Arg::Bytes(bytes) => call.arg(bytes),
            };
        }
        self.guarded(async |link| call.invoke_async(link).await)
            .await
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.ask::<String>(&redis::cmd("PING")).await.map(drop)
    }

    /// The library connects again when a connection ends, not when it is only mute: whatever is in
    /// between may keep one that Redis does not know any more. So silence ends it here.
    fn silent(&self) {
        if self.breaker.silent()
            && let Ok(link) = Link::new(&self.urls)
        {
            *self.link.write().unwrap_or_else(PoisonError::into_inner) = link;
        }
    }

    async fn guarded<T>(
        &self,
        call: impl AsyncFnOnce(&mut Link) -> RedisResult<T>,
    ) -> Result<T, PortError> {
        if !self.breaker.lets_through() {
            return Err(PortError::busy(PORT, "does not answer"));
        }
        let mut link = self
            .link
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match timeout(CALL, call(&mut link)).await {
            Err(_) => {
                self.silent();
                Err(PortError::busy(PORT, "no answer in time"))
            }
            Ok(Err(error)) if is_silence(&error) => {
                self.silent();
                Err(port_error(error))
            }
            Ok(answer) => {
                self.breaker.answered();
                answer.map_err(port_error)
            }
        }
    }
}

impl Link {
    /// Connects at the first call.
    fn new(urls: &[String]) -> RedisResult<Link> {
        match urls {
            [url] => single(url),
            urls => cluster(urls),
        }
    }
}

pub(super) fn tcp() -> TcpSettings {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(1))
        .with_retries(3);
    TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive)
        .set_user_timeout(UNSENT)
}

fn single(url: &str) -> RedisResult<Link> {
    let info = redis::IntoConnectionInfo::into_connection_info(url)?.set_tcp_settings(tcp());
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE))
        .set_connection_timeout(Some(RESPONSE))
        .set_min_delay(Duration::from_millis(20))
        .set_max_delay(RECONNECT);
    ConnectionManager::new_lazy_with_config(Client::open(info)?, config).map(Link::Single)
}

fn cluster(urls: &[String]) -> RedisResult<Link> {
    let client = ClusterClient::builder(urls.iter().map(String::as_str))
        .tcp_settings(tcp())
        .response_timeout(RESPONSE)
        .connection_timeout(RESPONSE)
        .max_retry_wait(RECONNECT.as_millis() as u64)
        .build()?;
    let connection = client.get_pending_async_connection_with_config(ClusterConfig::new());
    Ok(Link::Cluster(connection))
}

/// Whether nobody answered, as opposed to an answer that says no.
fn is_silence(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.kind() == ErrorKind::ClusterConnectionNotFound
}

/// Silence, and answers that will be others in a while, are [`PortError::Busy`].
pub(super) fn port_error(error: RedisError) -> PortError {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly, TryAgain};
    let passing = matches!(
        error.kind(),
        ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | ReadOnly | TryAgain)
    ) || matches!(error.code(), Some("OOM" | "BUSY" | "MISCONF"));
    if passing || is_silence(&error) {
        return PortError::busy(PORT, Chain(&error));
    }
    PortError::failed(PORT, error)
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, redis::Value> {
        match self {
            Link::Single(link) => link.req_packed_command(cmd),
            Link::Cluster(link) => link.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> redis::RedisFuture<'a, Vec<redis::Value>> {
        match self {
            Link::Single(link) => link.req_packed_commands(pipeline, offset, count),
            Link::Cluster(link) => link.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Link::Single(link) => link.get_db(),
            Link::Cluster(link) => link.get_db(),
        }
    }
}
