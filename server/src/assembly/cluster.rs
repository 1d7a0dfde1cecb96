//! A copy of a shop on servers: Redis is the gate, RabbitMQ the queue, PostgreSQL or MySQL the
//! ledger. Only the ledger must be there at the beginning; the others are called when they are.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::{Assembly, AssemblyError, Ledger, Ping, Surroundings, ledger_ping, open_ledger};
use crate::{
    adapters::{
        cached::CachedCatalogue,
        rabbitmq::{RETRY_AFTER, RabbitQueue},
        redis::{
            AnsweredGate, ClusterClock, GateClock, KnownOrders, KnownReservations, Patience, Redis,
            RedisBells, RedisCaptchas, RedisGate, RedisLimits, RedisOutbox, RedisPaths,
            RedisTokens, Results, Signals,
        },
        sql::Sql,
    },
    config::{Cluster, Config},
    engine::{Engine, SoldOutMarks, ports::Clock},
    workers::Bells,
};

/// Entries of the outbox that a relay has had for so long are another relay's: longer than a relay
/// waits for the queue's confirms.
const RELAY_IDLE: Duration = Duration::from_secs(5);

/// The copy's lines to the servers, and what it hears over them.
struct Lines {
    sql: Sql,
    redis: Redis,
    rabbit: Arc<RabbitQueue>,
    clock: Arc<dyn Clock>,
    gate_clock: GateClock,
    bells: RedisBells,
    marks: SoldOutMarks,
}

pub async fn assemble(
    config: &Config,
    cluster: &Cluster,
    around: Surroundings,
) -> Result<Assembly, AssemblyError> {
    let sql = open_ledger(config, around.durability).await?;
    let redis = Redis::new(&cluster.redis_urls, &cluster.namespace)?;
    let bells = Bells::new();
    let bell = Arc::new(bells.clone());
    let rabbit = RabbitQueue::connect(&cluster.amqp_url, &cluster.namespace, RETRY_AFTER, bell);
    let mut tasks: Vec<BoxFuture<'static, ()>> = Vec::new();
    let (clock, gate_clock) = clocks(around.clock.clone(), &redis, &mut tasks).await;
    let lines = Lines {
        rabbit: Arc::new(rabbit.await?),
        clock,
        gate_clock,
        bells: RedisBells::new(redis.clone(), Arc::new(bells.clone())),
        marks: SoldOutMarks::default(),
        redis,
        sql,
    };
    let signals = Signals::new(lines.redis.clone(), lines.marks.clone(), &lines.bells);
    tasks.push(Box::pin(signals.listen()));
    tasks.push(Box::pin(lines.bells.clone().publish()));

    let rabbit = lines.rabbit.clone();
    Ok(Assembly {
        engine: Arc::new(engine(config, around, &lines)),
        bells,
        tasks,
        dependencies: vec![
            ledger_ping(&lines.sql),
            ("gate", gate_ping(lines.redis)),
            ("queue", queue_ping(lines.rabbit)),
        ],
        farewell: Some(Box::pin(async move { rabbit.stop().await })),
        sql: lines.sql,
    })
}

/// Time as all copies have it: Redis's, unless a test has its own.
async fn clocks(
    given: Option<Arc<dyn Clock>>,
    redis: &Redis,
    tasks: &mut Vec<BoxFuture<'static, ()>>,
) -> (Arc<dyn Clock>, GateClock) {
    if let Some(clock) = given {
        return (clock.clone(), GateClock::Given(clock));
    }
    let clock = ClusterClock::new(redis.clone());
    // Right from the first request on, where Redis is there.
    drop(clock.look().await);
    tasks.push(Box::pin(clock.clone().follow()));
    (Arc::new(clock), GateClock::Server)
}

fn engine(config: &Config, around: Surroundings, lines: &Lines) -> Engine {
    let Lines { redis, clock, .. } = lines;
    let store = Arc::new(lines.sql.clone());
    let ledger = Ledger::new(&lines.sql, lines.rabbit.clone(), around.faults);
    let results = Results::new(redis.clone(), clock.clone());
    let gate = RedisGate::new(
        redis.clone(),
        lines.gate_clock.clone(),
        ledger.reservations.clone(),
        ledger.queue.clone(),
        Patience::default(),
    );
    let outbox = RedisOutbox::new(redis.clone(), lines.gate_clock.clone(), RELAY_IDLE);
    let limits = RedisLimits::new(
        redis.clone(),
        clock.clone(),
        config.quotas,
        config.no_limits,
    );
    Engine {
        rules: config.rules,
        ids: around.ids,
        gate: Arc::new(AnsweredGate {
            gate: Arc::new(gate),
            results: results.clone(),
        }),
        queue: ledger.queue,
        outbox: Some(Arc::new(outbox)),
        reservations: Arc::new(KnownReservations {
            ledger: ledger.reservations,
            results: results.clone(),
        }),
        orders: Arc::new(KnownOrders {
            ledger: ledger.orders,
            results,
        }),
        catalogue: Arc::new(CachedCatalogue::new(store.clone())),
        accounts: store.clone(),
        tokens: Arc::new(RedisTokens::new(redis.clone(), store.clone())),
        passwords: around.passwords,
        questions: around.questions,
        captchas: Arc::new(RedisCaptchas::new(redis.clone(), clock.clone())),
        paths: Arc::new(RedisPaths::new(redis.clone(), clock.clone())),
        limits: Arc::new(limits),
        notices: store,
        notifier: around.notifier,
        bell: Arc::new(lines.bells.clone()),
        marks: lines.marks.clone(),
        clock: clock.clone(),
    }
}

fn gate_ping(redis: Redis) -> Ping {
    Box::new(move || {
        let redis = redis.clone();
        Box::pin(async move { redis.ping().await })
    })
}

fn queue_ping(rabbit: Arc<RabbitQueue>) -> Ping {
    Box::new(move || {
        let rabbit = rabbit.clone();
        Box::pin(async move { rabbit.ping().await })
    })
}
