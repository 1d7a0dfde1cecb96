//! Checks the ledger and a cluster's servers: whether they answer, their versions, their configuration, and
//! their clocks.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use super::Report;
use crate::{
    adapters::{
        rabbitmq::{RETRY_AFTER, RabbitQueue, broker_version},
        redis::{ClusterClock, MemoryPolicy, Redis},
        sql::{Access, Sql, numbers},
        system::SystemClock,
        tls::{NotAccepted, Trust},
    },
    assembly::open_ledger,
    chain::Chain,
    config::{Cluster, Config, Transport},
    engine::ports::{Clock as _, PortError},
    workers::WakeSignals,
};

/// A ledger that has not answered by then counts as away.
const LEDGER: Duration = Duration::from_secs(10);
/// Attempts to reach a server, and the pause between them: the first may only start the connection.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(400);
/// With a larger difference, rounds visibly open at the wrong time.
const CLOCKS_DIFFER_MS: i64 = 2_000;
/// The oldest versions that the shop works with.
const REDIS: (u32, u32) = (7, 0);
const RABBITMQ: (u32, u32) = (3, 10);

/// The ledger of an embedded shop, if there is a shop.
pub async fn look_at_the_folder(config: &Config, report: &mut Report) {
    if Sql::must_be_in(&config.process.data_dir).is_ok() {
        ledger(config, report).await;
    }
}

pub async fn look(config: &Config, cluster: &Cluster, report: &mut Report) {
    transport(config, cluster, report);
    let ledger = ledger(config, report).await;
    if let Some(most) = ledger.and_then(|ledger| ledger.max_connections)
        && most < cluster.connections
    {
        report.problem(
            "ledger",
            format_args!(
                "it allows {most} connections, fewer than one instance may open ({})",
                cluster.connections
            ),
        );
    }
    let trust = Trust::of(cluster.tls_ca.as_deref());
    let gate = accepted("SECKILL_REDIS_URL", &cluster.redis_urls, &trust).await;
    match gate {
        Ok(()) => match Redis::trusting(&cluster.redis_urls, &cluster.namespace, &trust) {
            Ok(redis) => self::gate(redis, report).await,
            Err(error) => report.problem("gate", Chain(&error)),
        },
        Err(error) => report.problem("gate", Chain(&error)),
    }
    let queue = std::slice::from_ref(&cluster.amqp_url);
    match accepted("SECKILL_AMQP_URL", queue, &trust).await {
        Ok(()) => self::queue(cluster, &trust, report).await,
        Err(error) => report.problem("queue", Chain(&error)),
    }
}

/// The first reached server whose certificate is not accepted.
async fn accepted(
    setting: &'static str,
    urls: &[String],
    trust: &Trust,
) -> Result<(), NotAccepted> {
    for url in urls {
        trust.check(setting, url).await?;
    }
    Ok(())
}

/// Whether each address protects its connection from eavesdropping.
fn transport(config: &Config, cluster: &Cluster, report: &mut Report) {
    const PART: &str = "transport";
    for (setting, transport) in cluster.transports() {
        let name = setting.variable();
        match transport {
            Transport::Verified => report.right(
                PART,
                format_args!("{name} requires TLS, and checks the server's certificate and name"),
            ),
            Transport::Local => {
                report.right(PART, format_args!("{name} does not leave this machine"));
            }
            insecure => {
                let how = match insecure {
                    Transport::Unverified => "is encrypted, and the server is not authenticated",
                    _ => "may be read on the way: its address does not ask for TLS",
                };
                // Production has refused it before, unless it was allowed.
                let allowed = match config.process.production {
                    true => " (allowed by SECKILL_PLAIN_SERVERS)",
                    false => "; production refuses it",
                };
                report.warning(PART, format_args!("{name} {how}{allowed}"));
            }
        }
    }
}

/// Opens the ledger as start-up does, which detects a read-only disk and another version's schema.
async fn ledger(config: &Config, report: &mut Report) -> Option<crate::adapters::sql::Examined> {
    const PART: &str = "ledger";
    let opened = timeout(LEDGER, async {
        let sql = open_ledger(config, Access::Write).await;
        let sql = sql.map_err(|error| Chain(&error).to_string())?;
        sql.works()
            .await
            .map_err(|error| Chain(&error).to_string())?;
        let examined = sql.examine().await;
        examined.map_err(|error| Chain(&error).to_string())
    });
    let examined = match opened.await {
        Ok(Ok(examined)) => examined,
        Ok(Err(error)) => {
            report.problem(PART, error);
            return None;
        }
        Err(_) => {
            let seconds = LEDGER.as_secs();
            report.problem(PART, format_args!("no answer within {seconds} s"));
            return None;
        }
    };
    let version = &examined.version;
    report.right(
        PART,
        format_args!("{version} answers, takes writes, and has the schema of this program"),
    );
    match examined.encrypted {
        Some(true) => report.right(PART, "its connections are encrypted"),
        Some(false) => report.right(PART, "its connections are not encrypted"),
        None => {}
    }
    for problem in &examined.problems {
        report.problem(PART, problem);
    }
    if let Some(now_ms) = examined.now_ms {
        // Only a warning: orders use Redis's time.
        compare_clocks(PART, now_ms, report, Report::warning);
    }
    Some(examined)
}

