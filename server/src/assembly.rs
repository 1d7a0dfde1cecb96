//! The composition root: puts adapters under the engine and the engine under its doors. Which ones
//! is decided here, at run time, by configuration. Tests put the shop together here too, with a
//! clock of their own.

mod embedded;

use std::{path::Path, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    adapters::{
        faulty::{DrillPlan, FaultPlan},
        sql::{ConnectError, Durability, Sql},
        system::{Argon2Passwords, LogNotifier, SystemIds},
    },
    config::Config,
    engine::{
        Engine,
        ports::{
            Clock, Ids, Notifier, PasswordError, Passwords, PortError, captcha::CaptchaSource,
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
    /// The ledger, for commands.
    pub sql: Sql,
}

/// Opens the ledger and brings its schema up to date.
///
/// # Errors
/// See [`ConnectError`].
pub async fn open_ledger(config: &Config, durability: Durability) -> Result<Sql, ConnectError> {
    Sql::open(Path::new(&config.data_dir), durability, config.pay_window_s).await
}

/// The shop that the configuration asks for.
///
/// # Errors
/// See [`AssemblyError`].
pub async fn assemble(config: &Config, around: Surroundings) -> Result<Assembly, AssemblyError> {
    embedded::assemble(config, around).await
}

fn ledger_ping(sql: &Sql) -> (&'static str, Ping) {
    let sql = sql.clone();
    let ping: Ping = Box::new(move || {
        let sql = sql.clone();
        Box::pin(async move { sql.ping().await })
    });
    ("ledger", ping)
}
