//! An HTTP client for servers of this machine.

use reqwest::{Client, ClientBuilder, IntoUrl, Response};

/// Of plain HTTP alone: without a proxy, and without the certificates of public authorities, which take
/// milliseconds to read for every client.
pub fn client() -> ClientBuilder {
    Client::builder().no_proxy().tls_built_in_root_certs(false)
}

/// `GET`, over a connection of its own.
///
/// # Errors
/// As [`reqwest::get`].
pub async fn get(url: impl IntoUrl) -> reqwest::Result<Response> {
    client().build()?.get(url).send().await
}
