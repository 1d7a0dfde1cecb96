//! `with-servers`: runs a command beside a Redis, a RabbitMQ and a database of its own, and stops
//! them when it ends. For developers and benchmarks; a shop has servers that outlive a command.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitCode, ExitStatus},
};

use test_servers::{
    MariaDb, Postgres,
    rabbitmq::RabbitServer,
    redis::{Persistence, RedisCluster, RedisServer},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::spawn_blocking,
};

const USAGE: &str = "\
usage: with-servers [--database postgres|mariadb] [--redis single|cluster] -- COMMAND…

Starts Redis, RabbitMQ and a database on free ports of loopback, with data folders that vanish
afterwards, and runs COMMAND with the settings of a cluster on them in its environment. Ends with
COMMAND's exit status (128 and the signal's number when a signal ended it).";

/// As `sh` has it: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;

const DATABASE: &str = "seckill";

/// The parsed command line.
#[derive(Debug)]
struct Plan {
    mariadb: bool,
    cluster: bool,
    command: Vec<String>,
}

impl Plan {
    /// `None`: the words are no command line of ours.
    fn parse(mut words: impl Iterator<Item = String>) -> Option<Plan> {
        let (mut mariadb, mut cluster) = (false, false);
        loop {
            match words.next()?.as_str() {
                "--" => break,
                "--database" => match words.next()?.as_str() {
                    "postgres" => mariadb = false,
                    "mariadb" => mariadb = true,
                    _ => return None,
                },
                "--redis" => match words.next()?.as_str() {
                    "single" => cluster = false,
                    "cluster" => cluster = true,
                    _ => return None,
                },
                _ => return None,
            }
        }
        let command: Vec<String> = words.collect();
        (!command.is_empty()).then_some(Plan {
            mariadb,
            cluster,
            command,
        })
    }
}

/// Everything that is started, in the order in which it is stopped.
struct Servers {
    redis: Gate,
    rabbit: RabbitServer,
    database: Ledger,
}

enum Gate {
    Single(RedisServer),
    Cluster(RedisCluster),
}

enum Ledger {
    Postgres(Postgres),
    MariaDb(MariaDb),
}

impl Servers {
    /// Starts them, and makes a database. A server that is not installed or does not start ends
    /// this program with its own words.
    fn start(mariadb: bool, cluster: bool) -> Servers {
        let database = if mariadb {
            let server = MariaDb::start();
            server.create_database(DATABASE);
            Ledger::MariaDb(server)
        } else {
            let server = Postgres::start();
            server.create_database(DATABASE);
            Ledger::Postgres(server)
        };
        let redis = if cluster {
            Gate::Cluster(RedisCluster::start())
        } else {
            Gate::Single(RedisServer::start_with(Persistence::EverySecond))
        };
        Servers {
            redis,
            rabbit: RabbitServer::start(),
            database,
        }
    }

    /// The settings of a shop on these servers.
    fn settings(&self) -> [(&'static str, String); 4] {
        let redis = match &self.redis {
            Gate::Single(server) => server.url(),
            Gate::Cluster(cluster) => cluster.urls().join(","),
        };
        let database = match &self.database {
            Ledger::Postgres(server) => server.url(DATABASE),
            Ledger::MariaDb(server) => server.url(DATABASE),
        };
        [
            ("SECKILL_MODE", "cluster".to_owned()),
            ("SECKILL_REDIS_URL", redis),
            ("SECKILL_AMQP_URL", self.rabbit.url()),
            ("SECKILL_DATABASE_URL", database),
        ]
    }
}

/// The signals that tell this program to end.
struct Orders {
    interrupt: Signal,
    terminate: Signal,
}

impl Orders {
    fn new() -> std::io::Result<Orders> {
        Ok(Orders {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next signal; its name without `SIG`.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "INT",
            _ = self.terminate.recv() => "TERM",
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(plan) = Plan::parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(plan).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("with-servers: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(plan: Plan) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut orders = Orders::new()?;
    let kind = (plan.mariadb, plan.cluster);
    let mut starting = spawn_blocking(move || Servers::start(kind.0, kind.1));
    let mut told = false;
    // Told to stop meanwhile: whatever has started is stopped in order all the same.
    let servers = loop {
        tokio::select! {
            servers = &mut starting => break servers?,
            _ = orders.next() => told = true,
        }
    };
    let code = match told {
        true => INTERRUPTED,
        false => {
            let [program, arguments @ ..] = plan.command.as_slice() else {
                return Err(USAGE.into());
            };
            let command = Command::new(program)
                .args(arguments)
                .envs(servers.settings())
                .spawn()
                .map_err(|error| format!("cannot run {program}: {error}"))?;
            code_of(wait(command, &mut orders).await?)
        }
    };
    spawn_blocking(|| drop(servers)).await?;
    Ok(ExitCode::from(code))
}

/// Until the command has ended. Interrupts reach it by themselves, from the terminal; the order to
/// end is passed on.
async fn wait(
    mut command: Child,
    orders: &mut Orders,
) -> Result<ExitStatus, Box<dyn std::error::Error>> {
    let pid = command.id().to_string();
    let mut ended = spawn_blocking(move || command.wait());
    loop {
        tokio::select! {
            status = &mut ended => return Ok(status??),
            name = orders.next() => if name == "TERM" {
                // One that has just ended needs no signal.
                let _ = Command::new("kill").args(["-s", name, &pid]).output();
            },
        }
    }
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}
