//! What a test shop stands on. `SECKILL_TEST_STACK` chooses, so that the same tests run unchanged on
//! every adapter: `embedded` (the default), `postgres` (with one Redis and RabbitMQ) or `mariadb`
//! (with a Redis Cluster and RabbitMQ).

use std::path::PathBuf;

use server::config::{Cluster, Config};
use tempfile::TempDir;
use test_servers::{mariadb, postgres, rabbitmq, redis};
use uuid::Uuid;

/// What a shop leaves behind when its process dies.
pub struct Data {
    folder: TempDir,
    cluster: Option<Cluster>,
}

impl Data {
    /// Of a shop that has not been opened yet.
    pub fn of_the_stack() -> Data {
        let stack = std::env::var("SECKILL_TEST_STACK").unwrap_or_default();
        match stack.as_str() {
            "" | "embedded" => Data::embedded(),
            "postgres" => Data::postgres(),
            "mariadb" => {
                let (server, name) = (mariadb::shared(), name());
                server.create_database(&name);
                let database_url = server.url(&name);
                Data::on_servers(name, redis::shared_cluster().urls(), database_url)
            }
            other => panic!("SECKILL_TEST_STACK is embedded, postgres or mariadb, not {other}"),
        }
    }

    /// Of a shop on PostgreSQL, one Redis and RabbitMQ, whatever the stack.
    pub fn postgres() -> Data {
        let (server, name) = (postgres::shared(), name());
        server.create_database(&name);
        let database_url = server.url(&name);
        Data::on_servers(name, vec![redis::shared().url()], database_url)
    }

    fn on_servers(name: String, redis_urls: Vec<String>, database_url: String) -> Data {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Some(Cluster {
            redis_urls,
            amqp_url: rabbitmq::shared().url(),
            database_url,
            replica_url: None,
            // Dozens of shops share the server.
            connections: 3,
            namespace: name,
        });
        Data { folder, cluster }
    }

    /// Of an embedded shop, whatever the stack.
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

    /// Points the shop at its data.
    pub fn configure(&self, config: &mut Config) {
        config.process.data_dir = self.folder.path().into();
        config.cluster = self.cluster.clone();
    }
}

/// Of a database, and of everything else that a shop has on servers it shares.
fn name() -> String {
    format!("t{}", Uuid::now_v7().simple())
}
