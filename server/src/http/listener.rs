//! Serving connections: limits on their number and on the time for a head, orderly shutdown.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tower::ServiceExt as _;

use crate::chain::Chain;

/// Connections at once; more wait in the listener's queue.
const CONNECTIONS: usize = 20_000;
/// A request's head must be complete after this time: slow senders hold nothing for long.
const HEAD: Duration = Duration::from_secs(10);
/// Largest head, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// Time limit at shutdown for requests in progress.
const LAST_REQUESTS: Duration = Duration::from_secs(6);
/// Without free file descriptors it can only wait a moment.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// Serves `router` until `stop` resolves; then finishes the requests in progress.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "a connection was not accepted");
                sleep(AFTER_FAILED_ACCEPT).await;
                continue;
            }
        };
        let connection = connection(stream, peer, router.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            connection.await;
        });
    }
    drop(listener);
    if timeout(LAST_REQUESTS, graceful.shutdown()).await.is_err() {
        tracing::warn!("the process ends while requests are still under way");
    }
}

/// HTTP/1.1, as proxies speak it; TLS and HTTP/2 end at the proxy in front.
async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
    // Answers are small and must be sent at once.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    // A caller that disconnects is no error.
    drop(watcher.watch(connection).await);
}
