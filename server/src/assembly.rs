//! The composition root: puts adapters under the engine. The configuration decides at run time which
//! ones. Tests assemble the shop here too, with their own clock.

mod changes;
mod cluster;
mod commands;
mod embedded;
mod subjects;
mod transport;

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use crate::{
    adapters::{
        catalogue_changes::CatalogueChanges,
        fault_injection::{FaultInjector, InjectOnce, WithFaults},
        payment::{
            alipay::{Alipay, AlipayOptions},
            sandbox::Sandbox,
            stripe::{Stripe, StripeOptions},
        },
        process_counters::ProcessCounters,
        sql::{
            Access, COMMAND_WAIT, ConnectError, Durability, LedgerOptions, REQUEST_WAIT, Sql,
            with_authorities,
        },
        system::{Argon2Passwords, LogNotifier, SystemIds},
        tls::{NotAccepted, TrustError},
    },
    config::Config,
    engine::{
        Engine,
        ports::{
            AuditedGate, CaptchaSource, Captchas, CatalogueEvents, Clock, DueConfirms, DueReleases,
            GateLedger, HeldOrders, Ids, Limits, LoginTokens, Messages, NoticeInbox, Notifier,
            OrderCloser, OrderQueue, OrderReader, OrderWriter, Outbox, ParkedReservations,
            PasswordError, Passwords, Paths, PaymentGateway, Payments, PortError, Purchases,
            Refunds, ReservationReader, Reserve, Restock, SaleCounters, Shipments,
            ShippingAddresses, StockGate, WakeSignal,
        },
        switches,
    },
    tasks::Task,
    telemetry::{counters::CounterValues, sale::SaleTotals},
    workers::{self, WakeSignals},
};

pub use changes::page_invalidation;
pub use commands::open_back_office;

use changes::catalogue_changes;

/// Why the shop could not be assembled.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    #[error(transparent)]
    Ledger(#[from] ConnectError),
    /// A server of the cluster failed for another reason than being away.
    #[error(transparent)]
    Server(#[from] PortError),
    /// A server's certificate is not accepted.
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    /// The certificate authorities cannot be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The password hash.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
}

/// The environment of a shop: everything that a test may replace.
pub struct Environment {
    /// Time; `None` for real time: the machine's, or in a cluster Redis's.
    pub clock: Option<Arc<dyn Clock>>,
    /// Ids and secrets.
    pub ids: Arc<dyn Ids>,
    pub questions: Arc<dyn CaptchaSource>,
    /// Slow hashing.
    pub passwords: Arc<dyn Passwords>,
    /// Messages to people.
    pub notifier: Arc<dyn Notifier>,
    /// What opening the ledger may change in it.
    pub access: Access,
    /// How long a caller waits for a connection to the ledger.
    pub wait: Duration,
    /// Whether missing queues are declared. Commands beside a shop leave that to the shop.
    pub declares_queues: bool,
    /// What a commit guarantees.
    pub durability: Durability,
    /// The counters of this process.
    pub counter_values: CounterValues,
    pub faults: Option<Arc<dyn FaultInjector>>,
}

impl Environment {
    /// The real environment, with captchas from `questions`.
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
            access: Access::Write,
            wait: REQUEST_WAIT,
            declares_queues: true,
            durability: Durability::Disk,
            counter_values: CounterValues::default(),
            faults: match &config.process.injected_fault {
                Some(fault) => Some(Arc::new(InjectOnce::new(fault.clone()))),
                None => None,
            },
        })
    }
}

/// Checks whether one of the shop's servers answers.
pub type Ping = Box<dyn Fn() -> BoxFuture<'static, Result<(), PortError>> + Send + Sync>;

