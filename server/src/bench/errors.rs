//! Why a measurement failed.

use std::process::ExitStatus;

use crate::{
    adapters::sql::ConnectError,
    assembly::AssemblyError,
    chain::Chain,
    engine::ports::{Decision, PortError},
};

/// Errors that end a benchmark early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The settings are those of an embedded shop.
    #[error(
        "bench --cluster measures the servers of a cluster, and these are the settings of an \
         embedded shop: set SECKILL_MODE=cluster and the three servers (`make bench-cluster` starts \
         some)"
    )]
    NotACluster,
    /// The database has other data in it.
    #[error(
        "the database is not empty. The measurement leaves a round with all its orders there, and a \
         running instance of a shop would work on them too: stop every instance and say --yes, or \
         use a database of its own"
    )]
    DatabaseNotEmpty,
    /// The shop cannot be assembled.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] ConnectError),
    /// A server refused a call of the shop.
    #[error("{}", Chain(error))]
    Port {
        #[from]
        error: PortError,
    },
    /// Redis refused a call of the benchmark.
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    /// RabbitMQ refused a call of the benchmark.
    #[error("RabbitMQ: {0}")]
    RabbitMq(#[from] lapin::Error),
    /// RabbitMQ did not answer.
    #[error("RabbitMQ did not answer within {0} s")]
    RabbitMqTimeout(u64),
    /// The database refused a call of the benchmark.
    #[error("database: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// A client's task panicked.
    #[error("a client ended early: {0}")]
    Client(#[from] tokio::task::JoinError),
    /// The gate gave a wrong answer for the stage.
    #[error("the gate answered client {client} with {decision:?}")]
    UnexpectedDecision {
        /// The client's number.
        client: u32,
        decision: Decision,
    },
    /// The gate did not answer.
    #[error("the gate was busy {0} times in a row")]
    GateBusy(u32),
    /// A stage came to a halt.
    #[error("no progress for {seconds} s: the stage stopped after {done} of {count} entries")]
    NoProgress {
        seconds: u64,
        /// Entries that were done.
        done: u32,
        /// Entries in all.
        count: u32,
    },
    /// `redis-benchmark` does not run.
    #[error("redis-benchmark cannot be run: {0}")]
    RedisBenchmark(#[from] std::io::Error),
    /// `redis-benchmark` runs for too long.
    #[error("redis-benchmark did not end within {0} s")]
    RedisBenchmarkTimeout(u64),
    /// `redis-benchmark` failed, or did not print a rate.
    #[error("redis-benchmark ended with {status} and printed {printed:?}")]
    RedisBenchmarkFailed { status: ExitStatus, printed: String },
    /// `redis-benchmark` did not measure the gate's decisions.
    #[error("redis-benchmark held {held} units in {calls} calls")]
    RedisBenchmarkHeld {
        /// Units held by it.
        held: u64,
        /// Calls made by it.
        calls: u32,
    },
}
