//! The connection to Redis: one multiplexed connection, a time-out around every call, and a circuit
//! breaker. To a Redis Cluster there is one such connection for each master, see [`Masters`].

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures::future::try_join_all;
use redis::{
    Client, Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, Script, TlsCertificates, Value,
};
use tokio::time::{error::Elapsed, timeout};

use super::{
    PORT,
    breaker::Breaker,
    errors::{is_moved, is_no_answer, is_of_replica, is_redirect, is_refused_log_in, port_error},
    masters::Masters,
    request::{Request, Target},
    servers::{Connection, Servers},
};
use crate::{
    adapters::tls::{Trust, place_with_tls},
    chain::Chain,
    engine::ports::PortError,
};

/// How long a caller waits: in a sale, people prefer an early "try again" to a long wait.
const CALL_TIMEOUT: Duration = Duration::from_millis(250);
/// The library's client for a Redis Cluster counts as down when no node has answered it for this long: one
/// failed master must not keep callers from the others.
const CLUSTER_GRACE: Duration = Duration::from_secs(1);

/// One Redis, or a Redis Cluster. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Redis {
    connection: Arc<RwLock<Connection>>,
    breaker: Arc<Breaker>,
    namespace: Arc<str>,
    servers: Arc<Servers>,
    /// Of a Redis Cluster.
    masters: Option<Masters>,
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
        let redis = Redis::node(Servers::new(urls.to_vec(), authorities));
        let redis = redis.map_err(port_error)?;
        let masters = (urls.len() > 1).then(|| Masters::new(Arc::clone(&redis.servers)));
        Ok(Redis {
            namespace: namespace.into(),
            masters,
            ..redis
        })
    }

    /// Without a namespace: one Redis, or the library's client for a Redis Cluster.
    pub(super) fn node(servers: Servers) -> RedisResult<Redis> {
        let connection = Connection::new(&servers)?;
        let grace = match connection {
            Connection::Single(_) => Duration::ZERO,
            Connection::Cluster(_) => CLUSTER_GRACE,
        };
        Ok(Redis {
            connection: Arc::new(RwLock::new(connection)),
            breaker: Arc::new(Breaker::new(grace, servers.places())),
            namespace: "".into(),
            servers: Arc::new(servers),
            masters: None,
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
        self.send(Target::of(cmd), Request::Command(cmd)).await
    }

    /// Runs several commands as one; all their keys must be in one slot.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn query_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, PortError> {
        let target = commands.cmd_iter().next().map_or(Target::Any, Target::of);
        self.send(target, Request::Pipeline(commands)).await
    }

    /// Runs a script, whose keys must be in one slot.
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
        let target = keys
            .first()
            .map_or(Target::Any, |key| Target::Key(key.as_bytes()));
        self.send(target, Request::Script(&call)).await
    }

    /// Whether Redis answers; of a Redis Cluster, every master.
    ///
    /// # Errors
    /// If one does not answer.
    pub async fn ping(&self) -> Result<(), PortError> {
        let ping = redis::cmd("PING");
        let request = Request::Command(&ping);
        let masters = self.masters.as_ref().map(Masters::all).unwrap_or_default();
        if masters.is_empty() {
            return Ok(self.answer::<Value>(&request).await.map(drop)?);
        }
        let answers = masters
            .iter()
            .map(|master| master.answer::<Value>(&request));
        Ok(try_join_all(answers).await.map(drop)?)
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
    /// old one, now a replica: it answers, refuses writes, and reads old data. And the library keeps a
    /// connection that could not log in.
    fn record_error(&self, error: &RedisError) {
        let is_useless = is_of_replica(error) || is_refused_log_in(error);
        if self.servers.urls.len() == 1 && is_useless && self.breaker.record_useless() {
            tracing::warn!(
                error = %Chain(error),
                "Redis answers as a replica, or refuses the log-in; the connection is replaced by a new one"
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

    /// Runs any other call, with the same errors as [`query`](Self::query). In a Redis Cluster the library's
    /// client runs it.
    pub(super) async fn call<T>(
        &self,
        call: impl AsyncFnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, PortError> {
        let mut connection = self.allowed_connection()?;
        let answer = timeout(CALL_TIMEOUT, call(&mut connection)).await;
        if self.masters.is_none() {
            return Ok(self.noted(answer)?);
        }
        // One master that does not answer must not open the breaker of redirected calls.
        let answer = answer.map_err(|_| CallError::Timeout)?;
        Ok(answer.map_err(CallError::Redis)?)
    }

    async fn send<T: FromRedisValue>(
        &self,
        target: Target<'_>,
        request: Request<'_>,
    ) -> Result<T, PortError> {
        let Some(masters) = &self.masters else {
            return Ok(self.answer(&request).await?);
        };
        let candidates = match target {
            Target::Key(key) => masters.of_key(key).into_iter().collect(),
            Target::Any => masters.all(),
            Target::Several => Vec::new(),
        };
        for master in &candidates {
            match master.answer(&request).await {
                Err(CallError::Redis(error)) if is_redirect(&error) => {
                    masters.read_soon();
                    break;
                }
                Err(error) if error.may_lead_elsewhere() => {
                    masters.read_soon();
                    if candidates.len() == 1 {
                        return Err(error.into());
                    }
                }
                answer => return Ok(answer?),
            }
        }
        Ok(self.answer(&request).await?)
    }

    /// Sends a request over this connection, whatever its keys.
    pub(super) async fn answer<T: FromRedisValue>(
        &self,
        request: &Request<'_>,
    ) -> Result<T, CallError> {
        let mut connection = self.allowed_connection()?;
        self.noted(timeout(CALL_TIMEOUT, request.send(&mut connection)).await)
    }

    /// Whether the last call was answered.
    pub(super) fn answers(&self) -> bool {
        self.breaker.answers()
    }

    fn allowed_connection(&self) -> Result<Connection, CallError> {
        if !self.breaker.allows() {
            return Err(CallError::BreakerOpen);
        }
        let connection = self.connection.read();
        Ok(connection.unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Tells the breaker of an answer, or of none.
    fn noted<T>(&self, answer: Result<RedisResult<T>, Elapsed>) -> Result<T, CallError> {
        match answer {
            Err(_) => {
                self.record_timeout();
                Err(CallError::Timeout)
            }
            Ok(Err(error)) if is_no_answer(&error) => {
                self.record_timeout();
                Err(CallError::Redis(error))
            }
            Ok(answer) => {
                self.breaker.record_answer();
                if let Err(error) = &answer {
                    self.record_error(error);
                }
                answer.map_err(CallError::Redis)
            }
        }
    }
}

/// Why there is no result.
#[derive(Debug)]
pub(super) enum CallError {
    /// Nothing was sent.
    BreakerOpen,
    Timeout,
    Redis(RedisError),
}

impl CallError {
    /// The node may have lost its slots, or be gone.
    fn may_lead_elsewhere(&self) -> bool {
        match self {
            CallError::BreakerOpen | CallError::Timeout => true,
            CallError::Redis(error) => {
                is_no_answer(error) || is_moved(error) || is_refused_log_in(error)
            }
        }
    }
}

impl From<CallError> for PortError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::BreakerOpen => PortError::busy(PORT, "the circuit breaker is open"),
            CallError::Timeout => PortError::busy(
                PORT,
                format!("no answer within {} ms", CALL_TIMEOUT.as_millis()),
            ),
            CallError::Redis(error) => port_error(error),
        }
    }
}
