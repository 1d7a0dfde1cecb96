//! The servers of a cluster.

use std::path::PathBuf;

use super::{
    forms::{File, List, Name, OneOf, Or, url, whole},
    section::section,
};

section! {
    /// The servers of a cluster. Their addresses may hold passwords: never logged.
    #[derive(Clone, PartialEq, Eq)]
    Cluster, "The servers of a cluster" {
        redis_urls: Vec<String> = "REDIS_URL", "redis://127.0.0.1:6379",
            List(url(&["redis", "rediss"], "redis://:password@10.0.0.21:6379")),
            "The gate: a Redis, or several nodes of one Redis Cluster. `rediss://` is TLS.";
        amqp_url: String = "AMQP_URL", "amqp://127.0.0.1:5672/%2f",
            url(&["amqp", "amqps"], "amqp://seckill:password@10.0.0.22:5672/%2f"),
            "The queue: RabbitMQ. `amqps://` is TLS.";
        database_url: String = "DATABASE_URL", "postgres://127.0.0.1:5432/seckill",
            url(&["postgres", "mysql"], "postgres://seckill:password@10.0.0.23:5432/seckill"),
            "The ledger: PostgreSQL, MySQL or MariaDB. `?sslmode=verify-full` (PostgreSQL) and `?ssl-mode=VERIFY_IDENTITY` (the others) are TLS.";
        replica_url: Option<String> = "DATABASE_REPLICA_URL", "",
            Or(url(&["postgres", "mysql"], "postgres://seckill:password@10.0.0.24:5432/seckill"), ""),
            "A replica of the ledger, which may be a little behind, for the pages' reads.";
        tls_ca: Option<PathBuf> = "TLS_CA", "", Or(File("/etc/seckill/ca.pem"), ""),
            "Authorities (PEM) that may sign the certificates of these servers, in addition to the system's.";
        plain_allowed: bool = "PLAIN_SERVERS", "refused", OneOf(&[("refused", false), ("allowed", true)]),
            "Whether production connects to servers on other machines without TLS, or without checking their certificates: for a private network.";
        connections: u32 = "DATABASE_CONNECTIONS", "10", whole("connections", 1, 1_000),
            "Connections of this process to the ledger, and as many to its replica.";
        namespace: String = "NAMESPACE", "seckill", Name,
            "Prefix of Redis keys and RabbitMQ names, so that shops can share servers.";
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cluster(…)")
    }
}