/// An assembled shop that does not run yet.
pub struct Assembly {
    /// The engine over its adapters.
    pub engine: Engine,
    /// The gate alone, without path and limit: for the benchmark and for tests only.
    pub reserve: Arc<dyn Reserve>,
    /// Signals that wake the workers.
    pub wake_signals: WakeSignals,
    /// Tells page caches that the catalogue changed.
    pub changes: CatalogueChanges,
    /// Run as long as the shop does; without them nothing is decided.
    pub tasks: Vec<Task>,
    /// The servers that the shop needs, by name.
    pub dependencies: Vec<(&'static str, Ping)>,
    /// Whether the servers are configured to keep the shop's data. An error names the wrong setting.
    pub settings: Option<Ping>,
    /// The built-in payment provider, if it is in use. The process that serves pages sends its notices.
    pub sandbox: Option<Arc<Sandbox>>,
    /// Tells the servers about the shutdown, after the workers have ended.
    pub shutdown_hook: Option<BoxFuture<'static, ()>>,
    /// The ledger, for commands.
    pub sql: Sql,
}

/// The ports of ledger and queue, with injected faults if there are any.
struct Ledger {
    gate: Arc<dyn GateLedger>,
    due: Arc<dyn DueReleases>,
    reservations: Arc<dyn ReservationReader>,
    writer: Arc<dyn OrderWriter>,
    held_orders: Arc<dyn HeldOrders>,
    closer: Arc<dyn OrderCloser>,
    reader: Arc<dyn OrderReader>,
    queue: Arc<dyn OrderQueue>,
    parked: Arc<dyn ParkedReservations>,
    payments: Arc<dyn Payments>,
    inbox: Arc<dyn NoticeInbox>,
    refunds: Arc<dyn Refunds>,
    confirms: Arc<dyn DueConfirms>,
    addresses: Arc<dyn ShippingAddresses>,
    shipments: Arc<dyn Shipments>,
    messages: Arc<dyn Messages>,
}

impl Ledger {
    fn new<Q: OrderQueue + ParkedReservations>(
        sql: &Sql,
        queue: Arc<Q>,
        faults: Option<&Arc<dyn FaultInjector>>,
    ) -> Self {
        let sql = Arc::new(sql.clone());
        let ports = Self {
            gate: sql.clone(),
            due: sql.clone(),
            reservations: sql.clone(),
            writer: sql.clone(),
            held_orders: sql.clone(),
            closer: sql.clone(),
            reader: sql.clone(),
            payments: sql.clone(),
            inbox: sql.clone(),
            refunds: sql.clone(),
            confirms: sql.clone(),
            addresses: sql.clone(),
            shipments: sql.clone(),
            messages: sql,
            parked: queue.clone(),
            queue,
        };
        match faults {
            Some(injector) => ports.failing(injector),
            None => ports,
        }
    }

