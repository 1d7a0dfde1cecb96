//! The composition root: puts adapters under the engine and the engine under its doors. Which ones
//! is decided here, at run time, by configuration. Tests put the shop together here too, with a
//! clock of their own.

mod cluster;
mod embedded;

use std::{path::Path, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    adapters::{
        faulty::{DrillPlan, FaultPlan, FaultyOrders, FaultyQueue, FaultyReservations},
        sql::{ConnectError, Durability, Sql},
        system::{Argon2Passwords, LogNotifier, SystemIds},
    },
    config::Config,
    engine::{
        Engine,
        ports::{
            Clock, Ids, Notifier, OrderQueue, Orders, PasswordError, Passwords, PortError,
            Reservations, captcha::CaptchaSource,
        },
    },
    workers::Bells,
};

/// Why the shop could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] ConnectError),
    /// A server of the cluster, for another reason than being away.
    #[error("{error}: {}", error.cause())]
    Server {
        /// Which, and why.
        #[from]
        error: PortError,
    },
    /// The password hash.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
}

/// What the shop stands in: everything that a test may want to own.
pub struct Surroundings {
    /// Time; `None` for the world's: the machine's, or in a cluster Redis's.
    pub clock: Option<Arc<dyn Clock>>,
    /// Ids and secrets.
    pub ids: Arc<dyn Ids>,
    /// Questions.
    pub questions: Arc<dyn CaptchaSource>,
    /// Slow hashing.
    pub passwords: Arc<dyn Passwords>,
    /// Messages to people.
    pub notifier: Arc<dyn Notifier>,
    /// What a commit promises.
    pub durability: Durability,
    /// What fails on purpose.
    pub faults: Option<Arc<dyn FaultPlan>>,
}

impl Surroundings {
    /// The real world, with questions from `questions`.
    ///
    /// # Errors
    /// When the password hash does not work.
    pub fn real(config: &Config, questions: Arc<dyn CaptchaSource>) -> Result<Self, AssemblyError> {
        Ok(Self {
            clock: None,
            ids: Arc::new(SystemIds),
            questions,
            passwords: Arc::new(Argon2Passwords::new()?),
            notifier: Arc::new(LogNotifier),
            durability: Durability::Disk,
            faults: match &config.drill {
                Some(drill) => Some(Arc::new(DrillPlan::new(drill.clone()))),
                None => None,
            },
        })
    }
}

/// Asks one of the servers the shop stands on whether it answers.
pub type Ping = Box<dyn Fn() -> BoxFuture<'static, Result<(), PortError>> + Send + Sync>;

/// A shop, put together and not running.
pub struct Assembly {
    /// The rules over their adapters.
    pub engine: Arc<Engine>,
    /// What wakes the workers.
    pub bells: Bells,
    /// Run as long as the shop does; without them nothing is decided.
    pub tasks: Vec<BoxFuture<'static, ()>>,
    /// What the shop stands on, by name.
    pub dependencies: Vec<(&'static str, Ping)>,
    /// Said to the servers after the workers have ended.
    pub farewell: Option<BoxFuture<'static, ()>>,
    /// The ledger, for commands.
    pub sql: Sql,
}

/// The ports of ledger and queue, failing where somebody planned it.
struct Ledger {
    reservations: Arc<dyn Reservations>,
    orders: Arc<dyn Orders>,
    queue: Arc<dyn OrderQueue>,
}

impl Ledger {
    fn new(sql: &Sql, queue: Arc<dyn OrderQueue>, faults: Option<Arc<dyn FaultPlan>>) -> Self {
        let store = Arc::new(sql.clone());
        let Some(plan) = faults else {
            return Self {
                reservations: store.clone(),
                orders: store,
                queue,
            };
        };
        Self {
            reservations: Arc::new(FaultyReservations {
                real: store.clone(),
                plan: plan.clone(),
            }),
            orders: Arc::new(FaultyOrders {
                real: store,
                plan: plan.clone(),
            }),
            queue: Arc::new(FaultyQueue { real: queue, plan }),
        }
    }
}

/// Opens the ledger and brings its schema up to date.
///
/// # Errors
/// See [`ConnectError`].
pub async fn open_ledger(config: &Config, durability: Durability) -> Result<Sql, ConnectError> {
    match &config.cluster {
        None => Sql::open(Path::new(&config.data_dir), durability, config.pay_window_s).await,
        Some(cluster) => {
            Sql::connect(
                &cluster.database_url,
                cluster.replica_url.as_deref(),
                cluster.connections,
                config.pay_window_s,
            )
            .await
        }
    }
}

/// The shop that the configuration asks for.
///
/// # Errors
/// See [`AssemblyError`].
pub async fn assemble(config: &Config, around: Surroundings) -> Result<Assembly, AssemblyError> {
    match &config.cluster {
        // Boxed: as one type the two ways together are more than the compiler wants to look at.
        None => Box::pin(embedded::assemble(config, around)).await,
        Some(cluster) => Box::pin(cluster::assemble(config, cluster, around)).await,
    }
}

fn ledger_ping(sql: &Sql) -> (&'static str, Ping) {
    let sql = sql.clone();
    let ping: Ping = Box::new(move || {
        let sql = sql.clone();
        Box::pin(async move { sql.ping().await })
    });
    ("ledger", ping)
}
