//! The forms of values: how each is read, and how an error describes it.

mod provider;

use std::{
    fmt::Display,
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use crate::adapters::fault_injection::InjectedFault;

pub use provider::{AtMost, Digits, Endpoint, Origin, PrivateKey, PublicKey, Secret};

/// The form of a value.
pub trait Form {
    /// The type it is parsed into.
    type Value;

    /// `None` when `text` has another form.
    fn read(&self, text: &str) -> Option<Self::Value>;

    /// The accepted form, worded to follow "write": type, unit and bounds.
    fn describe(&self) -> String;

    /// A valid value, for settings whose default is empty.
    fn example(&self) -> String;

    /// Whether it may hold a password.
    fn is_secret(&self) -> bool {
        false
    }
}

/// The address to listen on.
pub struct Address;

impl Form for Address {
    type Value = SocketAddr;

    fn read(&self, text: &str) -> Option<SocketAddr> {
        text.parse().ok()
    }

    fn describe(&self) -> String {
        "IP:PORT".to_owned()
    }

    fn example(&self) -> String {
        "127.0.0.1:3000".to_owned()
    }
}

/// A folder, which need not exist.
pub struct Folder;

impl Form for Folder {
    type Value = PathBuf;

    fn read(&self, text: &str) -> Option<PathBuf> {
        (!text.is_empty()).then(|| text.into())
    }

    fn describe(&self) -> String {
        "a folder's path".to_owned()
    }

    fn example(&self) -> String {
        "/var/lib/seckill".to_owned()
    }
}

/// A file, read only when it is needed.
pub struct File(pub &'static str);

impl Form for File {
    type Value = PathBuf;

    fn read(&self, text: &str) -> Option<PathBuf> {
        Folder.read(text)
    }

    fn describe(&self) -> String {
        "a file's path".to_owned()
    }

    fn example(&self) -> String {
        self.0.to_owned()
    }
}

/// One of a few words, each with its value.
pub struct OneOf<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy> Form for OneOf<T> {
    type Value = T;

    fn read(&self, text: &str) -> Option<T> {
        let found = self.0.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning)
    }

    fn describe(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|(word, _)| *word).collect();
        match &words[..] {
            [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
            _ => words.concat(),
        }
    }

    fn example(&self) -> String {
        self.0.first().map_or("", |(word, _)| word).to_owned()
    }
}

/// On or off.
pub const SWITCH: OneOf<bool> = OneOf(&[("on", true), ("off", false)]);

/// A whole number, within bounds.
pub struct Whole<T> {
    /// The unit it counts.
    of: &'static str,
    from: i64,
    to: i64,
    value: PhantomData<T>,
}

/// A whole number of `of` from `from` to `to`.
pub const fn whole<T>(of: &'static str, from: i64, to: i64) -> Whole<T> {
    Whole {
        of,
        from,
        to,
        value: PhantomData,
    }
}

impl<T: TryFrom<i64>> Form for Whole<T> {
    type Value = T;

    fn read(&self, text: &str) -> Option<T> {
        let number: i64 = text.parse().ok()?;
        let within = (self.from..=self.to).contains(&number);
        T::try_from(number).ok().filter(|_| within)
    }

    fn describe(&self) -> String {
        format!(
            "a whole number of {} from {} to {}",
            self.of, self.from, self.to
        )
    }

    fn example(&self) -> String {
        self.from.max(1).to_string()
    }
}

/// A time in whole seconds within bounds.
pub struct Seconds(pub i64, pub i64);

impl Form for Seconds {
    type Value = Duration;

    fn read(&self, text: &str) -> Option<Duration> {
        self.number().read(text).map(Duration::from_secs)
    }

    fn describe(&self) -> String {
        self.number().describe()
    }

    fn example(&self) -> String {
        self.number().example()
    }
}

impl Seconds {
    const fn number(&self) -> Whole<u64> {
        whole("seconds", self.0, self.1)
    }
}

/// Another form, or a word for `None`.
pub struct Or<F>(pub F, pub &'static str);

impl<F: Form> Form for Or<F> {
    type Value = Option<F::Value>;

    fn read(&self, text: &str) -> Option<Self::Value> {
        match text == self.1 {
            true => Some(None),
            false => self.0.read(text).map(Some),
        }
    }

    fn describe(&self) -> String {
        let none: &dyn Display = if self.1.is_empty() {
            &"nothing"
        } else {
            &self.1
        };
        format!("{}, or {none}", self.0.describe())
    }

    fn example(&self) -> String {
        self.0.example()
    }

    fn is_secret(&self) -> bool {
        self.0.is_secret()
    }
}

/// The address of a server.
pub struct Url {
    schemes: &'static [&'static str],
    example: &'static str,
}

/// An address with one of these schemes.
pub const fn url(schemes: &'static [&'static str], example: &'static str) -> Url {
    Url { schemes, example }
}

