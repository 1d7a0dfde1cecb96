//! A connection to the broker, opened on demand, dropped at the first error, and opened again by
//! the next call. The library's own recovery is not used: it would replay a topology that the
//! operator may have changed, and calls would hang until it is done.

use std::time::Duration;

use lapin::{
    Channel, Connection, ConnectionProperties, ErrorKind,
    protocol::{AMQPErrorKind, AMQPSoftError},
    uri::{AMQPScheme, AMQPUri},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{PORT, tls, topology::Topology};
use crate::{adapters::tls::Trust, chain::Chain, engine::ports::PortError};

/// Time limit from the first packet to declared queues.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Minimum time between two attempts to connect; calls in between are refused at once.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(300);
/// Seconds. Without heartbeats, a vanished peer is noticed only after a quarter of an hour.
const HEARTBEAT_S: u16 = 10;
/// The first bytes that a client sends, before the broker answers.
const PROTOCOL_HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";

/// A connection with its channel. Dropping it closes both.
pub(super) struct OpenChannel {
    pub(super) connection: Connection,
    pub(super) channel: Channel,
}

impl OpenChannel {
    pub(super) fn is_open(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// The broker is out of memory or disk and accepts nothing from publishers.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }
}

/// The interval at which both sides send data when idle.
pub(super) fn heartbeat(uri: &AMQPUri) -> Duration {
    Duration::from_secs(uri.query.heartbeat.unwrap_or(HEARTBEAT_S).into())
}

/// A broker's address and, for TLS, the authorities that may sign its certificate.
#[derive(Clone)]
pub(super) struct Broker {
    pub(super) uri: AMQPUri,
    pub(super) trust: Trust,
}

/// The byte stream to the broker.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl Broker {
    /// # Errors
    /// If the address is malformed.
    pub(super) fn new(url: &str, trust: &Trust) -> Result<Broker, PortError> {
        let uri = url.parse();
        let uri = uri.map_err(|error: String| PortError::failed(PORT, error))?;
        Ok(Broker {
            uri,
            trust: trust.clone(),
        })
    }

    async fn connect(&self, properties: ConnectionProperties) -> lapin::Result<Connection> {
        match self.uri.scheme {
            AMQPScheme::AMQP => Connection::connect_uri(self.uri.clone(), properties).await,
            AMQPScheme::AMQPS => tls::connect(&self.uri, &self.trust, properties).await,
        }
    }

    /// Opens a connection; the broker sends its greeting next.
    pub(super) async fn greet(&self) -> std::io::Result<Box<dyn Wire>> {
        let (host, port) = (self.uri.authority.host.as_str(), self.uri.authority.port);
        let mut stream: Box<dyn Wire> = match self.uri.scheme {
            AMQPScheme::AMQP => Box::new(TcpStream::connect((host, port)).await?),
            AMQPScheme::AMQPS => Box::new(self.trust.connect(host, port).await?),
        };
        stream.write_all(PROTOCOL_HEADER).await?;
        stream.flush().await?;
        Ok(stream)
    }

    /// Waits for the first byte of the broker's greeting.
    async fn probe(&self) -> std::io::Result<()> {
        self.greet().await?.read_u8().await.map(drop)
    }
}

/// Connects to the broker.
pub(super) struct Connector {
    broker: Broker,
    /// The name shown in the broker's list of connections.
    name: String,
    topology: Topology,
    not_before: Instant,
    /// The last attempt timed out.
    timed_out: bool,
}

impl Connector {
    /// `role` is part of the connection's name.
    pub(super) fn new(broker: &Broker, role: &str, topology: &Topology) -> Self {
        let mut broker = broker.clone();
        broker.uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        Self {
            broker,
            name: format!("{} {role} {}", topology.names.exchange, std::process::id()),
            topology: topology.clone(),
            not_before: Instant::now(),
            timed_out: false,
        }
    }

    /// Opens a new connection and checks that the exchange and the queues exist.
    pub(super) async fn connect(&mut self) -> Result<OpenChannel, PortError> {
        if Instant::now() < self.not_before {
            return Err(PortError::busy(
                PORT,
                "not connected; the next attempt is due in a moment",
            ));
        }
        self.not_before = Instant::now() + RECONNECT_INTERVAL;
        // The library's handshake cannot be cancelled: a broker that accepts connections but sends
        // nothing would block one more thread of this process at every attempt. So after a time-out
        // the broker must send something before the library tries again.
        if self.timed_out {
            match timeout(CONNECT_TIMEOUT, self.broker.probe()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(PortError::busy(PORT, error)),
                Err(_) => {
                    return Err(PortError::busy(
                        PORT,
                        format!(
                            "the broker accepts connections and says nothing for {} s",
                            CONNECT_TIMEOUT.as_secs()
                        ),
                    ));
                }
            }
        }
        self.timed_out = true;
        let connected = timeout(CONNECT_TIMEOUT, self.connect_and_prepare()).await;
        // Set again, because the attempt may have taken longer than the interval.
        self.not_before = Instant::now() + RECONNECT_INTERVAL;
        let Ok(connected) = connected else {
            return Err(PortError::busy(
                PORT,
                format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()),
            ));
        };
        self.timed_out = false;
        metrics::counter!("seckill_queue_connects_total").increment(1);
        connected.map_err(|error| {
            let error = port_error(error);
            if matches!(error, PortError::Failed { .. }) {
                tracing::error!(
                    error = %Chain(&error),
                    exchange = %self.topology.names.exchange,
                    "RabbitMQ refuses the login or the queues, which may exist with other arguments; \
                     the next call tries again"
                );
            }
            error
        })
    }

    async fn connect_and_prepare(&self) -> lapin::Result<OpenChannel> {
        let properties =
            ConnectionProperties::default().with_connection_name(self.name.as_str().into());
        let connection = self.broker.connect(properties).await?;
        let channel = connection.create_channel().await?;
        self.topology.prepare(&channel).await?;
        Ok(OpenChannel {
            connection,
            channel,
        })
    }
}

/// An answer that refuses is a failure; a broken connection is not.
pub(super) fn port_error(error: lapin::Error) -> PortError {
    let refused = match error.kind() {
        ErrorKind::ProtocolError(answer) => match answer.kind() {
            // A starting node briefly does not find its own queues.
            AMQPErrorKind::Soft(kind) => !matches!(kind, AMQPSoftError::NOTFOUND),
            // Closed by an operator, restarted, or short of a resource.
            AMQPErrorKind::Hard(_) => false,
        },
        ErrorKind::InvalidProtocolVersion(_)
        | ErrorKind::AuthProviderError(_)
        | ErrorKind::SerialisationError(_)
        | ErrorKind::NoDefaultRuntime => true,
        _ => false,
    };
    if refused {
        PortError::failed(PORT, error)
    } else {
        PortError::busy(PORT, error)
    }
}
