//! The servers behind a cluster: a set is used by one test at a time, because tests pause and kill
//! them.

use std::sync::{Mutex, PoisonError};

use test_servers::{
    MariaDb, Postgres,
    rabbitmq::RabbitServer,
    redis::{Persistence, RedisServer},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Tests that run at the same time, each with a set of its own.
const SETS: usize = 3;

/// One server of each kind. Starting them takes seconds, so tests reuse them.
pub struct Servers {
    pub redis: RedisServer,
    pub rabbit: RabbitServer,
    pub postgres: Postgres,
    pub mariadb: MariaDb,
}

/// The unused sets.
static IDLE: Mutex<Vec<Servers>> = Mutex::new(Vec::new());
static PERMITS: Semaphore = Semaphore::const_new(SETS);

/// A set in use by one test.
pub struct HeldServers {
    /// `None` only while it is dropped.
    servers: Option<Servers>,
    // Last: returned after the set.
    _permit: SemaphorePermit<'static>,
}

impl HeldServers {
    /// Waits for an unused set.
    pub async fn new() -> HeldServers {
        let permit = PERMITS.acquire().await.unwrap();
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let servers = idle.unwrap_or_else(|| Servers {
            redis: RedisServer::start_with(Persistence::Disk),
            rabbit: RabbitServer::start(),
            postgres: Postgres::start(),
            mariadb: MariaDb::start(),
        });
        HeldServers {
            servers: Some(servers),
            _permit: permit,
        }
    }

    pub fn all(&mut self) -> &mut Servers {
        self.servers.as_mut().unwrap()
    }
}

/// A failed test may leave its servers broken: they are not reused.
impl Drop for HeldServers {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            idle.extend(self.servers.take());
        }
    }
}