async fn gate(redis: Redis, report: &mut Report) {
    const PART: &str = "gate";
    if let Err(error) = reach(async || redis.ping().await).await {
        report.problem(PART, Chain(&error));
        return;
    }
    match redis.examine().await {
        Err(error) => report.problem(PART, Chain(&error)),
        Ok(masters) => {
            for master in masters {
                let version = &master.version;
                match numbers(version) >= REDIS {
                    true => report.right(PART, format_args!("Redis {version} answers")),
                    false => report.problem(
                        PART,
                        format_args!("it is Redis {version}; the shop needs 7.0 or newer"),
                    ),
                }
                if !master.keeps_a_log {
                    report.warning(
                        PART,
                        "it has no append-only log: at every restart it forgets what it has decided and \
                         not passed on (\"Forgetting\" in docs/operations.md)",
                    );
                }
            }
        }
    }
    match MemoryPolicy::new(redis.clone(), Duration::ZERO)
        .check()
        .await
    {
        Ok(()) => report.right(
            PART,
            "deletes nothing when its memory is full, or does not tell",
        ),
        Err(error) => report.problem(PART, Chain(&error)),
    }
    let clock = ClusterClock::new(redis);
    match clock.synchronise().await {
        Ok(()) => compare_clocks(PART, clock.now_ms(), report, Report::problem),
        Err(error) => report.problem(PART, Chain(&error)),
    }
}

async fn queue(cluster: &Cluster, trust: &Trust, report: &mut Report) {
    const PART: &str = "queue";
    match broker_version(&cluster.amqp_url, trust).await {
        Err(error) => {
            report.problem(PART, Chain(&error));
            return;
        }
        Ok(version) if numbers(&version) >= RABBITMQ => {
            report.right(PART, format_args!("RabbitMQ {version} answers"));
        }
        Ok(version) => report.problem(
            PART,
            format_args!("it is RabbitMQ {version}; the shop needs 3.10 or newer"),
        ),
    }
    // Only checks whether the queues exist; a server declares them.
    let wake = Arc::new(WakeSignals::new());
    let (url, namespace) = (&cluster.amqp_url, &cluster.namespace);
    let queue = RabbitQueue::connect(url, trust, namespace, RETRY_AFTER, false, wake).await;
    let answer = match &queue {
        Ok(queue) => reach(async || queue.ping().await).await,
        Err(error) => {
            report.problem(PART, Chain(error));
            return;
        }
    };
    match answer {
        Ok(()) => report.right(PART, "takes the log-in, and has the shop's queues"),
        Err(error) => report.problem(
            PART,
            format_args!(
                "{}; where only queues are missing, the first `server serve` makes them",
                Chain(&error)
            ),
        ),
    }
    if let Ok(queue) = queue {
        queue.stop().await;
    }
}

/// The last answer of several attempts.
async fn reach(ask: impl AsyncFn() -> Result<(), PortError>) -> Result<(), PortError> {
    let mut answer = ask().await;
    for _ in 1..ATTEMPTS {
        if answer.is_ok() {
            break;
        }
        sleep(PAUSE).await;
        answer = ask().await;
    }
    answer
}

fn compare_clocks(
    part: &str,
    now_ms: i64,
    report: &mut Report,
    otherwise: impl FnOnce(&mut Report, &str, String),
) {
    let ahead_ms = now_ms - SystemClock.now_ms();
    if ahead_ms.abs() <= CLOCKS_DIFFER_MS {
        report.right(part, "its clock is this machine's, to two seconds");
    } else {
        let (seconds, milliseconds) = (ahead_ms.abs() / 1000, ahead_ms.abs() % 1000);
        let direction = if ahead_ms > 0 { "ahead of" } else { "behind" };
        otherwise(
            report,
            part,
            format!(
                "its clock is {seconds}.{milliseconds:03} s {direction} this machine's: look at NTP on both"
            ),
        );
    }
}
