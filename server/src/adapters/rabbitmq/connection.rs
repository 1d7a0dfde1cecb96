//! A connection to the broker that is made when it is needed, dropped at the first doubt, and made
//! anew at the next call. No recovery by the library: it would replay a topology that the operator
//! may have changed, and calls would hang until it is done.

use std::time::Duration;

use lapin::{
    Channel, Connection, ConnectionProperties, ErrorKind,
    protocol::{AMQPErrorKind, AMQPSoftError},
    uri::AMQPUri,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{PORT, topology::Topology};
use crate::{chain::Chain, engine::ports::PortError};

/// From the first packet to declared queues.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Between two attempts; callers in between are told at once.
const RETRY_EVERY: Duration = Duration::from_millis(300);
/// Seconds. A peer that is gone is otherwise noticed after a quarter of an hour.
const HEARTBEAT_S: u16 = 10;
/// What a client says first, and the broker answers.
const PROTOCOL_HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";

/// A connection with its channel. Dropping it closes both.
pub(super) struct Link {
    pub(super) connection: Connection,
    pub(super) channel: Channel,
}

impl Link {
    pub(super) fn is_up(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// The broker is out of memory or disk and reads nothing from whoever publishes.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }
}

/// How to reach the broker.
pub(super) struct Dialer {
    uri: AMQPUri,
    name: String,
    topology: Topology,
    not_before: Instant,
    /// The last attempt did not end by itself.
    doubtful: bool,
}

impl Dialer {
    /// `role` is what operators see in the broker's list of connections.
    pub(super) fn new(uri: &AMQPUri, role: &str, topology: &Topology) -> Self {
        let mut uri = uri.clone();
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        Self {
            uri,
            name: format!("{} {role} {}", topology.exchange, std::process::id()),
            topology: topology.clone(),
            not_before: Instant::now(),
            doubtful: false,
        }
    }

    /// A new connection, with everything declared.
    pub(super) async fn dial(&mut self) -> Result<Link, PortError> {
        if Instant::now() < self.not_before {
            return Err(PortError::busy(PORT, "not connected"));
        }
        self.not_before = Instant::now() + RETRY_EVERY;
        // The library's handshake cannot be given up: a broker that accepts connections and says
        // nothing would keep a thread of this process every time. So a broker that was found
        // silent has to say something before the library may try again.
        if self.doubtful {
            match timeout(CONNECT_TIMEOUT, greets(&self.uri)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(PortError::busy(PORT, Chain(&error))),
                Err(_) => {
                    return Err(PortError::busy(
                        PORT,
                        "the broker accepts connections and says nothing",
                    ));
                }
            }
        }
        self.doubtful = true;
        let link = timeout(CONNECT_TIMEOUT, self.connect()).await;
        // Also later than planned, when the attempt took longer.
        self.not_before = Instant::now() + RETRY_EVERY;
        let Ok(link) = link else {
            return Err(PortError::busy(PORT, "no connection in time"));
        };
        self.doubtful = false;
        metrics::counter!("seckill_queue_connects_total").increment(1);
        link.map_err(|error| {
            let error = port_error(error);
            if let PortError::Failed { .. } = &error {
                tracing::error!(error = %Chain(&error), exchange = %self.topology.exchange,
                    "the broker refuses our queues or us: has something else taken their names?");
            }
            error
        })
    }

    async fn connect(&self) -> lapin::Result<Link> {
        let properties =
            ConnectionProperties::default().with_connection_name(self.name.as_str().into());
        let connection = Connection::connect_uri(self.uri.clone(), properties).await?;
        let channel = connection.create_channel().await?;
        self.topology.declare(&channel).await?;
        Ok(Link {
            connection,
            channel,
        })
    }
}

/// The link, if it can still be used.
pub(super) fn good(link: Option<Link>) -> Option<Link> {
    link.filter(Link::is_up)
}

async fn greets(uri: &AMQPUri) -> std::io::Result<()> {
    let address = (uri.authority.host.as_str(), uri.authority.port);
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(PROTOCOL_HEADER).await?;
    stream.read_u8().await.map(drop)
}

/// What the broker refuses is a failure; what breaks on the way is not.
pub(super) fn port_error(error: lapin::Error) -> PortError {
    let refused = match error.kind() {
        ErrorKind::ProtocolError(answer) => match answer.kind() {
            // A node that is starting does not find its own queues for a moment.
            AMQPErrorKind::Soft(kind) => !matches!(kind, AMQPSoftError::NOTFOUND),
            // Closed by an operator, restarted, out of something.
            AMQPErrorKind::Hard(_) => false,
        },
        ErrorKind::InvalidProtocolVersion(_)
        | ErrorKind::AuthProviderError(_)
        | ErrorKind::SerialisationError(_)
        | ErrorKind::NoDefaultRuntime => true,
        _ => false,
    };
    match refused {
        true => PortError::failed(PORT, error),
        false => PortError::busy(PORT, Chain(&error)),
    }
}
