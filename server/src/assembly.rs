//! The composition root: puts adapters under the engine and the engine under its doors. Tests put
//! the shop together here too, with a clock of their own.

use std::{path::Path, sync::Arc};

use crate::{
    adapters::{
        cached::{CachedCatalogue, CachedTokens},
        embedded::{Gate, GateTask, GovernedLimits, MemoryCaptchas, MemoryPaths},
        faulty::{FaultPlan, FaultyOrders, FaultyQueue, FaultyReservations},
        sql::{ConnectError, Durability, Sql},
        system::{Argon2Passwords, LogNotifier, SystemClock, SystemIds},
    },
    config::Config,
    engine::{
        Engine, SoldOutMarks,
        ports::{
            Clock, Ids, Notifier, OrderQueue, Orders, PasswordError, Passwords, Reservations,
            captcha::CaptchaSource,
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
    /// Time.
    pub clock: Arc<dyn Clock>,
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
    pub fn real(questions: Arc<dyn CaptchaSource>) -> Result<Self, AssemblyError> {
        Ok(Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            questions,
            passwords: Arc::new(Argon2Passwords::new()?),
            notifier: Arc::new(LogNotifier),
            durability: Durability::Disk,
            faults: None,
        })
    }
}

/// A shop, put together and not running.
pub struct Assembly {
    /// The rules over their adapters.
    pub engine: Arc<Engine>,
    /// What wakes the workers.
    pub bells: Bells,
    /// The gate decides while this runs.
    pub gate_task: GateTask,
    /// The ledger, for commands and probes.
    pub sql: Sql,
}

/// Opens the ledger of a data folder.
///
/// # Errors
/// See [`ConnectError`].
pub async fn open_ledger(config: &Config, durability: Durability) -> Result<Sql, ConnectError> {
    Sql::open(Path::new(&config.data_dir), durability, config.pay_window_s).await
}

/// The embedded shop: one process and a data folder.
///
/// # Errors
/// See [`AssemblyError`].
pub async fn embedded(config: &Config, around: Surroundings) -> Result<Assembly, AssemblyError> {
    let sql = open_ledger(config, around.durability).await?;
    let store = Arc::new(sql.clone());
    let mut reservations: Arc<dyn Reservations> = store.clone();
    let mut orders: Arc<dyn Orders> = store.clone();
    let mut queue: Arc<dyn OrderQueue> = store.clone();
    if let Some(plan) = around.faults {
        reservations = Arc::new(FaultyReservations {
            real: reservations,
            plan: plan.clone(),
        });
        orders = Arc::new(FaultyOrders {
            real: orders,
            plan: plan.clone(),
        });
        queue = Arc::new(FaultyQueue { real: queue, plan });
    }
    let clock = around.clock;
    let (gate, gate_task) = Gate::new(clock.clone(), queue.clone(), reservations.clone());
    let bells = Bells::new();
    let engine = Engine {
        rules: config.rules,
        ids: around.ids,
        gate: Arc::new(gate),
        queue,
        outbox: None,
        reservations,
        orders,
        catalogue: Arc::new(CachedCatalogue::new(store.clone())),
        accounts: store.clone(),
        tokens: Arc::new(CachedTokens::new(store.clone())),
        passwords: around.passwords,
        questions: around.questions,
        captchas: Arc::new(MemoryCaptchas::new(clock.clone())),
        paths: Arc::new(MemoryPaths::new(clock.clone())),
        limits: Arc::new(GovernedLimits::new(
            clock.clone(),
            config.quotas,
            config.no_limits,
        )),
        notices: store,
        notifier: around.notifier,
        bell: Arc::new(bells.clone()),
        marks: SoldOutMarks::default(),
        clock,
    };
    Ok(Assembly {
        engine: Arc::new(engine),
        bells,
        gate_task,
        sql,
    })
}
