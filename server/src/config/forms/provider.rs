//! The forms of what a payment provider gives to a shop.

use std::net::IpAddr;

use reqwest::Url;

use super::{Form, List};

/// A secret that begins with one of these words.
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

/// A list of so many at most.
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

/// A site: scheme, host and perhaps a port, and nothing behind them. Without TLS only on this machine.
pub struct Origin(pub &'static str);

impl Form for Origin {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str()?;
        let here = || {
            let address = host.trim_matches(['[', ']']).parse();
            host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
        };
        let safe = url.scheme() == "https" || url.scheme() == "http" && here();
        (safe && url.origin().ascii_serialization() == text).then(|| text.to_owned())
    }

    fn describe(&self) -> String {
        "https:// and a host, without a path; http:// only on this machine".to_owned()
    }

    fn example(&self) -> String {
        self.0.to_owned()
    }
}
