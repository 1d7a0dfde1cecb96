//! The connection to Redis: one multiplexed connection, a time-out around every call, and a circuit
//! breaker. Only this module distinguishes one Redis from a Redis Cluster.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use redis::{
    Client, Cmd, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, RedisResult, Script,
    TlsCertificates,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cluster::{ClusterClient, ClusterConfig},
    cluster_async::ClusterConnection,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use tokio::time::{error::Elapsed, timeout};

use super::{
    PORT,
    breaker::Breaker,
    errors::{is_no_answer, is_of_replica, is_redirect, port_error},
    masters::Masters,
    request::{Request, key_of},
};
use crate::{
    adapters::tls::{Trust, place_with_tls},
    chain::Chain,
    engine::ports::PortError,
};

/// How long a caller waits: in a sale, people prefer an early "try again" to a long wait.
const CALL_TIMEOUT: Duration = Duration::from_millis(250);
/// Time limit of connecting, and of a call after its caller has given up.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
/// A Redis Cluster counts as down when no node has answered for this long: one failed master must not
/// keep callers from the others. Every process asks several nodes once a second.
const CLUSTER_GRACE: Duration = Duration::from_secs(1);
/// Shortest and longest pause between two attempts to connect.
const MIN_RECONNECT_DELAY: Duration = Duration::from_millis(20);
const MAX_RECONNECT_DELAY: Duration = Duration::from_millis(500);
/// A connection ends when the peer's kernel does not acknowledge sent data for this long.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(2);

/// One Redis, or a Redis Cluster. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Redis {
    connection: Arc<RwLock<Connection>>,
    breaker: Arc<Breaker>,
    namespace: Arc<str>,
    servers: Arc<Servers>,
}

/// Addresses, and the authorities for certificates if they use TLS.
pub(super) struct Servers {
    pub(super) urls: Vec<String>,
    authorities: Option<TlsCertificates>,
}

/// The library's connection type, which reconnects by itself.
#[derive(Clone)]
pub(super) enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection, Masters),
}

/// An argument of a script.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// Text.
    Text(&'a str),
    /// A number; Lua's are exact below 2^53.
    Number(i64),
}

impl Redis {
    /// One Redis (one address) or a Redis Cluster (some of its nodes), with keys that begin with
    /// `namespace`. Connects at the first call, and again when the connection is lost.
    ///
    /// # Errors
    /// If an address is malformed.
    pub fn new(urls: &[String], namespace: &str) -> Result<Redis, PortError> {
        Redis::trusting(urls, namespace, &Trust::default())
    }

    /// Like [`new`](Self::new), with the shop's own authorities for TLS addresses.
    ///
    /// # Errors
    /// If an address is malformed, or there are no authorities.
    pub fn trusting(urls: &[String], namespace: &str, trust: &Trust) -> Result<Redis, PortError> {
        let authorities = match urls.iter().any(|url| place_with_tls(url).is_some()) {
            true => {
                let pem = trust.pem();
                let pem = pem.map_err(|error| PortError::failed(PORT, error))?;
                Some(TlsCertificates {
                    client_tls: None,
                    root_cert: Some(pem.to_vec()),
                })
            }
            false => None,
        };
        let servers = Arc::new(Servers {
            urls: urls.to_vec(),
            authorities,
        });
        let connection = Connection::new(&servers).map_err(port_error)?;
        let grace = match connection {
            Connection::Single(_) => Duration::ZERO,
            Connection::Cluster(..) => CLUSTER_GRACE,
        };
        Ok(Redis {
            connection: Arc::new(RwLock::new(connection)),
            breaker: Arc::new(Breaker::new(grace)),
            namespace: namespace.into(),
            servers,
        })
    }

    /// The key `rest` in the namespace, after a colon.
    pub fn key(&self, rest: &str) -> String {
        format!("{}:{rest}", self.namespace)
    }

    /// The addresses, for connections of another kind (subscriptions).
    pub fn urls(&self) -> &[String] {
        &self.servers.urls
    }

