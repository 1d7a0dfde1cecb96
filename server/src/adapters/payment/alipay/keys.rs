//! RSA2, Alipay's name for RSA with PKCS#1 v1.5 and SHA-256. The shop signs with its own key, Alipay with one whose
//! public half is shown in its console.
//!
//! Alipay's tools write keys as one line of base64, others as PEM.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
    },
};

/// Bytes of a modulus: Alipay makes 2,048 bits, and the library verifies up to 8,192.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;
/// Most bytes of a public exponent; nearly all keys have 65,537.
const EXPONENT: usize = 4;

/// ASN.1 tags in a public key.
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
/// The algorithm identifier of RSA keys, with its empty parameters.
const RSA: [u8; 13] = [
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// The shop's private key. No `Debug`: it is a secret.
#[derive(Clone)]
pub struct ShopKey(Arc<RsaKeyPair>);

impl ShopKey {
    /// Reads PKCS#8 or PKCS#1, as PEM or as base64 alone; 2,048 to 4,096 bits.
    pub fn parse(text: &str) -> Option<ShopKey> {
        let der = der(text, &["PRIVATE KEY", "RSA PRIVATE KEY"])?;
        let pair = RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der));
        pair.ok().map(|pair| ShopKey(Arc::new(pair)))
    }

    /// The signature of `text` in base64.
    ///
    /// # Errors
    /// If the library cannot sign because the system has no random numbers.
    pub fn sign(&self, text: &str) -> Result<String, ring::error::Unspecified> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let random = SystemRandom::new();
        self.0
            .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)?;
        Ok(STANDARD.encode(signature))
    }

    /// Characters of every signature.
    pub fn signature_len(&self) -> usize {
        self.0.public().modulus_len().div_ceil(3) * 4
    }

    /// Whether `key` is the public half of this key. If so it is not Alipay's.
    pub fn has_public_half(&self, key: &AlipayKey) -> bool {
        self.0.public_key().as_ref() == key.0.as_slice()
    }
}

/// Alipay's public key, in PKCS#1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlipayKey(Vec<u8>);

impl AlipayKey {
    /// Reads an X.509 public key or PKCS#1, as PEM or as base64 alone; from 2,048 bits.
    pub fn parse(text: &str) -> Option<AlipayKey> {
        let der = der(text, &["PUBLIC KEY", "RSA PUBLIC KEY"])?;
        let key = without_wrapping(&der).unwrap_or(&der);
        is_public_key(key).then(|| AlipayKey(key.to_vec()))
    }

    /// Whether `signature`, in base64, is Alipay's signature of `text`.
    pub fn has_signed(&self, text: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else {
            return false;
        };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(text, &signature)
            .is_ok()
    }
}

/// The bytes of a key: between the PEM lines with one of these labels, or else of the whole text.
fn der(text: &str, labels: &[&str]) -> Option<Vec<u8>> {
    let text = text.trim();
    let base64 = match text.strip_prefix("-----BEGIN ") {
        None => text,
        Some(rest) => {
            let (label, rest) = rest.split_once("-----")?;
            let end = format!("-----END {label}-----");
            let known = labels.contains(&label);
            rest.strip_suffix(&end).filter(|_| known)?
        }
    };
    let base64: String = base64.split_ascii_whitespace().collect();
    STANDARD.decode(base64).ok()
}

/// The PKCS#1 key in an X.509 `SubjectPublicKeyInfo`.
fn without_wrapping(der: &[u8]) -> Option<&[u8]> {
    let whole = only(der, SEQUENCE)?;
    let (algorithm, rest) = element(whole, SEQUENCE)?;
    let bits = only(rest, BIT_STRING)?;
    // No bit of the last byte is unused.
    let key = bits.strip_prefix(&[0])?;
    (algorithm == RSA).then_some(key)
}

/// Whether this is a modulus and an exponent that can verify signatures.
fn is_public_key(der: &[u8]) -> bool {
    let numbers = only(der, SEQUENCE).and_then(|whole| {
        let (modulus, rest) = element(whole, INTEGER)?;
        Some((modulus, only(rest, INTEGER)?))
    });
    numbers.is_some_and(|(modulus, exponent)| {
        // A number whose first bit is set has a zero before it.
        let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        let is_long = MODULUS.contains(&modulus.len());
        is_long && is_odd(modulus) && is_odd(exponent) && exponent.len() <= EXPONENT
    })
}

/// The content of an ASN.1 element with this tag, if nothing follows it.
fn only(der: &[u8], tag: u8) -> Option<&[u8]> {
    element(der, tag).and_then(|(content, rest)| rest.is_empty().then_some(content))
}

/// The content of the first ASN.1 element, if it has this tag, and the bytes after it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // The length of the length; keys need at most two bytes.
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
pub(super) mod tests;
