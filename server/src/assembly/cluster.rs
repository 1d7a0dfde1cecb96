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
    },
    config::{Cluster, Config},
    engine::{Engine, SoldOutMarks, ports::Clock},
    workers::Bells,
};

/// Entries of the outbox that a relay has had for so long are another relay's: longer than a relay
/// waits for the queue's confirms.
const RELAY_IDLE: Duration = Duration::from_secs(5);

pub async fn assemble(
    config: &Config,
    cluster: &Cluster,
    around: Surroundings,
) -> Result<Assembly, AssemblyError> {
    let sql = open_ledger(config, around.durability).await?;
    let redis = Redis::new(&cluster.redis_urls, &cluster.namespace)?;
    let mut tasks: Vec<BoxFuture<'static, ()>> = Vec::new();
    let (clock, gate_clock): (Arc<dyn Clock>, _) = match around.clock {
        Some(clock) => (clock.clone(), GateClock::Given(clock)),
        None => {
            let clock = ClusterClock::new(redis.clone());
            // Right from the first request on, where Redis is there.
            drop(clock.look().await);
            tasks.push(Box::pin(clock.clone().follow()));
            (Arc::new(clock), GateClock::Server)
        }
    };
    let bells = Bells::new();
    let everywhere = RedisBells::new(redis.clone(), Arc::new(bells.clone()));
    let rabbit = RabbitQueue::connect(
        &cluster.amqp_url,
        &cluster.namespace,
        RETRY_AFTER,
        Arc::new(bells.clone()),
    );
    let rabbit = Arc::new(rabbit.await?);
    let marks = SoldOutMarks::default();
    let signals = Signals::new(redis.clone(), marks.clone(), &everywhere);
    tasks.push(Box::pin(signals.listen()));
    tasks.push(Box::pin(everywhere.clone().publish()));

    let store = Arc::new(sql.clone());
    let ledger = Ledger::new(&sql, rabbit.clone(), around.faults);
    let results = Results::new(redis.clone(), clock.clone());
    let gate = RedisGate::new(
        redis.clone(),
        gate_clock.clone(),
        ledger.reservations.clone(),
        ledger.queue.clone(),
        Patience::default(),
    );
    let engine = Engine {
        rules: config.rules,
        ids: around.ids,
        gate: Arc::new(AnsweredGate {
            gate: Arc::new(gate),
            results: results.clone(),
        }),
        queue: ledger.queue,
        outbox: Some(Arc::new(RedisOutbox::new(
            redis.clone(),
            gate_clock,
            RELAY_IDLE,
        ))),
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
        limits: Arc::new(RedisLimits::new(
            redis.clone(),
            clock.clone(),
            config.quotas,
            config.no_limits,
        )),
        notices: store,
        notifier: around.notifier,
        bell: Arc::new(everywhere),
        marks,
        clock,
    };
    Ok(Assembly {
        engine: Arc::new(engine),
        bells,
        tasks,
        dependencies: vec![
            ledger_ping(&sql),
            ("gate", gate_ping(redis)),
            ("queue", queue_ping(rabbit.clone())),
        ],
        farewell: Some(Box::pin(async move { rabbit.stop().await })),
        sql,
    })
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
