//! Removes a benchmark's data from Redis and RabbitMQ. The shop's items are not removed: they
//! expire some time after their round.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lapin::{
    Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions},
};
use tokio::time::timeout;

use super::{BenchError, sale::Sale};
use crate::{
    adapters::{
        rabbitmq::Names,
        redis::{Redis, keys, segment::Segment},
    },
    config::Cluster,
};

/// The keys of an item's first segment, except those of staged data.
const KEYS_OF_A_SEGMENT: [&str; 9] = [
    keys::ITEM,
    keys::HOLDERS,
    keys::POSITIONS,
    keys::OUTBOX,
    keys::TRANSFERS,
    keys::RECEIVED,
    keys::LATE,
    keys::LOAD_LOCK,
    keys::UNDER_WAY,
];
/// Results are removed in parallel: each has its own slot, so one command cannot remove them all.
const CONCURRENT_REMOVALS: usize = 256;
/// Time limit of the calls to RabbitMQ.
const RABBITMQ_TIMEOUT: Duration = Duration::from_secs(10);

/// Removes the exchange and the queues of the benchmark's namespace.
pub async fn rabbitmq(cluster: &Cluster) -> Result<(), BenchError> {
    let names = Names::of(&cluster.namespace);
    let removed = async {
        let properties = ConnectionProperties::default();
        let broker = Connection::connect(&cluster.amqp_url, properties).await?;
        let channel = broker.create_channel().await?;
        // A missing queue is no error.
        for queue in [names.orders, names.retry, names.dead_letters] {
            let options = QueueDeleteOptions::default();
            channel.queue_delete(queue, options).await?;
        }
        let options = ExchangeDeleteOptions::default();
        channel.exchange_delete(names.exchange, options).await?;
        broker.close(200, "cleaned up".into()).await
    };
    match timeout(RABBITMQ_TIMEOUT, removed).await {
        Ok(removed) => Ok(removed?),
        Err(_) => Err(BenchError::RabbitMqTimeout(RABBITMQ_TIMEOUT.as_secs())),
    }
}

/// Removes the sale's item, which has one segment, the results of its reservations, and the
/// benchmark instance's notes and counters.
pub async fn redis(redis: &Redis, sale: &Sale) -> Result<(), BenchError> {
    let segment = Segment::new(sale.item_id, 0);
    for list in keys::outboxes(redis) {
        let mut unlist = redis::cmd("ZREM");
        unlist.arg(list).arg(segment.tag());
        redis.query::<i64>(&unlist).await?;
    }
    let mut remove = redis::cmd("UNLINK");
    remove.arg(&segment.keys(redis, KEYS_OF_A_SEGMENT));
    redis.query::<i64>(&remove).await?;
    let mut remove = redis::cmd("UNLINK");
    redis
        .query::<i64>(remove.arg(&keys::in_flight(redis)))
        .await?;
    let mut counted = redis::cmd("ZRANGE");
    counted.arg(keys::instances(redis)).arg(0).arg(-1);
    let instances: Vec<String> = redis.query(&counted).await?;
    let ids = instances.iter().filter_map(|id| id.parse().ok());
    let mut remove = redis::cmd("UNLINK");
    remove.arg(keys::instances(redis));
    remove.arg(ids.map(|id| keys::counts_of(redis, id)).collect::<Vec<_>>());
    redis.query::<i64>(&remove).await?;
    let units = sale.units(0..sale.stock);
    let results = units.map(|unit| keys::results(redis, unit.buyer));
    stream::iter(results)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENT_REMOVALS, async |key| {
            let mut remove = redis::cmd("UNLINK");
            redis.query::<i64>(remove.arg(key)).await.map(drop)
        })
        .await?;
    Ok(())
}
