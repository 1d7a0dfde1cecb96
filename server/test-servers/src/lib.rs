//! Real servers for tests and (by `with-servers`) for developers: each on loopback ports and a data
//! folder of its own, so that a test may pause, kill and restart it. A server that is not installed
//! fails the test that needs it.

pub mod certificates;
pub mod disk_faults;
mod guarded;
pub mod http;
pub mod localstripe;
pub mod mariadb;
pub mod nginx;
pub mod postgres;
pub mod proxy;
pub mod rabbitmq;
pub mod redis;
mod unprivileged;

pub use certificates::{Certificates, ServerCertificate};
pub use guarded::{Guarded, free_port, wait_until};
pub use localstripe::LocalStripe;
pub use mariadb::MariaDb;
pub use postgres::Postgres;
