//! An instance of a cluster: Redis is the gate, RabbitMQ the queue, PostgreSQL or MySQL the ledger.
//! Only the ledger must answer at start-up; the others are called when they answer.

use std::{sync::Arc, time::Duration};

use super::{
    Assembly, AssemblyError, Environment, Ledger, Parts, Ping, Provider, catalogue_changes,
    follow_switches, ledger_ping, process_counters, provider, subjects::engine, transport::trusted,
};
use crate::{
    adapters::{
        catalogue_changes::CatalogueChanges,
        rabbitmq::{PUBLISH_TIMEOUT, RETRY_AFTER, RabbitQueue},
        recording::{RecordingGate, RecordingOrders},
        redis::{
            CachedReservations, ClusterClock, GateClock, InFlightNotes, MemoryPolicy,
            NOTE_GOOD_FOR, NOTE_PERIOD, ParkingQueue, QUIET, Redis, RedisCaptchas,
            RedisCatalogueEvents, RedisGate, RedisLimits, RedisOutbox, RedisPaths, RedisPurchases,
            RedisSaleCounters, RedisTokens, RedisWakeSignal, Results, SILENCE, SignalListener,
            Timeouts, USUAL_HEARTBEAT, UnknownReservations,
        },
        sold_out_cache::SoldOutCache,
        sold_out_gate::SoldOutGate,
        sql::Sql,
    },
    chain::Chain,
    config::{Cluster, Config},
    engine::ports::{Clock, PaymentGateway, Reserve},
    tasks::Task,
    workers::WakeSignals,
};

/// Outbox entries that a relay has held this long are taken over by another relay: longer than a relay
/// waits for the queue's confirms.
const RELAY_IDLE: Duration = Duration::from_secs(5);
/// Entries are counted wherever they are; these bounds cover the moments in which they move.
const _: () = {
    let quiet = QUIET.as_millis();
    // An instance with entries has noted them before an item counts as quiet, and the last note of an
    // instance that ended has expired.
    assert!(quiet > NOTE_GOOD_FOR.as_millis() + NOTE_PERIOD.as_millis());
    // A call that was publishing when Redis came back empty has ended.
    assert!(quiet > PUBLISH_TIMEOUT.as_millis());
    // Another relay does not take entries that this one is publishing.
    assert!(RELAY_IDLE.as_millis() > PUBLISH_TIMEOUT.as_millis());
    // If a process was paused shortly before Redis came back empty, and no relay took over its
    // entries, the broker keeps its consumer long enough for its silence to be noticed.
    let seen = SILENCE.as_millis() + RELAY_IDLE.as_millis() + NOTE_PERIOD.as_millis();
    assert!(seen < USUAL_HEARTBEAT.as_millis() * 3 / 2);
};
/// How long Redis's answer about its memory policy is used.
const MEMORY_POLICY_GOOD_FOR: Duration = Duration::from_secs(5);

/// The instance's connections to the servers, and what it shares through them.
struct Connections {
    sql: Sql,
    redis: Redis,
    rabbit: Arc<RabbitQueue>,
    clock: Arc<dyn Clock>,
    gate_clock: GateClock,
    wake_signals: RedisWakeSignal,
    sold_out: SoldOutCache,
    catalogue_changes: CatalogueChanges,
}

