//! `server bench --cluster`: what the servers in the settings can do with this program. A sale of
//! its own goes through the shop's own adapters and use cases, stage by stage; beside the gate runs
//! what comes with Redis. Not a load test: there is no HTTP and there are no people.

mod figures;
mod gate;
mod redis_benchmark;
mod sale;
mod stages;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
};

use clap::Args;
use tokio::{signal::ctrl_c, task::JoinSet};
use uuid::Uuid;

use super::{Failure, audit};
use crate::{
    adapters::{
        rabbitmq::{RETRY_AFTER, RabbitQueue},
        redis::{GateClock, Patience, Redis, RedisGate, Results, Yardstick, sweep},
        sql::Durability,
    },
    assembly::{self, Assembly, Environment},
    config::{Cluster, Config},
    engine::audit::Report,
    workers::WakeSignals,
};
use figures::Figures;
use gate::{Crowd, Gates};
use sale::Sale;

/// Rounds of a measurement, so that its spread is seen.
const ROUNDS: u32 = 5;
/// The copy that `redis-benchmark` works on has units for both of its runs, for each of ours.
const COPY: i64 = 3;

/// What is measured, and how.
#[derive(Args)]
pub struct Bench {
    /// The servers of a cluster, as they are set (the only thing that is measured so far).
    #[arg(long, required = true)]
    cluster: bool,
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Orders to make; as many buyers again come too late.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=2_000_000))]
    orders: u32,
    /// Buyers who ask the gate at the same time.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    callers: u32,
    /// Also on a database that has something in it. No copy of a shop may be running on it.
    #[arg(long)]
    yes: bool,
}

/// A shop under measurement, and what has to be cleaned up after it.
struct Stand {
    shop: Assembly,
    redis: Redis,
    cluster: Cluster,
    sale: Arc<Sale>,
    /// What Redis does without us; `None`: `redis-benchmark` is not there.
    yardstick: Option<Yardstick>,
}

impl Bench {
    pub async fn run(&self, config: &Config) -> Result<ExitCode, Failure> {
        let Some(cluster) = config.cluster.clone() else {
            return Err(
                "bench --cluster measures the servers of a cluster, and this is the embedded \
                 shop: set SECKILL_MODE=cluster and the three servers (`make bench-cluster` \
                 starts some)"
                    .into(),
            );
        };
        let ledger = assembly::open_ledger(config, Durability::Disk).await?;
        if !self.yes && !ledger.is_empty().await? {
            return Err(
                "this database has something in it. The measurement leaves a round with all \
                 its orders there, and a running copy of a shop would work on them too: stop \
                 every copy and say --yes, or use a database of its own"
                    .into(),
            );
        }
        // Names of its own: whatever else is on these servers is neither seen nor touched.
        let cluster = Cluster {
            namespace: format!("bench-{}", Uuid::now_v7().simple()),
            ..cluster
        };
        let mut config = Config {
            cluster: Some(cluster.clone()),
            ..config.clone()
        };
        config.process.drill = None;
        // What waits for its turn to be measured is not too late.
        config.workers.fail_fast_percent = 0;

        let environment = Environment::real(&config, Arc::new(audit::NoQuestions))?;
        let mut shop = assembly::assemble(&config, environment).await?;
        let mut tasks = JoinSet::new();
        for task in std::mem::take(&mut shop.tasks) {
            tasks.spawn(task.unsupervised());
        }
        let mut stand = Stand {
            sale: Arc::new(Sale::new(self.orders, shop.engine.audit.clock.now_ms())),
            redis: Redis::new(&cluster.redis_urls, &cluster.namespace)?,
            cluster,
            shop,
            yardstick: None,
        };
        let measured = match stand.open().await {
            Ok(()) => tokio::select! {
                measured = self.measure(&stand) => measured,
                _ = ctrl_c() => Err("interrupted".into()),
            },
            Err(error) => Err(error),
        };
        let cleaned = stand.clean_up().await;
        let figures = measured?;
        cleaned?;
        self.tell(&figures)
    }

