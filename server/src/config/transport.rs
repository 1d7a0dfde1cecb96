//! How well a server's address protects its connections.

use std::str::FromStr;

use sea_orm::sqlx::{
    mysql::{MySqlConnectOptions, MySqlSslMode},
    postgres::{PgConnectOptions, PgSslMode},
};
use url::Url;

use super::{Cluster, ConfigError, section::Setting, sources::Values};
use crate::loopback::is_loopback;

/// Whether others on the network can read a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// No: it does not leave this machine.
    Local,
    /// No: it is encrypted, and the server's certificate and name are verified.
    Verified,
    /// Someone between the two machines can: it is encrypted, but the server is not authenticated.
    Unverified,
    /// Anyone on the network can.
    Plain,
}

impl Transport {
    /// For an address that [`Cluster`] accepts.
    fn of(url: &str) -> Transport {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        let understood = match scheme {
            Some("postgres") => {
                let options = PgConnectOptions::from_str(url);
                options.ok().map(|options| of_postgres(&options))
            }
            Some("mysql") => {
                let options = MySqlConnectOptions::from_str(url);
                options.ok().map(|options| of_mysql(&options))
            }
            // Redis and RabbitMQ: the query parameters of these libraries cannot change the server.
            _ => Url::parse(url).ok().map(|url| of_url(&url)),
        };
        // An address that cannot be parsed connects to nothing; it must not be reported as safe.
        understood.unwrap_or(Transport::Plain)
    }

    /// For all nodes of a Redis Cluster, or for the only Redis.
    fn of_redis(urls: &[String]) -> Transport {
        let mut all = urls.iter().map(|url| Transport::of(url));
        match urls {
            [only] => Transport::of(only),
            _ if all.all(|one| one == Transport::Verified) => Transport::Verified,
            // The nodes announce their own addresses, which may be on other machines.
            _ => Transport::Plain,
        }
    }

    /// Nobody on the network can eavesdrop.
    pub fn is_safe(self) -> bool {
        matches!(self, Transport::Local | Transport::Verified)
    }
}

/// From the library's own parser, which handles repeated parameters and variables such as `PGHOST`.
fn of_postgres(options: &PgConnectOptions) -> Transport {
    let (mode, host) = (options.get_ssl_mode(), options.get_host());
    if options.get_socket().is_some() || host.starts_with('/') {
        return Transport::Local;
    }
    if matches!(mode, PgSslMode::VerifyFull) {
        return Transport::Verified;
    }
    // The first does not check the certificate, the second not its name. The other modes encrypt only if the server
    // offers it, and fall back when an attacker hides the offer.
    let encrypted = matches!(mode, PgSslMode::Require | PgSslMode::VerifyCa);
    otherwise(host, encrypted)
}

/// As [`of_postgres`].
fn of_mysql(options: &MySqlConnectOptions) -> Transport {
    let mode = options.get_ssl_mode();
    if options.get_socket().is_some() {
        return Transport::Local;
    }
    if matches!(mode, MySqlSslMode::VerifyIdentity) {
        return Transport::Verified;
    }
    let encrypted = matches!(mode, MySqlSslMode::Required | MySqlSslMode::VerifyCa);
    otherwise(options.get_host(), encrypted)
}

fn of_url(url: &Url) -> Transport {
    match url.scheme() {
        "rediss" | "amqps" => Transport::Verified,
        _ => otherwise(url.host_str().unwrap_or_default(), false),
    }
}

/// For a server that is not authenticated.
fn otherwise(host: &str, encrypted: bool) -> Transport {
    match (is_loopback(host), encrypted) {
        (true, _) => Transport::Local,
        (false, true) => Transport::Unverified,
        (false, false) => Transport::Plain,
    }
}

impl Cluster {
    /// How the connections to each server are protected, with the setting of its address.
    pub fn transports(&self) -> impl Iterator<Item = (Setting, Transport)> {
        let replica = self.replica_url.iter();
        let replica = replica.map(|url| (Self::replica_url().describe(), Transport::of(url)));
        let (redis, queue) = (Self::redis_urls(), Self::amqp_url());
        let ledger = Self::database_url();
        [
            (redis.describe(), Transport::of_redis(&self.redis_urls)),
            (queue.describe(), Transport::of(&self.amqp_url)),
            (ledger.describe(), Transport::of(&self.database_url)),
        ]
        .into_iter()
        .chain(replica)
    }

    /// Real buyers' passwords, numbers and log-ins must not cross a network unless it was declared private.
    pub(super) fn refuse_plain(&self, values: &Values) -> Result<(), ConfigError> {
        if self.plain_allowed {
            return Ok(());
        }
        for (setting, transport) in self.transports() {
            if !transport.is_safe() {
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
    fn an_address_tells_whether_anybody_can_eavesdrop() {
        for (url, transport) in [
            ("redis://127.0.0.1:6379", Local),
            ("redis://:p@[::1]:6379", Local),
            ("redis://gate:6379", Plain),
            ("rediss://gate:6379", Verified),
            ("amqp://u:p@localhost/%2f", Local),
            ("amqp://u:p@10.0.0.2:5672/%2f", Plain),
            ("amqps://u:p@10.0.0.2/%2f", Verified),
            // These libraries ignore unknown parameters.
            ("redis://gate:6379?host=127.0.0.1", Plain),
            ("redis://gate:6379?socket=/run/redis.sock", Plain),
            ("amqp://u:p@10.0.0.2/%2f?host=localhost", Plain),
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
            // Of repeated parameters the last one counts.
            (
                "postgres://u@db/seckill?sslmode=verify-full&sslmode=disable",
                Plain,
            ),
            (
                "postgres://u@db/seckill?sslmode=disable&sslmode=verify-full",
                Verified,
            ),
            ("postgres://u@db/seckill?host=localhost&host=db", Plain),
            ("postgres://u@127.0.0.1/seckill?hostaddr=10.0.0.3", Plain),
            ("postgres://u@db/seckill?hostaddr=127.0.0.1", Local),
            ("postgres://u@db/seckill?sslmode=no-such", Plain),
            ("mysql://u:p@db/seckill?host=127.0.0.1", Plain),
            (
                "mysql://u:p@db/seckill?ssl-mode=VERIFY_IDENTITY&ssl-mode=DISABLED",
                Plain,
            ),
        ] {
            assert_eq!(Transport::of(url), transport, "{url}");
        }
    }
    #[test]
    fn announced_cluster_nodes_may_be_on_other_machines() {
        for (urls, transport) in [
            (&["redis://127.0.0.1:7000"][..], Local),
            (&["redis://127.0.0.1:7000", "redis://127.0.0.1:7001"], Plain),
            (&["rediss://a:7000", "rediss://b:7000"], Verified),
            (&["rediss://a:7000", "redis://b:7000"], Plain),
        ] {
            let all: Vec<_> = urls.iter().map(|url| (*url).to_owned()).collect();
            assert_eq!(Transport::of_redis(&all), transport, "{urls:?}");
        }
    }
}
