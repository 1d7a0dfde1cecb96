//! [`WebhookSender`] over HTTP, signed by the conventions of Standard Webhooks.

mod public_addresses;

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Response, StatusCode, Url, header, redirect::Policy};

use super::signature::digest;
use crate::{
    chain::Chain,
    engine::ports::{Sent, WebhookEndpoint, WebhookSecret, WebhookSender},
};

use public_addresses::{PublicOnly, is_public};

/// Time limit of a call; Standard Webhooks recommends 15 to 30 seconds.
const CALL: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);
/// How much of an answer is read, so that its connection can be used again. The content is ignored.
const ANSWER: usize = 16 * 1024;
/// Why an endpoint in the shop's own network gets no messages.
const NOT_PUBLIC: &str = "its address is not public, and SECKILL_WEBHOOK_PRIVATE_ADDRESSES is off";

/// Sends messages. Follows no redirects and uses no proxies: each connection's target is known.
pub struct HttpWebhooks {
    /// Created at first use: it reads the machine's certificates.
    client: OnceLock<reqwest::Client>,
    allows_private: bool,
}

impl HttpWebhooks {
    /// Connects only to public addresses unless `allows_private`.
    pub fn new(allows_private: bool) -> Self {
        Self {
            client: OnceLock::new(),
            allows_private,
        }
    }

    fn client(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let mut client = reqwest::Client::builder()
            .timeout(CALL)
            .connect_timeout(CONNECT)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("seckill/", env!("CARGO_PKG_VERSION")));
        if !self.allows_private {
            client = client.dns_resolver(Arc::new(PublicOnly));
        }
        let client = client.build()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The client's resolver filters names; an IP address in the URL is checked here.
    fn may_connect(&self, url: &str) -> bool {
        let address = Url::parse(url).ok().and_then(|url| {
            let host = url.host_str()?.trim_matches(['[', ']']);
            host.parse::<IpAddr>().ok()
        });
        self.allows_private || address.is_none_or(is_public)
    }
}

#[async_trait]
impl WebhookSender for HttpWebhooks {
    async fn send(
        &self,
        endpoint: &WebhookEndpoint,
        message_id: &str,
        body: &str,
        now_ms: i64,
    ) -> Sent {
        if !self.may_connect(&endpoint.url) {
            return away(None, NOT_PUBLIC.to_owned(), None);
        }
        let timestamp = (now_ms / 1_000).to_string();
        let signed = [message_id, &timestamp, body];
        let client = match self.client() {
            Ok(client) => client,
            Err(error) => return away(None, Chain(&error).to_string(), None),
        };
        let request = client
            .post(&endpoint.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", message_id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", signatures(endpoint, signed, now_ms))
            .body(body.to_owned());
        match request.send().await {
            Ok(response) => meaning(response).await,
            Err(error) => {
                let error = error.without_url();
                away(None, Chain(&error).to_string(), None)
            }
        }
    }
}

fn away(status: Option<u16>, error: String, retry_after_s: Option<u32>) -> Sent {
    Sent::Away {
        status,
        error,
        retry_after_s,
    }
}

async fn meaning(response: Response) -> Sent {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER);
    // Seconds only; a date is ignored.
    let retry_after = retry_after.and_then(|seconds| {
        let seconds: u64 = seconds.to_str().ok()?.trim().parse().ok()?;
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    });
    read(response).await;
    let number = Some(status.as_u16());
    match status {
        _ if status.is_success() => Sent::Delivered(status.as_u16()),
        StatusCode::GONE => Sent::Gone,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => away(number, status.to_string(), retry_after),
        _ => Sent::Refused {
            status: number,
            error: status.to_string(),
        },
    }
}

/// Only the status matters: an interrupted answer changes nothing.
async fn read(mut response: Response) {
    let mut left = ANSWER;
    while let Ok(Some(chunk)) = response.chunk().await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Signs with the secret, and during a rotation also with the previous one.
fn signatures(endpoint: &WebhookEndpoint, signed: [&str; 3], now_ms: i64) -> String {
    let old = endpoint.old_secret.as_ref();
    let old = old
        .filter(|(_, until_ms)| now_ms < *until_ms)
        .map(|(old, _)| old);
    let all = std::iter::once(&endpoint.secret).chain(old);
    let all: Vec<_> = all.map(|secret| signature(secret, signed)).collect();
    all.join(" ")
}

fn signature(WebhookSecret(secret): &WebhookSecret, [id, timestamp, body]: [&str; 3]) -> String {
    let dot: &[u8] = b".";
    let parts = [
        id.as_bytes(),
        dot,
        timestamp.as_bytes(),
        dot,
        body.as_bytes(),
    ];
    format!("v1,{}", BASE64_STANDARD.encode(digest(secret, &parts)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::webhooks::secret;

    /// The published example of the conventions.
    #[test]
    fn a_signature_follows_the_conventions() {
        let secret = secret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let signed = ["msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553", body];
        assert_eq!(
            signature(&secret, signed),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
    }

    #[test]
    fn an_address_of_the_shops_own_network_is_refused_however_it_is_written() {
        let sender = HttpWebhooks::new(false);
        for private in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(!sender.may_connect(private), "{private}");
        }
        assert!(sender.may_connect("https://203.0.112.1/"));
        assert!(sender.may_connect("https://shop.example/hook"));
    }
}
