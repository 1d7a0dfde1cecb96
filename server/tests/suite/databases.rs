//! The ledger on real PostgreSQL and MariaDB servers: concurrent workers, servers that stop, die
//! and come back. Behaviour common to all databases is in the contract suites.

mod activity_log;
mod faults;
pub mod opened;
mod read_only;
mod reading;
mod workers;

/// Makes one test per server from each function, which takes an [`opened::Opened`].
macro_rules! on_every_server {
    ($($test:ident)*) => {
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::databases::opened::Server::postgres()).await;
            })*
        }
        mod on_mariadb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::databases::opened::Server::mariadb()).await;
            })*
        }
    };
}
use on_every_server;