impl Form for Url {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let (scheme, rest) = text.split_once("://")?;
        // After `#` libraries look for options that turn certificate checks off.
        let fits = self.schemes.contains(&scheme) && !rest.is_empty() && !rest.contains('#');
        fits.then(|| text.to_owned())
    }

    fn describe(&self) -> String {
        format!(
            "an address that begins with {}://",
            self.schemes.join(":// or ")
        )
    }

    fn example(&self) -> String {
        self.example.to_owned()
    }

    fn is_secret(&self) -> bool {
        true
    }
}

/// At least one of another form, separated by commas.
pub struct List<F>(pub F);

impl<F: Form> Form for List<F> {
    type Value = Vec<F::Value>;

    fn read(&self, text: &str) -> Option<Self::Value> {
        text.split(',').map(|one| self.0.read(one.trim())).collect()
    }

    fn describe(&self) -> String {
        format!("{}; several are separated by commas", self.0.describe())
    }

    fn example(&self) -> String {
        self.0.example()
    }

    fn is_secret(&self) -> bool {
        self.0.is_secret()
    }
}

/// Addresses of machines and of networks; perhaps none.
pub struct Networks;

impl Form for Networks {
    type Value = Vec<IpNet>;

    fn read(&self, text: &str) -> Option<Vec<IpNet>> {
        let network = |word: &str| {
            let machine = || word.parse::<IpAddr>().map(IpNet::from);
            word.parse().or_else(|_| machine()).ok()
        };
        let words = text.split(',').map(str::trim);
        words.filter(|word| !word.is_empty()).map(network).collect()
    }

    fn describe(&self) -> String {
        "IP addresses and networks, separated by commas, or nothing".to_owned()
    }

    fn example(&self) -> String {
        "10.0.0.2,10.1.0.0/16".to_owned()
    }
}

/// Safe in a key, in a queue's name and in a log line.
pub struct Name;

impl Form for Name {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let fits = (1..=40).contains(&text.len()) && text.chars().all(fits);
        fits.then(|| text.to_owned())
    }

    fn describe(&self) -> String {
        "1 to 40 letters, digits, - or _".to_owned()
    }

    fn example(&self) -> String {
        "seckill".to_owned()
    }
}

/// A filter for the log.
pub struct LogFilter;

impl Form for LogFilter {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        EnvFilter::try_new(text).ok().map(|_| text.to_owned())
    }

    fn describe(&self) -> String {
        "a `tracing` filter: a level, and levels of modules, separated by commas".to_owned()
    }

    fn example(&self) -> String {
        "info,server::workers=debug".to_owned()
    }
}

/// An injected fault.
pub struct FaultForm;

impl Form for FaultForm {
    type Value = InjectedFault;

    fn read(&self, text: &str) -> Option<InjectedFault> {
        text.parse().ok()
    }

    fn describe(&self) -> String {
        "CALL:WHEN:NUMBER:HOW; CALL is a method of a ledger, queue or payment port, WHEN is before or after, HOW is die, fail or panic".to_owned()
    }

    fn example(&self) -> String {
        "write:before:1:die".to_owned()
    }
}
