//! How the address of a server says that its connections are protected.

use std::net::IpAddr;

use url::Url;

use super::{Cluster, ConfigError, section::Setting, sources::Values};

/// What others on the network can do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Nothing: it does not leave this machine.
    Local,
    /// Nothing: it is encrypted, and certificate and name of the server are looked at.
    Verified,
    /// Whoever stands in between reads along: it is encrypted for anybody who answers.
    Unverified,
    /// Whoever listens reads along.
    Plain,
}

impl Transport {
    /// Of an address that [`Cluster`] accepts.
    pub fn of(url: &str) -> Transport {
        let Ok(url) = Url::parse(url) else {
            return Transport::Plain;
        };
        let parameter = |names: &[&str]| {
            let mut pairs = url.query_pairs();
            let found = pairs.find(|(name, _)| names.contains(&name.as_ref()));
            found.map(|(_, value)| value.to_lowercase())
        };
        let mode = parameter(&["sslmode", "ssl-mode"]);
        match (url.scheme(), mode.as_deref()) {
            ("rediss" | "amqps", _) => Transport::Verified,
            ("postgres", Some("verify-full")) | ("mysql", Some("verify_identity")) => {
                Transport::Verified
            }
            _ if is_here(&url, parameter(&["host", "socket"])) => Transport::Local,
            // Whether the name is the server's is not looked at.
            ("postgres", Some("require" | "verify-ca"))
            | ("mysql", Some("required" | "verify_ca")) => Transport::Unverified,
            // PostgreSQL and MySQL encrypt where the server offers it, and go on where somebody says it does not.
            _ => Transport::Plain,
        }
    }

    /// Nobody on the network can read along.
    pub fn is_safe(self) -> bool {
        matches!(self, Transport::Local | Transport::Verified)
    }
}

/// The loopback, or a socket in the file system.
fn is_here(url: &Url, parameter: Option<String>) -> bool {
    let is_path = |name: &str| name.starts_with('/') || name.to_lowercase().starts_with("%2f");
    if let Some(place) = parameter {
        return is_path(&place) || names_this_machine(&place);
    }
    url.host_str()
        .is_none_or(|host| is_path(host) || names_this_machine(host))
}

fn names_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

impl Cluster {
    /// The addresses, each with its setting.
    pub fn addresses(&self) -> impl Iterator<Item = (Setting, &str)> {
        let redis = self.redis_urls.iter();
        let redis = redis.map(|url| (Self::redis_urls().describe(), url.as_str()));
        redis
            .chain([
                (Self::amqp_url().describe(), self.amqp_url.as_str()),
                (Self::database_url().describe(), self.database_url.as_str()),
            ])
            .chain(
                self.replica_url
                    .iter()
                    .map(|url| (Self::replica_url().describe(), url.as_str())),
            )
    }

    /// Passwords, numbers and log-ins of real buyers cross no network that nobody has called private.
    pub(super) fn refuse_plain(&self, values: &Values) -> Result<(), ConfigError> {
        if self.plain_allowed {
            return Ok(());
        }
        for (setting, url) in self.addresses() {
            if !Transport::of(url).is_safe() {
                return Err(values.plain(&setting, &Self::plain_allowed().describe().variable()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Transport::{self, Local, Plain, Unverified, Verified};

    #[test]
    fn an_address_says_whether_anybody_can_read_along() {
        for (url, transport) in [
            ("redis://127.0.0.1:6379", Local),
            ("redis://:p@[::1]:6379", Local),
            ("redis://gate:6379", Plain),
            ("rediss://gate:6379", Verified),
            ("amqp://u:p@localhost/%2f", Local),
            ("amqp://u:p@10.0.0.2:5672/%2f", Plain),
            ("amqps://u:p@10.0.0.2/%2f", Verified),
            ("postgres://u:p@db/seckill", Plain),
            ("postgres://u:p@db/seckill?sslmode=prefer", Plain),
            ("postgres://u:p@db/seckill?sslmode=require", Unverified),
            ("postgres://u:p@db/seckill?sslmode=verify-ca", Unverified),
            (
                "postgres://u:p@db/seckill?sslmode=verify-full&sslrootcert=/ca",
                Verified,
            ),
            ("postgres://u:p@127.0.0.1/seckill?sslmode=require", Local),
            ("postgres://u@%2Frun%2Fpostgresql/seckill", Local),
            ("postgres://u@db/seckill?host=/run/postgresql", Local),
            ("postgres://u@127.0.0.1/seckill?host=db", Plain),
            ("mysql://u:p@db/seckill?ssl-mode=REQUIRED", Unverified),
            ("mysql://u:p@db/seckill?ssl-mode=VERIFY_IDENTITY", Verified),
            (
                "mysql://u:p@db/seckill?socket=/run/mysqld/mysqld.sock",
                Local,
            ),
            ("mysql://u:p@db/seckill", Plain),
        ] {
            assert_eq!(Transport::of(url), transport, "{url}");
        }
    }
}