    fn failing(self, injector: &Arc<dyn FaultInjector>) -> Self {
        let injector = || injector.clone();
        Self {
            gate: Arc::new(WithFaults::new(self.gate, injector())),
            due: Arc::new(WithFaults::new(self.due, injector())),
            reservations: Arc::new(WithFaults::new(self.reservations, injector())),
            writer: Arc::new(WithFaults::new(self.writer, injector())),
            held_orders: Arc::new(WithFaults::new(self.held_orders, injector())),
            closer: Arc::new(WithFaults::new(self.closer, injector())),
            reader: Arc::new(WithFaults::new(self.reader, injector())),
            queue: Arc::new(WithFaults::new(self.queue, injector())),
            parked: Arc::new(WithFaults::new(self.parked, injector())),
            payments: Arc::new(WithFaults::new(self.payments, injector())),
            inbox: Arc::new(WithFaults::new(self.inbox, injector())),
            refunds: Arc::new(WithFaults::new(self.refunds, injector())),
            confirms: Arc::new(WithFaults::new(self.confirms, injector())),
            addresses: Arc::new(WithFaults::new(self.addresses, injector())),
            shipments: Arc::new(WithFaults::new(self.shipments, injector())),
            messages: Arc::new(WithFaults::new(self.messages, injector())),
        }
    }
}

/// Opens the ledger for a command.
///
/// # Errors
/// See [`ConnectError`].
pub async fn open_ledger(config: &Config, access: Access) -> Result<Sql, ConnectError> {
    open(config, access, Durability::Disk, COMMAND_WAIT).await
}

async fn open(
    config: &Config,
    access: Access,
    durability: Durability,
    wait: Duration,
) -> Result<Sql, ConnectError> {
    let options = LedgerOptions {
        access,
        durability,
        wait,
        pay_window_s: config.sale.pay_window_s,
    };
    match &config.cluster {
        None => Sql::open(&config.process.data_dir, &options).await,
        Some(cluster) => {
            let authorities = cluster.tls_ca.as_deref();
            let url = with_authorities(&cluster.database_url, authorities);
            let replica = cluster.replica_url.as_deref();
            let replica = replica.map(|url| with_authorities(url, authorities));
            Sql::connect(&url, replica.as_deref(), cluster.connections, &options).await
        }
    }
}

impl Environment {
    async fn ledger(&self, config: &Config) -> Result<Sql, ConnectError> {
        open(config, self.access, self.durability, self.wait).await
    }
}

/// The shop as configured.
///
/// # Errors
/// See [`AssemblyError`].
pub async fn assemble(
    config: &Config,
    environment: Environment,
) -> Result<Assembly, AssemblyError> {
    match &config.cluster {
        // Boxed: both ways in one type are too large for the compiler.
        None => Box::pin(embedded::assemble(config, environment)).await,
        Some(cluster) => Box::pin(cluster::assemble(config, cluster, environment)).await,
    }
}

/// The differences between the two modes.
struct Parts {
    clock: Arc<dyn Clock>,
    ledger: Ledger,
    /// Between gate and queue, unless the gate is the queue itself.
    outbox: Option<Arc<dyn Outbox>>,
    limits: Arc<dyn Limits>,
    tokens: Arc<dyn LoginTokens>,
    captchas: Arc<dyn Captchas>,
    paths: Arc<dyn Paths>,
    purchases: Arc<dyn Purchases>,
    restock: Arc<dyn Restock>,
    gate: Arc<dyn StockGate>,
    /// The same gate, if it is outside the ledger.
    audited_gate: Option<Arc<dyn AuditedGate>>,
    wake: Arc<dyn WakeSignal>,
    counters: Arc<dyn SaleCounters>,
    gateway: Arc<dyn PaymentGateway>,
    /// In this process.
    catalogue_changes: CatalogueChanges,
    /// For every instance.
    catalogue_events: Arc<dyn CatalogueEvents>,
}

/// The payment provider.
struct Provider {
    gateway: Arc<dyn PaymentGateway>,
    /// The same, if it is the built-in one.
    sandbox: Option<Arc<Sandbox>>,
}

fn provider(
    config: &Config,
    environment: &Environment,
    sql: &Sql,
    clock: &Arc<dyn Clock>,
) -> Result<Provider, PortError> {
    let (sql, clock, ids) = (sql.clone(), clock.clone(), environment.ids.clone());
    let shop_url = || {
        let missing = || PortError::failed("payments", "SECKILL_SHOP_URL is not set");
        config.web.shop_url.clone().ok_or_else(missing)
    };
    let mut sandbox = None;
    let gateway: Arc<dyn PaymentGateway> = if let Some(settings) = &config.stripe {
        let options = StripeOptions {
            secret_key: settings.secret_key.clone(),
            webhook_secrets: settings.webhook_secrets.clone(),
            api_url: settings.api_url.clone(),
            page_url: settings.page_url.clone(),
            shop_url: shop_url()?,
        };
        Arc::new(Stripe::new(options, sql, clock, ids)?)
    } else if let Some(settings) = &config.alipay {
        let options = AlipayOptions {
            app_id: settings.app_id.clone(),
            seller_id: settings.seller_id.clone(),
            key: settings.private_key.clone(),
            alipay_key: settings.public_key.clone(),
            gateway_url: settings.gateway_url.to_string(),
            shop_url: shop_url()?,
        };
        Arc::new(Alipay::new(options, clock)?)
    } else {
        sandbox
            .insert(Arc::new(Sandbox::new(sql, clock, ids)))
            .clone()
    };
    let gateway = match &environment.faults {
        Some(injector) => Arc::new(WithFaults::new(gateway, injector.clone())),
        None => gateway,
    };
    Ok(Provider { gateway, sandbox })
}

/// The counters of this process.
fn process_counters(environment: &Environment, clock: &Arc<dyn Clock>) -> ProcessCounters {
    let counter_values = environment.counter_values.clone();
    ProcessCounters::new(
        clock.now_ms(),
        Arc::new(move || SaleTotals::of(&counter_values)),
    )
}

fn follow_switches(switches: Arc<switches::Deps>) -> Task {
    Task::restartable(
        "switches",
        "Follows the switches by which those who run the shop close a part of it.",
        move || workers::follow_switches(switches.clone()),
    )
}

fn ledger_ping(sql: &Sql) -> (&'static str, Ping) {
    let sql = sql.clone();
    let ping: Ping = Box::new(move || {
        let sql = sql.clone();
        Box::pin(async move { sql.works().await })
    });
    ("ledger", ping)
}
