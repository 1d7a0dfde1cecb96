//! The forms of a payment provider's credentials and addresses.

use reqwest::Url;

use super::{Form, List};
use crate::{
    adapters::payment::alipay::{AlipayKey, ShopKey},
    loopback::is_loopback,
};

/// A secret with one of these prefixes.
pub struct Secret(pub &'static [&'static str]);

/// Shortest and longest secret. A shorter one could be guessed.
const SHORTEST: usize = 20;
const LONGEST: usize = 255;

impl Form for Secret {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let known = self.0.iter().any(|word| text.starts_with(word));
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        let fits = (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(fits);
        (known && fits).then(|| text.to_owned())
    }

    fn describe(&self) -> String {
        let words = self.0.join(" or ");
        format!("{SHORTEST} to {LONGEST} characters that begin with {words}")
    }

    fn example(&self) -> String {
        let word = self.0.first().unwrap_or(&"");
        format!("{word}write-your-own-here")
    }

    fn is_secret(&self) -> bool {
        true
    }
}

/// A list of at most this many.
pub struct AtMost<F>(pub List<F>, pub usize);

impl<F: Form> Form for AtMost<F> {
    type Value = Vec<F::Value>;

    fn read(&self, text: &str) -> Option<Self::Value> {
        self.0.read(text).filter(|values| values.len() <= self.1)
    }

    fn describe(&self) -> String {
        format!("{}, {} at most", self.0.describe(), self.1)
    }

    fn example(&self) -> String {
        self.0.example()
    }

    fn is_secret(&self) -> bool {
        self.0.is_secret()
    }
}

/// A site: scheme, host and perhaps a port, nothing more. Without TLS only on this machine.
pub struct Origin(pub &'static str);

impl Form for Origin {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let url = safe(text)?;
        (url.origin().ascii_serialization() == text).then(|| text.to_owned())
    }

    fn describe(&self) -> String {
        "https:// and a host, without a path; http:// only on this machine".to_owned()
    }

    fn example(&self) -> String {
        self.0.to_owned()
    }
}

/// An address with TLS, or on this machine.
fn safe(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback(host);
    safe.then_some(url)
}

/// A program's address: scheme, host, perhaps a port, and a path. Without TLS only on this machine.
pub struct Endpoint(pub &'static str);

impl Form for Endpoint {
    type Value = Url;

    fn read(&self, text: &str) -> Option<Url> {
        let url = safe(text)?;
        let origin = url.origin().ascii_serialization();
        // Nothing else is allowed: no name, password, query or fragment.
        let is_all = format!("{origin}{}", url.path()) == text;
        is_all.then_some(url)
    }

    fn describe(&self) -> String {
        "https://, a host and a path; http:// only on this machine".to_owned()
    }

    fn example(&self) -> String {
        self.0.to_owned()
    }
}

/// A number used only as a name.
pub struct Digits {
    /// Fewest digits.
    pub from: usize,
    /// Most digits.
    pub to: usize,
    pub example: &'static str,
}

impl Form for Digits {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let fits = (self.from..=self.to).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
    }

    fn describe(&self) -> String {
        match self.from == self.to {
            true => format!("{} digits", self.to),
            false => format!("{} to {} digits", self.from, self.to),
        }
    }

    fn example(&self) -> String {
        self.example.to_owned()
    }
}

/// The beginning of a base64 key. A full example would be a real key.
const PRIVATE_EXAMPLE: &str = "MIIEvQIBADANBgkqhkiG9w0BAQ…";
const PUBLIC_EXAMPLE: &str = "MIIBIjANBgkqhkiG9w0BAQEFAA…";

/// An RSA key that signs.
pub struct PrivateKey;

impl Form for PrivateKey {
    type Value = ShopKey;

    fn read(&self, text: &str) -> Option<ShopKey> {
        ShopKey::parse(text)
    }

    fn describe(&self) -> String {
        "an RSA private key of 2048, 3072 or 4096 bits without a password, PKCS#8 or PKCS#1, as PEM or as base64".to_owned()
    }

    fn example(&self) -> String {
        PRIVATE_EXAMPLE.to_owned()
    }

    fn is_secret(&self) -> bool {
        true
    }
}

/// An RSA key that verifies.
pub struct PublicKey;

impl Form for PublicKey {
    type Value = AlipayKey;

    fn read(&self, text: &str) -> Option<AlipayKey> {
        AlipayKey::parse(text)
    }

    fn describe(&self) -> String {
        "an RSA public key from 2048 bits, as PEM or as base64; not a certificate".to_owned()
    }

    fn example(&self) -> String {
        PUBLIC_EXAMPLE.to_owned()
    }

    /// It is not secret. A key is in a file, as secrets are.
    fn is_secret(&self) -> bool {
        true
    }
}
