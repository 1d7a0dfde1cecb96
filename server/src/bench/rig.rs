//! The bench rig: a shop under a separate namespace, the sale that it measures, and the removal of
//! both from Redis and RabbitMQ.

use std::sync::{Arc, atomic::Ordering};

use app::wire::RoundState;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    BenchError,
    baseline::Baseline,
    clean_up,
    clients::{Clients, Gates},
    database,
    figures::{Figures, Measured},
    redis_benchmark,
    sale::Sale,
    stages,
};
use crate::{
    adapters::{
        redis::{GateClock, Redis, RedisGate, Timeouts},
        sql::{Access, COMMAND_WAIT},
        tls::Trust,
    },
    assembly::{self, Assembly, Environment},
    config::{Cluster, Config},
    engine::{
        audit::Report,
        ports::{AccountWriter, CaptchaSource, CatalogueWriter, ChangedBy},
    },
};

/// Factor: the baseline has units for both runs of `redis-benchmark` in each of our rounds.
const BASELINE_STOCK: i64 = 3;

/// The size of the measurement.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Orders to make; as many clients again come too late.
    pub orders: u32,
    /// Clients that ask the gate at the same time.
    pub clients: u32,
}

/// A shop under measurement.
pub struct BenchRig {
    /// The shop; its workers do not run by themselves.
    pub shop: Assembly,
    redis: Redis,
    cluster: Cluster,
    sale: Arc<Sale>,
    load: Load,
    /// `None` if `redis-benchmark` is not installed.
    baseline: Option<Baseline>,
    /// Tasks that the shop needs; they end with the rig.
    tasks: JoinSet<()>,
}

impl BenchRig {
    /// Assembles a shop on the configured servers. A database with data in it is refused, unless
    /// `any_database`.
    ///
    /// # Errors
    /// See [`BenchError`]; nothing is left behind.
    pub async fn assemble(
        config: &Config,
        questions: Arc<dyn CaptchaSource>,
        load: Load,
        any_database: bool,
    ) -> Result<BenchRig, BenchError> {
        let cluster = config.cluster.clone().ok_or(BenchError::NotACluster)?;
        let ledger = assembly::open_ledger(config, Access::Write).await?;
        let is_empty = ledger.is_empty().await? && ledger.count().await? == 0;
        if !any_database && !is_empty {
            return Err(BenchError::DatabaseNotEmpty);
        }
        // A separate namespace: it neither sees nor touches other data on these servers.
        let cluster = Cluster {
            namespace: format!("bench-{}", Uuid::now_v7().simple()),
            ..cluster
        };
        let mut config = Config {
            cluster: Some(cluster.clone()),
            ..config.clone()
        };
        config.process.injected_fault = None;
        // An entry that waits for its stage is not late.
        config.workers.fail_fast_percent = 0;

        let environment = Environment {
            wait: COMMAND_WAIT,
            ..Environment::real(&config, questions)?
        };
        let mut shop = assembly::assemble(&config, environment).await?;
        let mut tasks = JoinSet::new();
        for task in std::mem::take(&mut shop.tasks) {
            tasks.spawn(task.unsupervised());
        }
        Ok(BenchRig {
            sale: Arc::new(Sale::new(load.orders, shop.engine.audit.clock.now_ms())),
            redis: Redis::trusting(
                &cluster.redis_urls,
                &cluster.namespace,
                &Trust::of(cluster.tls_ca.as_deref()),
            )?,
            cluster,
            shop,
            load,
            baseline: None,
            tasks,
        })
    }

    /// Adds the round and its item, and measures every stage.
    ///
    /// See [`BenchError`]; [`clean_up`](Self::clean_up) removes unfinished work.
    pub async fn measure(&mut self) -> Result<Measured, BenchError> {
        self.prepare().await?;
        let engine = &self.shop.engine;
        let gates = Gates {
            script_only: Arc::new(RedisGate::new(
                self.redis.clone(),
                GateClock::Server,
                engine.audit.ledger.clone(),
                engine.orders.queue.clone(),
                Timeouts::default(),
            )),
            shop: self.shop.reserve.clone(),
            baseline: self.baseline.as_ref(),
        };
        let clients = Clients {
            sale: self.sale.clone(),
            count: self.load.clients,
            repeated_calls: Arc::default(),
        };
        eprintln!("bench: units held …");
        let held = clients.hold_all_units(&gates).await?;
        eprintln!("bench: sold out …");
        let sold_out = clients.ask_when_sold_out(&gates).await?;
        let mut repeated_calls = clients.repeated_calls.load(Ordering::Relaxed);
        eprintln!("bench: outbox to RabbitMQ …");
        let relay = stages::relay(engine, self.load.orders, &mut repeated_calls).await?;
        eprintln!("bench: orders from RabbitMQ to the database …");
        let writer = stages::write(engine, self.load.orders, &mut repeated_calls).await?;
        Ok(Measured {
            namespace: self.cluster.namespace.clone(),
            redis: self.redis_version(),
            database: database::version(&self.cluster.database_url).await?,
            callers: self.load.clients,
            orders: self.load.orders,
            held,
            sold_out,
            relay,
            writer,
            asked_again: repeated_calls,
        })
    }

    /// Adds the round to the ledger, and loads its item and the baseline.
    async fn prepare(&mut self) -> Result<(), BenchError> {
        let sale = &self.sale;
        self.shop
            .sql
            .add_round(
                &sale.round(),
                RoundState::Approved,
                &ChangedBy::command(),
                0,
            )
            .await?;
        // Not the use case, which would also warm up items that are not ours.
        let gate = &self.shop.engine.stock.gate;
        gate.warm_up(sale.item_id, sale.window()).await?;
        if redis_benchmark::is_installed() {
            let stock = i64::from(sale.stock) * BASELINE_STOCK;
            self.baseline = Some(Baseline::of(&self.redis, sale.item_id, stock).await?);
        } else {
            eprintln!("bench: redis-benchmark is not installed: the gate is compared with nothing");
        }
        Ok(())
    }

    fn redis_version(&self) -> String {
        let version = self.baseline.as_ref().and_then(Baseline::version);
        version.map_or("Redis".to_owned(), |version| format!("Redis {version}"))
    }

    /// The figures, with the audit of the measured item only.
    pub fn figures(&self, measured: Measured, mut audit: Report) -> Figures {
        let item_id = self.sale.item_id;
        audit.items.retain(|line| line.item_id == item_id);
        audit
            .violations
            .retain(|violation| violation.item_id.is_none_or(|id| id == item_id));
        audit.ok = audit.violations.is_empty();
        Figures { measured, audit }
    }

    /// Removes everything from Redis and RabbitMQ; the round stays in the ledger.
    ///
    /// # Errors
    /// When a server does not answer. Data left in Redis expires by itself.
    pub async fn clean_up(mut self) -> Result<(), BenchError> {
        if let Some(shutdown_hook) = self.shop.shutdown_hook {
            shutdown_hook.await;
        }
        // They write to Redis while they run.
        self.tasks.shutdown().await;
        clean_up::rabbitmq(&self.cluster).await?;
        if let Some(baseline) = &self.baseline {
            baseline.remove().await?;
        }
        clean_up::redis(&self.redis, &self.sale).await
    }
}
