//! Adds endpoints, and replaces their secrets.

use url::Url;
use uuid::Uuid;

use super::{MOST_ENDPOINTS, secret};
use crate::engine::ports::{
    ChangedBy, Clock, EndpointChange, Ids, PortError, WebhookEndpoint, WebhookEndpoints,
    WebhookEvent, WebhookSecret,
};

/// How long messages are also signed with the old secret.
const ROTATION_MS: i64 = 24 * 3_600_000;
/// In bytes.
const LONGEST_URL: usize = 2_000;

/// Why an endpoint was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddEndpointError {
    /// Nothing can be sent to this address.
    #[error(
        "the address has to be https://HOST/PATH, without a user, of {LONGEST_URL} characters at most"
    )]
    Url,
    /// Too many endpoints: each order is written once for each.
    #[error("there are {MOST_ENDPOINTS} endpoints already: remove one")]
    TooMany,
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Adds an endpoint for `events`; for all events if empty. `plain` also allows addresses that begin with
/// `http://`: operators decide that, for addresses of their own network.
///
/// # Errors
/// See [`AddEndpointError`].
pub async fn add(
    endpoints: &dyn WebhookEndpoints,
    (clock, ids): (&dyn Clock, &dyn Ids),
    url: &str,
    plain: bool,
    events: &[WebhookEvent],
    by: &ChangedBy,
) -> Result<WebhookEndpoint, AddEndpointError> {
    if !is_usable(url, plain) {
        return Err(AddEndpointError::Url);
    }
    let mut events = match events {
        [] => WebhookEvent::ALL.to_vec(),
        some => some.to_vec(),
    };
    events.sort();
    events.dedup();
    let endpoint = WebhookEndpoint {
        endpoint_id: ids.id(),
        url: url.to_owned(),
        events,
        secret: secret::generate(ids),
        old_secret: None,
        created_at_ms: clock.now_ms(),
        switched_off: None,
        rests_until_ms: 0,
    };
    match endpoints
        .add_endpoint(&endpoint, MOST_ENDPOINTS, by)
        .await?
    {
        true => Ok(endpoint),
        false => Err(AddEndpointError::TooMany),
    }
}

/// Gives an endpoint another secret. The old one also signs messages for a day.
///
/// # Errors
/// If the ledger fails.
pub async fn rotate(
    endpoints: &dyn WebhookEndpoints,
    (clock, ids): (&dyn Clock, &dyn Ids),
    endpoint_id: Uuid,
    by: &ChangedBy,
) -> Result<Option<WebhookSecret>, PortError> {
    let (new, now_ms) = (secret::generate(ids), clock.now_ms());
    let change = EndpointChange::Rotate(new.clone(), now_ms + ROTATION_MS);
    let changed = endpoints
        .change_endpoint(endpoint_id, &change, by, now_ms)
        .await?;
    Ok(changed.then_some(new))
}

/// Also refuses a user or password in the address: it would appear in logs and lists.
fn is_usable(url: &str, plain: bool) -> bool {
    let Ok(parsed) = Url::parse(url) else {
        return false;
    };
    let is_known = parsed.scheme() == "https" || plain && parsed.scheme() == "http";
    let names_a_user = !parsed.username().is_empty() || parsed.password().is_some();
    is_known && parsed.has_host() && !names_a_user && url.len() <= LONGEST_URL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_https_unless_plain_addresses_are_allowed() {
        for usable in ["https://a.example", "https://a.example:8443/hook?x=1"] {
            assert!(is_usable(usable, false), "{usable}");
        }
        let long = format!("https://a.example/{}", "x".repeat(LONGEST_URL));
        for other in [
            "",
            "a.example",
            "/hook",
            "ftp://a.example",
            "https://",
            "https://u:p@a.example",
            &long,
        ] {
            assert!(!is_usable(other, true), "{other}");
        }
        assert!(is_usable("http://10.0.0.1:9000/", true));
        assert!(!is_usable("http://10.0.0.1:9000/", false));
    }
}
