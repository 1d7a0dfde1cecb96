//! Signatures of messages between programs: HMAC-SHA256.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;

/// Computes the MAC over `parts` in order. Accepts an empty secret; the settings refuse it.
fn mac(secret: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

/// The signature's bytes.
pub fn digest(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let digest = mac(secret, parts).map(|mac| mac.finalize().into_bytes());
    digest.map(|bytes| bytes.to_vec()).unwrap_or_default()
}

/// The signature in hexadecimal digits.
pub fn sign(secret: &[u8], parts: &[&[u8]]) -> String {
    hex::digits(&digest(secret, parts))
}

/// Whether `digits` are the signature in hexadecimal; compares in constant time.
pub fn is_signed(secret: &[u8], parts: &[&[u8]], digits: &str) -> bool {
    hex::bytes(digits)
        .zip(mac(secret, parts))
        .is_some_and(|(digits, mac)| mac.verify_slice(&digits).is_ok())
}