pub async fn assemble(
    config: &Config,
    cluster: &Cluster,
    environment: Environment,
) -> Result<Assembly, AssemblyError> {
    let trust = trusted(cluster).await?;
    let sql = environment.ledger(config).await?;
    let redis = Redis::trusting(&cluster.redis_urls, &cluster.namespace, &trust)?;
    let wake_signals = WakeSignals::new();
    let wake_signal = Arc::new(wake_signals.clone());
    let rabbit = RabbitQueue::connect(
        &cluster.amqp_url,
        &trust,
        &cluster.namespace,
        RETRY_AFTER,
        environment.declares_queues,
        wake_signal,
    );
    let mut tasks = Vec::new();
    let (clock, gate_clock) = clocks(environment.clock.clone(), &redis, &mut tasks).await;
    let connections = Connections {
        rabbit: Arc::new(rabbit.await?),
        clock,
        gate_clock,
        wake_signals: RedisWakeSignal::new(redis.clone(), Arc::new(wake_signals.clone())),
        sold_out: SoldOutCache::default(),
        catalogue_changes: catalogue_changes(&wake_signals),
        redis,
        sql,
    };
    tasks.extend(signals(&connections));
    tasks.push(note_in_flight(&connections));
    let counters = sale_counters(&environment, &connections);
    let counted = counters.clone();
    tasks.push(Task::restartable(
        "count",
        "Tells other instances what this one has counted, for the live page.",
        move || counted.clone().keep_noting(),
    ));

    let policy = MemoryPolicy::new(connections.redis.clone(), MEMORY_POLICY_GOOD_FOR);
    let policy = Arc::new(policy);
    let rabbit = connections.rabbit.clone();
    let Provider { gateway, sandbox } =
        provider(config, &environment, &connections.sql, &connections.clock)?;
    let (parts, reserve) = parts(config, &environment, &connections, gateway, counters);
    let engine = engine(config, environment, &connections.sql, parts);
    tasks.push(follow_switches(engine.switches.clone()));
    Ok(Assembly {
        engine,
        reserve,
        wake_signals,
        changes: connections.catalogue_changes,
        tasks,
        dependencies: vec![
            ledger_ping(&connections.sql),
            ("gate", gate_ping(connections.redis)),
            ("gate_memory", memory_policy(policy.clone())),
            ("queue", queue_ping(connections.rabbit)),
        ],
        settings: Some(memory_policy(policy)),
        sandbox,
        shutdown_hook: Some(Box::pin(async move { rabbit.stop().await })),
        sql: connections.sql,
    })
}

/// Tasks that synchronise this instance with the others.
fn signals(connections: &Connections) -> [Task; 2] {
    let signals = SignalListener::new(
        connections.redis.clone(),
        connections.sold_out.clone(),
        &connections.wake_signals,
        connections.catalogue_changes.clone(),
    );
    let wake_signals = connections.wake_signals.clone();
    [
        Task::restartable(
            "listen",
            "Hears from other instances that units came back, that there is work, and that the \
             catalogue changed.",
            move || signals.clone().listen(),
        ),
        Task::restartable(
            "publish",
            "Tells other instances that there is work.",
            move || wake_signals.clone().publish(),
        ),
    ]
}

fn note_in_flight(connections: &Connections) -> Task {
    let notes = InFlightNotes::new(connections.redis.clone(), connections.rabbit.clone());
    Task::restartable(
        "in_flight",
        "Tells other instances which entries of the queue this one has.",
        move || notes.clone().keep_noting(),
    )
}

fn sale_counters(environment: &Environment, connections: &Connections) -> RedisSaleCounters {
    RedisSaleCounters::new(
        connections.redis.clone(),
        process_counters(environment, &connections.clock),
        connections.rabbit.clone(),
        connections.clock.clone(),
    )
}

/// The time that all instances share: Redis's, unless a test has its own.
async fn clocks(
    given: Option<Arc<dyn Clock>>,
    redis: &Redis,
    tasks: &mut Vec<Task>,
) -> (Arc<dyn Clock>, GateClock) {
    if let Some(clock) = given {
        return (clock.clone(), GateClock::Given(clock));
    }
    let clock = ClusterClock::new(redis.clone());
    // Correct from the first request on, if Redis answers.
    if let Err(error) = clock.synchronise().await {
        tracing::warn!(
            error = %Chain(&error),
            "cannot read the clock of Redis; starting with the machine's own, reading again every second"
        );
    }
    let followed = clock.clone();
    tasks.push(Task::restartable(
        "clock",
        "Follows the clock of Redis.",
        move || followed.clone().keep_synchronised(),
    ));
    (Arc::new(clock), GateClock::Server)
}

