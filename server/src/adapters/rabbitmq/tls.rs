//! TLS connections to the broker. The library's own TLS would bring a second store of authorities and two dozen
//! crates for client certificates, which are not used here. So it gets a ready stream, through a runtime that
//! differs from its usual one only in the kind of stream.

use std::{
    future::ready,
    io::{self, Read, Write},
    net::SocketAddr,
    os::fd::{AsFd, AsRawFd},
    time::{Duration, Instant},
};

use async_rs::{
    Runtime, Tokio,
    traits::{Executor, Reactor, RuntimeKit},
    util::Task,
};
use futures::{AsyncRead, AsyncWrite, Stream};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties, uri::AMQPUri};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use crate::adapters::tls::Trust;

/// Connects and logs in.
pub(super) async fn connect(
    uri: &AMQPUri,
    trust: &Trust,
    properties: ConnectionProperties,
) -> lapin::Result<Connection> {
    let trust = trust.clone();
    let open = async move |uri: AMQPUri, _: Runtime<TlsRuntime>| {
        let (host, port) = (uri.authority.host.as_str(), uri.authority.port);
        let stream = trust.connect(host, port).await?;
        Ok::<_, lapin::Error>(AsyncTcpStream::Plain(stream.compat()))
    };
    let runtime = Runtime::new(TlsRuntime(Tokio::current()));
    Connection::connector(uri.clone(), runtime, open, properties).await
}

/// The library's runtime on Tokio, with a different kind of stream.
#[derive(Clone, Debug)]
struct TlsRuntime(Tokio);

impl RuntimeKit for TlsRuntime {}

impl Executor for TlsRuntime {
    type Task<T: Send + 'static> = <Tokio as Executor>::Task<T>;

    fn block_on<T, F: Future<Output = T>>(&self, future: F) -> T {
        self.0.block_on(future)
    }

    fn spawn<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        future: F,
    ) -> Task<Self::Task<T>> {
        self.0.spawn(future)
    }

    fn spawn_blocking<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
        &self,
        call: F,
    ) -> Task<Self::Task<T>> {
        self.0.spawn_blocking(call)
    }
}

impl Reactor for TlsRuntime {
    type TcpStream = Compat<TlsStream<TcpStream>>;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.0.sleep(time)
    }

    fn interval(&self, period: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(period)
    }

    /// Never called: [`connect`] opens the stream, which needs the server's name, not its address.
    fn tcp_connect_addr(
        &self,
        _: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
