//! The settings of a cluster: where its servers are.

use std::num::NonZeroU32;

use super::{ConfigError, Values, error};

/// Addresses of the servers a cluster stands on. They may hold passwords: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Cluster {
    /// One Redis, or several nodes of one Redis Cluster.
    pub redis_urls: Vec<String>,
    /// RabbitMQ.
    pub amqp_url: String,
    /// PostgreSQL, MySQL or MariaDB.
    pub database_url: String,
    /// A copy of the ledger that is a little behind, for the pages' reads.
    pub replica_url: Option<String>,
    /// Connections of this process to the ledger, and as many to its copy.
    pub connections: u32,
    /// Prefix of Redis keys and RabbitMQ names.
    pub namespace: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cluster(…)")
    }
}

impl Cluster {
    pub(super) fn parse(values: &Values) -> Result<Self, ConfigError> {
        let url = |name, value: &str, schemes: &[&str]| {
            let known = schemes
                .iter()
                .any(|scheme| value.starts_with(&format!("{scheme}://")));
            match known {
                true => Ok(value.to_owned()),
                false => Err(error(
                    name,
                    format!("begins with {}://", schemes.join(":// or ")),
                )),
            }
        };
        let redis = values.get("REDIS_URL").split(',').map(str::trim);
        let database = |name| url(name, values.get(name), &["postgres", "mysql"]);
        Ok(Self {
            redis_urls: redis
                .map(|node| url("REDIS_URL", node, &["redis"]))
                .collect::<Result<_, _>>()?,
            amqp_url: url("AMQP_URL", values.get("AMQP_URL"), &["amqp"])?,
            database_url: database("DATABASE_URL")?,
            replica_url: match values.get("DATABASE_REPLICA_URL") {
                "" => None,
                _ => Some(database("DATABASE_REPLICA_URL")?),
            },
            connections: values.parsed::<NonZeroU32>("DATABASE_CONNECTIONS")?.get(),
            namespace: namespace(values.get("NAMESPACE"))?,
        })
    }
}

/// Letters, digits, `-` and `_`: safe in a key, a queue's name and a log line.
fn namespace(word: &str) -> Result<String, ConfigError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match (1..=40).contains(&word.len()) && word.chars().all(fits) {
        true => Ok(word.to_owned()),
        false => Err(error("NAMESPACE", "is 1 to 40 letters, digits, - or _")),
    }
}

/// `scheme://user:password@host` with `***` for the password, of every address in a list.
pub(super) fn without_passwords(urls: &str) -> String {
    let hidden = |url: &str| {
        let (Some(start), Some(end)) = (url.find("://"), url.rfind('@')) else {
            return url.to_owned();
        };
        match url[start + 3..end].find(':') {
            Some(colon) => format!("{}:***{}", &url[..start + 3 + colon], &url[end..]),
            None => url.to_owned(),
        }
    };
    urls.split(',').map(hidden).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::without_passwords;

    #[test]
    fn passwords_are_hidden_and_nothing_else() {
        for (url, shown) in [
            ("redis://10.0.0.1:6379", "redis://10.0.0.1:6379"),
            (
                "redis://:pass@a:1,redis://:p@ss@b:2",
                "redis://:***@a:1,redis://:***@b:2",
            ),
            (
                "postgres://shop:s3:cret@db/seckill",
                "postgres://shop:***@db/seckill",
            ),
            ("postgres://shop@db/seckill", "postgres://shop@db/seckill"),
            ("", ""),
        ] {
            assert_eq!(without_passwords(url), shown);
        }
    }
}
