//! The protocol of the purchase: JSON over HTTP, but the address is made from the arguments, so
//! that no static address buys.

use std::future::Future;

use server_fn::{Http, Protocol, codec::Json, error::FromServerFnError};

use super::purchase::Purchase;
use crate::wire::{ApiError, Reserved};

/// `POST /seckill/{path}`. In the browser it computes the address; on the server it is plain
/// [`Http`], reached only through the route that puts the path into the request.
pub struct AtHiddenPath;

impl<Client, Server> Protocol<Purchase, Reserved, Client, Server, ApiError> for AtHiddenPath
where
    ApiError: FromServerFnError,
    Client: server_fn::client::Client<ApiError>,
    Server: server_fn::server::Server<ApiError>,
    Http<Json, Json>: Protocol<Purchase, Reserved, Client, Server, ApiError>,
{
    const METHOD: http::Method = http::Method::POST;

    async fn run_server<F, Fut>(
        request: Server::Request,
        server_fn: F,
    ) -> Result<Server::Response, ApiError>
    where
        F: Fn(Purchase) -> Fut + Send,
        Fut: Future<Output = Result<Reserved, ApiError>> + Send,
    {
        <Http<Json, Json> as Protocol<Purchase, Reserved, Client, Server, ApiError>>::run_server(
            request, server_fn,
        )
        .await
    }

    async fn run_client(_static_path: &str, input: Purchase) -> Result<Reserved, ApiError> {
        let address = format!("/seckill/{}", input.path);
        <Http<Json, Json> as Protocol<Purchase, Reserved, Client, Server, ApiError>>::run_client(
            &address, input,
        )
        .await
    }
}
