//! The servers behind a test shop. `SECKILL_TEST_STACK` chooses them, so that the same tests run on
//! every adapter: `embedded` (the default), `postgres` (with one Redis and RabbitMQ) or `mariadb`
//! (with a Redis Cluster and RabbitMQ). `postgres-tls` and `mariadb-tls` use TLS.

use std::path::PathBuf;

use server::config::{Cluster, Config};
use tempfile::TempDir;
use test_servers::{
    Certificates, MariaDb, Postgres, mariadb, postgres, rabbitmq,
    redis::{self, RedisCluster, RedisServer},
};
use uuid::Uuid;

/// The data that a shop leaves when its process dies.
pub struct Data {
    folder: TempDir,
    cluster: Option<Cluster>,
}

impl Data {
    /// Data of a new shop on the selected stack.
    pub fn of_the_stack() -> Data {
        let stack = std::env::var("SECKILL_TEST_STACK").unwrap_or_default();
        match stack.as_str() {
            "" | "embedded" => Data::embedded(),
            "postgres" => Data::postgres(),
            "mariadb" => Data::mariadb(),
            "postgres-tls" => Data::postgres_with_tls(),
            "mariadb-tls" => Data::mariadb_with_tls(),
            other => panic!(
                "SECKILL_TEST_STACK is embedded, postgres or mariadb, or one of the latter two with -tls, not {other}"
            ),
        }
    }

    /// Data of a shop on PostgreSQL, one Redis and RabbitMQ, on any stack.
    pub fn postgres() -> Data {
        Data::postgres_on(&postgres::shared(), redis::shared())
    }

    /// The same over TLS.
    pub fn postgres_with_tls() -> Data {
        Data::postgres_on(&postgres::shared_with_tls(), redis::shared_with_tls())
    }

    fn postgres_on(server: &Postgres, gate: &RedisServer) -> Data {
        let name = name();
        server.create_database(&name);
        let database_url = server.url(&name);
        Data::on_servers(name, vec![gate.url()], database_url)
    }

    fn mariadb() -> Data {
        Data::mariadb_on(&mariadb::shared(), redis::shared_cluster())
    }

    /// Data of a shop on MariaDB, a Redis Cluster and RabbitMQ, all over TLS.
    pub fn mariadb_with_tls() -> Data {
        Data::mariadb_on(
            &mariadb::shared_with_tls(),
            redis::shared_cluster_with_tls(),
        )
    }

    fn mariadb_on(server: &MariaDb, gate: &RedisCluster) -> Data {
        let name = name();
        server.create_database(&name);
        let database_url = server.url(&name);
        Data::on_servers(name, gate.urls(), database_url)
    }

    fn on_servers(name: String, redis_urls: Vec<String>, database_url: String) -> Data {
        let tls = redis_urls[0].starts_with("rediss://");
        let (amqp_url, tls_ca) = match tls {
            true => {
                let authority = Certificates::shared().authority().to_owned();
                (rabbitmq::shared_with_tls().url(), Some(authority))
            }
            false => (rabbitmq::shared().url(), None),
        };
        let folder = tempfile::tempdir().unwrap();
        let cluster = Some(Cluster {
            redis_urls,
            amqp_url,
            database_url,
            replica_url: None,
            tls_ca,
            plain_allowed: false,
            // Dozens of shops share the server.
            connections: 3,
            namespace: name,
        });
        Data { folder, cluster }
    }

    /// Data of an embedded shop, on any stack.
    pub fn embedded() -> Data {
        Data {
            folder: tempfile::tempdir().unwrap(),
            cluster: None,
        }
    }

    /// The embedded shop's database.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("seckill.db")
    }

    /// Configures a shop to use this data.
    pub fn configure(&self, config: &mut Config) {
        config.process.data_dir = self.folder.path().into();
        config.cluster = self.cluster.clone();
    }
}

/// The name of a database, and the namespace on shared servers.
fn name() -> String {
    format!("t{}", Uuid::now_v7().simple())
}