    async fn measure(&self, stand: &Stand) -> Result<Figures, Failure> {
        let engine = &stand.shop.engine;
        let gates = Gates {
            bare: Arc::new(RedisGate::new(
                stand.redis.clone(),
                GateClock::Server,
                engine.audit.ledger.clone(),
                engine.orders.queue.clone(),
                Patience::default(),
            )),
            whole: engine.purchase.gate.clone(),
            yardstick: stand.yardstick.as_ref(),
        };
        let crowd = Crowd {
            sale: stand.sale.clone(),
            callers: self.callers,
            asked_again: Arc::default(),
        };
        eprintln!("bench: units held …");
        let held = gate::hold_everything(&crowd, &gates).await?;
        eprintln!("bench: sold out …");
        let sold_out = gate::refuse_everybody(&crowd, &gates).await?;
        let mut asked_again = crowd.asked_again.load(Ordering::Relaxed);
        eprintln!("bench: outbox to RabbitMQ …");
        let relay = stages::relay(engine, self.orders, &mut asked_again).await?;
        eprintln!("bench: orders from RabbitMQ to the database …");
        let writer = stages::write(engine, self.orders, &mut asked_again).await?;
        eprintln!("bench: audit …");
        Ok(Figures {
            namespace: stand.cluster.namespace.clone(),
            redis: stand.redis_version(),
            database: stand.shop.sql.version().await?,
            callers: self.callers,
            orders: self.orders,
            held,
            sold_out,
            relay,
            writer,
            asked_again,
            audit: stand.audit().await?,
        })
    }

    fn tell(&self, figures: &Figures) -> Result<ExitCode, Failure> {
        println!("{}\n", figures.table());
        audit::print_table(&figures.audit);
        println!(
            "the round stays in the database, with its {} orders; Redis and RabbitMQ are clean",
            figures.orders
        );
        if let Some(file) = &self.json {
            let text = serde_json::to_string_pretty(figures)?;
            std::fs::write(file, text + "\n")
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        // The auditor knows of no number that must be: here every unit has its order.
        let whole = match figures.audit.items.as_slice() {
            [item] => item.orders_live == i64::from(figures.orders),
            _ => false,
        };
        Ok(match figures.audit.ok && whole {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

impl Stand {
    /// The round is there, its item is warm, and so is the copy for `redis-benchmark`.
    async fn open(&mut self) -> Result<(), Failure> {
        let sale = &self.sale;
        self.shop.sql.add_round(&sale.round()).await?;
        // Not `warm_up`, which warms whatever is on sale: other items are not ours.
        let gate = &self.shop.engine.stock.gate;
        gate.warm_up(sale.item_id, sale.window()).await?;
        if redis_benchmark::is_installed() {
            let units = i64::from(sale.stock) * COPY;
            self.yardstick = Some(Yardstick::of(&self.redis, sale.item_id, units).await?);
        } else {
            eprintln!("redis-benchmark is not installed: there is nothing to compare with");
        }
        Ok(())
    }

    fn redis_version(&self) -> String {
        let version = self.yardstick.as_ref().and_then(Yardstick::version);
        version.map_or("Redis".to_owned(), |version| format!("Redis {version}"))
    }

    /// The auditor's word on the measured item alone.
    async fn audit(&self) -> Result<Report, Failure> {
        let item_id = self.sale.item_id;
        let mut report = audit::look(&self.shop).await?;
        report.items.retain(|line| line.item_id == item_id);
        report
            .violations
            .retain(|violation| violation.item_id.is_none_or(|id| id == item_id));
        report.ok = report.violations.is_empty();
        Ok(report)
    }

    /// Removes what is in Redis and RabbitMQ. What it cannot reach vanishes from Redis by itself.
    async fn clean_up(self) -> Result<(), Failure> {
        let Cluster {
            amqp_url,
            namespace,
            ..
        } = &self.cluster;
        if let Some(hook) = self.shop.shutdown_hook {
            hook.await;
        }
        let nobody = Arc::new(WakeSignals::new());
        let queue = RabbitQueue::connect(amqp_url, namespace, RETRY_AFTER, nobody).await?;
        queue.remove().await?;
        queue.stop().await;
        if let Some(yardstick) = &self.yardstick {
            yardstick.remove().await?;
        }
        let results = Results::new(self.redis.clone(), self.shop.engine.audit.clock.clone());
        let units = self.sale.units(0..self.sale.stock);
        sweep(&self.redis, &results, self.sale.item_id, units).await?;
        Ok(())
    }
}
