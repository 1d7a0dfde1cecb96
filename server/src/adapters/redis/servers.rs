//! The addresses of a Redis or a Redis Cluster, and the library's connections to them.

use std::time::Duration;

use redis::{
    Client, Cmd, IntoConnectionInfo, RedisResult, TlsCertificates,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cluster::{ClusterClient, ClusterConfig},
    cluster_async::ClusterConnection,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use url::Url;

use crate::adapters::tls::place_with_tls;

const DEFAULT_PORT: u16 = 6379;

/// Time limit of connecting, and of a call after its caller has given up.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Shortest and longest pause between two attempts to connect.
const MIN_RECONNECT_DELAY: Duration = Duration::from_millis(20);
const MAX_RECONNECT_DELAY: Duration = Duration::from_millis(500);
/// A connection ends when the peer's kernel does not acknowledge sent data for this long.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(2);

/// Addresses, and the authorities for certificates if they use TLS.
pub(super) struct Servers {
    pub(super) urls: Vec<String>,
    authorities: Option<TlsCertificates>,
}

/// The library's connection type, which reconnects by itself.
#[derive(Clone)]
pub(super) enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Connection {
    /// Connects at the first call.
    pub(super) fn new(servers: &Servers) -> RedisResult<Connection> {
        match &servers.urls[..] {
            [url] => servers.manager(url).map(Connection::Single),
            _ => cluster(servers),
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
    pub(super) fn new(urls: Vec<String>, authorities: Option<TlsCertificates>) -> Servers {
        Servers { urls, authorities }
    }

    /// Hosts and ports, without passwords.
    pub(super) fn places(&self) -> String {
        let places: Vec<_> = self.urls.iter().filter_map(|url| place_of(url)).collect();
        places.join(", ")
    }

    pub(super) fn with_urls(&self, urls: Vec<String>) -> Servers {
        Servers::new(urls, self.authorities.clone())
    }

    pub(super) fn client(&self, url: &str) -> RedisResult<Client> {
        let info = url.into_connection_info()?.set_tcp_settings(tcp());
        match &self.authorities {
            Some(authorities) if place_with_tls(url).is_some() => {
                Client::build_with_tls(info, authorities.clone())
            }
            _ => Client::open(info),
        }
    }

    /// A connection to one address. Connects at the first call, and again when it is lost.
    fn manager(&self, url: &str) -> RedisResult<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_min_delay(MIN_RECONNECT_DELAY)
            .set_max_delay(MAX_RECONNECT_DELAY);
        ConnectionManager::new_lazy_with_config(self.client(url)?, config)
    }
}

fn cluster(servers: &Servers) -> RedisResult<Connection> {
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
    Ok(Connection::Cluster(connection))
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, redis::Value> {
        match self {
            Connection::Single(connection) => connection.req_packed_command(cmd),
            Connection::Cluster(connection) => connection.req_packed_command(cmd),
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
            Connection::Cluster(connection) => {
                connection.req_packed_commands(pipeline, offset, count)
            }
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Connection::Single(connection) => connection.get_db(),
            Connection::Cluster(connection) => connection.get_db(),
        }
    }
}

/// Host and port of an address.
pub(super) fn place_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(format!(
        "{}:{}",
        url.host_str()?,
        url.port().unwrap_or(DEFAULT_PORT)
    ))
}