    /// A separate client for one of the addresses.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn client(&self, url: &str) -> RedisResult<Client> {
        self.servers.client(url)
    }

    /// Runs one command.
    ///
    /// # Errors
    /// [`PortError::Busy`] when Redis does not answer within 250 ms, or the breaker is open: the
    /// command may have taken effect. [`PortError::Failed`] when Redis refuses it.
    pub async fn query<T: FromRedisValue>(&self, cmd: &Cmd) -> Result<T, PortError> {
        self.send(key_of(cmd), Request::Command(cmd)).await
    }

    /// Runs several commands as one; all their keys must be in one slot.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn query_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, PortError> {
        let key = commands.cmd_iter().find_map(key_of);
        self.send(key, Request::Pipeline(commands)).await
    }

    /// Again, because the attempt may have taken longer than the interval.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn invoke<T: FromRedisValue>(
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
            };
        }
        let key = keys.first().map(String::as_bytes);
        self.send(key, Request::Script(&call)).await
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.query::<String>(&redis::cmd("PING")).await.map(drop)
    }

    /// The library reconnects when a connection ends, but not when it only stops answering: a
    /// machine in between may keep a connection that Redis has already dropped. So it is replaced
    /// here.
    fn record_timeout(&self) {
        if self.breaker.record_timeout() {
            tracing::debug!("Redis does not answer; its connection is replaced by a new one");
            self.replace_connection();
        }
    }

    /// After a fail-over the address leads to the new master, but the connection still leads to the
    /// old one, now a replica: it answers, refuses writes, and reads old data. In a Redis Cluster
    /// the library finds the new master itself.
    fn record_error(&self, error: &RedisError) {
        if self.servers.urls.len() == 1 && is_of_replica(error) && self.breaker.record_replica() {
            tracing::warn!(
                error = %Chain(error),
                "Redis answers as a replica; the connection is replaced by a new one"
            );
            self.replace_connection();
        }
    }

    fn replace_connection(&self) {
        if let Ok(connection) = Connection::new(&self.servers) {
            *self
                .connection
                .write()
                .unwrap_or_else(PoisonError::into_inner) = connection;
        }
    }

    /// Runs any other call, with the same errors as [`query`](Self::query).
    pub(super) async fn call<T>(
        &self,
        call: impl AsyncFnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, PortError> {
        if !self.breaker.allows() {
            return Err(PortError::busy(PORT, "the circuit breaker is open"));
        }
        let mut connection = self.connection();
        self.noted(timeout(CALL_TIMEOUT, call(&mut connection)).await)
    }

    /// Sends a request whose keys are all in the slot of `key`.
    async fn send<T: FromRedisValue>(
        &self,
        key: Option<&[u8]>,
        request: Request<'_>,
    ) -> Result<T, PortError> {
        if !self.breaker.allows() {
            return Err(PortError::busy(PORT, "the circuit breaker is open"));
        }
        let mut connection = self.connection();
        let Some((mut master, masters)) = key.and_then(|key| connection.master_of(key)) else {
            return self.noted(timeout(CALL_TIMEOUT, request.send(&mut connection)).await);
        };
        let answer = timeout(CALL_TIMEOUT, async {
            match request.send(&mut master).await {
                Err(error) if is_redirect(&error) => {
                    masters.read_soon();
                    request.send(&mut connection).await
                }
                answer => answer,
            }
        });
        let answer = answer.await;
        if !matches!(&answer, Ok(Ok(_))) {
            masters.read_soon();
        }
        self.noted(answer)
    }

    fn connection(&self) -> Connection {
        let connection = self.connection.read();
        connection.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the breaker of an answer, or of none.
    fn noted<T>(&self, answer: Result<RedisResult<T>, Elapsed>) -> Result<T, PortError> {
        match answer {
            Err(_) => {
                self.record_timeout();
                Err(PortError::busy(
                    PORT,
                    format!("no answer within {} ms", CALL_TIMEOUT.as_millis()),
                ))
            }
            Ok(Err(error)) if is_no_answer(&error) => {
                self.record_timeout();
                Err(port_error(error))
            }
            Ok(answer) => {
                self.breaker.record_answer();
                if let Err(error) = &answer {
                    self.record_error(error);
                }
                answer.map_err(port_error)
            }
        }
    }
}

impl Connection {
    /// Connects at the first call.
    fn new(servers: &Arc<Servers>) -> RedisResult<Connection> {
        match &servers.urls[..] {
            [url] => servers.manager(url).map(Connection::Single),
            _ => cluster(servers),
        }
    }

    /// The connection to the master of a key's slot, if there are several masters.
    fn master_of(&self, key: &[u8]) -> Option<(Connection, Masters)> {
        match self {
            Connection::Single(_) => None,
            Connection::Cluster(_, masters) => {
                let master = masters.of_key(key)?;
                Some((Connection::Single(master), masters.clone()))
            }
        }
    }
}

fn tcp() -> TcpSettings {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(1))
        .with_retries(3);
    TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive)
        .set_user_timeout(TCP_USER_TIMEOUT)
}

impl Servers {
    fn client(&self, url: &str) -> RedisResult<Client> {
        let info = url.into_connection_info()?.set_tcp_settings(tcp());
        match &self.authorities {
            Some(authorities) if place_with_tls(url).is_some() => {
                Client::build_with_tls(info, authorities.clone())
            }
            _ => Client::open(info),
        }
    }

    /// A connection to one address. Connects at the first call, and again when it is lost.
    pub(super) fn manager(&self, url: &str) -> RedisResult<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_min_delay(MIN_RECONNECT_DELAY)
            .set_max_delay(MAX_RECONNECT_DELAY);
        ConnectionManager::new_lazy_with_config(self.client(url)?, config)
    }
}

fn cluster(servers: &Arc<Servers>) -> RedisResult<Connection> {
    let mut client = ClusterClient::builder(servers.urls.iter().map(String::as_str))
        .tcp_settings(tcp())
        .response_timeout(RESPONSE_TIMEOUT)
        .connection_timeout(RESPONSE_TIMEOUT)
        .max_retry_wait(MAX_RECONNECT_DELAY.as_millis() as u64);
    if let Some(authorities) = &servers.authorities {
        client = client.certs(authorities.clone());
    }
    let connection = client
        .build()?
        .get_pending_async_connection_with_config(ClusterConfig::new());
    Ok(Connection::Cluster(
        connection,
        Masters::new(Arc::clone(servers)),
    ))
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, redis::Value> {
        match self {
            Connection::Single(connection) => connection.req_packed_command(cmd),
            Connection::Cluster(connection, _) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> redis::RedisFuture<'a, Vec<redis::Value>> {
        match self {
            Connection::Single(connection) => {
                connection.req_packed_commands(pipeline, offset, count)
            }
            Connection::Cluster(connection, _) => {
                connection.req_packed_commands(pipeline, offset, count)
            }
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Connection::Single(connection) => connection.get_db(),
            Connection::Cluster(connection, _) => connection.get_db(),
        }
    }
}
