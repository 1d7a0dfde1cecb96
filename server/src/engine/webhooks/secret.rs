//! Secrets as people copy them: `whsec_` and base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::engine::ports::{Ids, WebhookSecret};

const PREFIX: &str = "whsec_";

/// A new one, of 32 bytes.
pub fn generate(ids: &dyn Ids) -> WebhookSecret {
    let halves = [ids.secret(), ids.secret()];
    let bytes = halves
        .iter()
        .filter_map(|digits| u128::from_str_radix(digits, 16).ok())
        .flat_map(u128::to_be_bytes);
    WebhookSecret(bytes.collect())
}

/// As it is given to whoever checks signatures.
pub fn shown(secret: &WebhookSecret) -> String {
    format!("{PREFIX}{}", BASE64_STANDARD.encode(&secret.0))
}

/// The secret that was written so, if it is one.
pub fn parse(shown: &str) -> Option<WebhookSecret> {
    let bytes = BASE64_STANDARD.decode(shown.strip_prefix(PREFIX)?).ok()?;
    (24..=64)
        .contains(&bytes.len())
        .then_some(WebhookSecret(bytes))
}
