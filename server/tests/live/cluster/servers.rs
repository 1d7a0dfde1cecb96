//! What stands behind a cluster: a set of servers that one test has at a time, because tests pause
//! and kill them.

use std::sync::{Mutex, PoisonError};

use test_servers::{
    MariaDb, Postgres,
    rabbitmq::RabbitServer,
    redis::{Persistence, RedisServer},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Tests that run at the same time, each with a set of its own.
const SETS: usize = 3;

/// One of each. Starting them takes seconds, so a test hands them on to the next.
pub struct Servers {
    pub redis: RedisServer,
    pub rabbit: RabbitServer,
    pub postgres: Postgres,
    pub mariadb: MariaDb,
}

/// The sets that no test has.
static IDLE: Mutex<Vec<Servers>> = Mutex::new(Vec::new());
static PERMITS: Semaphore = Semaphore::const_new(SETS);

/// A set while one test has it.
pub struct HeldServers {
    /// `None` only while it is dropped.
    servers: Option<Servers>,
    // Last: given back after the set.
    _permit: SemaphorePermit<'static>,
}

impl HeldServers {
    /// Waits for a set that no other test has.
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

/// A test that failed may leave its servers broken: the next one starts others.
impl Drop for HeldServers {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            idle.extend(self.servers.take());
        }
    }
}