fn parts(
    config: &Config,
    environment: &Environment,
    connections: &Connections,
    gateway: Arc<dyn PaymentGateway>,
    counters: RedisSaleCounters,
) -> (Parts, Arc<dyn Reserve>) {
    let Connections { redis, clock, .. } = connections;
    let mut ledger = Ledger::new(
        &connections.sql,
        connections.rabbit.clone(),
        environment.faults.as_ref(),
    );
    let gate = Arc::new(RedisGate::new(
        redis.clone(),
        connections.gate_clock.clone(),
        ledger.gate.clone(),
        ledger.queue.clone(),
        Timeouts::with_heartbeat(connections.rabbit.heartbeat()),
    ));
    ledger.queue = Arc::new(ParkingQueue {
        queue: ledger.queue,
        gate: gate.clone(),
    });
    let in_front = Arc::new(SoldOutGate::new(gate.clone(), connections.sold_out.clone()));
    let results = Results::new(redis.clone(), clock.clone());
    ledger.writer = Arc::new(RecordingOrders {
        ledger: ledger.writer,
        results: results.clone(),
    });
    ledger.reservations = Arc::new(CachedReservations {
        ledger: ledger.reservations,
        results: results.clone(),
        unknown: UnknownReservations::new(
            gate.clone(),
            Arc::new(connections.sql.clone()),
            ledger.writer.clone(),
            clock.clone(),
        ),
    });
    let outbox = RedisOutbox::new(redis.clone(), connections.gate_clock.clone(), RELAY_IDLE);
    let purchases = purchases(config, connections, &gate, &in_front, &results);
    let reserve = RecordingGate {
        gate: in_front.clone(),
        results,
    };
    let tokens = RedisTokens::new(redis.clone(), Arc::new(connections.sql.clone()));
    let parts = Parts {
        clock: clock.clone(),
        ledger,
        outbox: Some(Arc::new(outbox)),
        limits: purchases.limits(),
        tokens: Arc::new(tokens),
        captchas: Arc::new(RedisCaptchas::new(redis.clone(), clock.clone())),
        paths: purchases.paths(),
        purchases: Arc::new(purchases),
        restock: in_front,
        audited_gate: Some(gate.clone()),
        gate,
        wake: Arc::new(connections.wake_signals.clone()),
        gateway,
        counters: Arc::new(counters),
        catalogue_changes: connections.catalogue_changes.clone(),
        catalogue_events: Arc::new(RedisCatalogueEvents::new(
            redis.clone(),
            connections.catalogue_changes.clone(),
        )),
    };
    (parts, Arc::new(reserve))
}

fn purchases(
    config: &Config,
    connections: &Connections,
    gate: &Arc<RedisGate>,
    in_front: &Arc<SoldOutGate<RedisGate>>,
    results: &Results,
) -> RedisPurchases {
    let (redis, clock) = (|| connections.redis.clone(), || connections.clock.clone());
    let limits = RedisLimits::new(redis(), clock(), config.quotas(), config.no_limits());
    let paths = RedisPaths::new(redis(), clock(), gate.clone());
    RedisPurchases::new(
        gate.clone(),
        in_front.clone(),
        Arc::new(limits),
        Arc::new(paths),
        results.clone(),
    )
}

fn gate_ping(redis: Redis) -> Ping {
    Box::new(move || {
        let redis = redis.clone();
        Box::pin(async move { redis.ping().await })
    })
}

fn memory_policy(policy: Arc<MemoryPolicy>) -> Ping {
    Box::new(move || {
        let policy = policy.clone();
        Box::pin(async move { policy.check().await })
    })
}

fn queue_ping(rabbit: Arc<RabbitQueue>) -> Ping {
    Box::new(move || {
        let rabbit = rabbit.clone();
        Box::pin(async move { rabbit.ping().await })
    })
}
