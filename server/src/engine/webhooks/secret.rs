//! Secrets in their readable form: `whsec_` and base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::engine::ports::{Ids, WebhookSecret};

const PREFIX: &str = "whsec_";

/// A new secret of 32 bytes.
pub fn generate(ids: &dyn Ids) -> WebhookSecret {
    let halves = [ids.secret(), ids.secret()];
    let bytes = halves
        .iter()
        .filter_map(|digits| u128::from_str_radix(digits, 16).ok())
        .flat_map(u128::to_be_bytes);
    WebhookSecret(bytes.collect())
}

/// The form that receivers get, to check signatures.
pub fn shown(secret: &WebhookSecret) -> String {
    format!("{PREFIX}{}", BASE64_STANDARD.encode(&secret.0))
}

/// Reads a secret in that form; `None` if it is malformed.
pub fn parse(shown: &str) -> Option<WebhookSecret> {
    let bytes = BASE64_STANDARD.decode(shown.strip_prefix(PREFIX)?).ok()?;
    (24..=64)
        .contains(&bytes.len())
        .then_some(WebhookSecret(bytes))
}
