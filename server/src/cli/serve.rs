//! `server serve`.

mod assemble;

use std::{
    fs,
    io::{ErrorKind, Write as _},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};

use app::{ShopSettings, api::LoginCookie, texts::Texts};
use axum::Router;
use clap::ValueEnum;
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::TcpSocket,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use self::assemble::assemble;
use super::{Failure, demo_accounts, doctor::RunningProcess, readiness::Ready, service_manager};
use crate::{
    adapters::{
        catalogue_changes::CatalogueChanges,
        data_folder,
        payment::sandbox::{Sandbox, deliver},
    },
    assembly,
    chain::Chain,
    config::Config,
    engine::{
        Engine, back_office::calls::OfficeCalls, stock::warm_up, storefront::ShopFront,
        switches::follow,
    },
    http::{self, BuiltSite, HttpSettings, Site},
    tasks::{Restarts, Supervisor, Task},
    telemetry::{counters::CounterValues, log, metrics},
    texts::{self, TextsError},
    workers::{self, WakeSignals},
};

/// Longer than any normal request; then the caller gets `busy`.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// At shutdown workers finish their run within this time.
const LAST_RUNS: Duration = Duration::from_secs(2);
/// Time limit for telling the servers; otherwise they notice later that we are gone.
const SHUTDOWN_HOOK: Duration = Duration::from_secs(1);
/// Connections that wait to be accepted; the system's own limit may be lower.
const BACKLOG: u32 = 1024;

/// The part of the shop that a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Everything in one process.
    All,
    /// Answers shoppers.
    Web,
    /// Relays, writes and closes orders, keeps the gate; answers probes only.
    Worker,
}

/// Serves until the process is told to stop (`SIGTERM`, `SIGINT`); then requests and workers finish their
/// current work. A second signal ends it at once.
pub async fn serve(config: &Config, role: Role) -> Result<(), Failure> {
    fits(role, config)?;
    log::init(&config.process.log, config.process.log_format)?;
    warn_of_readers(config);
    let texts = own_texts(config)?;
    let counter_values = CounterValues::default();
    let metrics = metrics::install(&counter_values)?;
    let cannot_listen = |error| format!("cannot listen on {}: {error}", config.process.addr);
    // Reserves the port, but accepts nothing yet: a connection that waits for an absent ledger would keep a
    // proxy from asking another instance.
    let address = taken(config.process.addr).map_err(cannot_listen)?;
    let shop = assemble(config, &counter_values).await?;
    if config.process.production {
        demo_accounts::refuse(&shop.sql).await?;
    }

    let (stop, stopped) = watch::channel(false);
    let (supervisor, mut ended) = Supervisor::new(stopped.clone(), Restarts::default());
    let (sandbox, mut tasks) = (shop.sandbox, shop.tasks);
    tasks.push(upkeep_task(&metrics));
    if let (Some(sandbox), true) = (&sandbox, role != Role::Worker) {
        tasks.push(sandbox_task(sandbox, notice_url(address.local_addr()?)));
    }
    tasks.extend(service_manager::watchdog());
    let _tasks = supervisor.start(tasks);
    warm_gate(&shop.engine).await;
    know_switches(&shop.engine).await;
    let workers = supervisor.start(workers_of(
        role,
        config,
        &shop.engine,
        &shop.wake_signals,
        &stopped,
    ));
    let statuses = supervisor.statuses();
    let readiness = Arc::new(Ready::new(shop.dependencies, statuses, stopped.clone()));
    let router = match role {
        Role::Worker => http::probes(readiness, metrics),
        Role::All | Role::Web => {
            let process = Process {
                readiness,
                stopped,
                metrics,
                texts,
            };
            router(config, shop.engine, sandbox, &shop.changes, process)?
        }
    };

    let listener = address.listen(BACKLOG).map_err(cannot_listen)?;
    say_open(config, listener.local_addr()?);
    let told = told_to_stop()?;
    service_manager::ready();
    let mut cause = Ok(());
    http::serve(listener, router, async {
        tokio::select! {
            () = told => {}
            Some(task) = ended.recv() => cause = Err(task),
        }
        service_manager::stopping();
        // Readiness is red from now on: balancers turn away while we still answer.
        stop.send_replace(true);
        if cause.is_ok() {
            sleep(config.process.drain).await;
        }
    })
    .await;
    end(workers, shop.shutdown_hook).await;
    Ok(cause?)
}

/// An embedded shop has no roles.
fn fits(role: Role, config: &Config) -> Result<(), Failure> {
    match config.cluster.is_none() && role != Role::All {
        true => {
            Err("the embedded shop is one process: --role all (or SECKILL_MODE=cluster)".into())
        }
        false => Ok(()),
    }
}

/// For the person who started it, if the output is still read. A JSON log must contain nothing else.
fn say_open(config: &Config, at: SocketAddr) {
    match config.process.log_format {
        log::Format::Text => {
            let _ = writeln!(std::io::stdout(), "The shop is open: http://{at}");
        }
        log::Format::Json => tracing::info!(url = %format_args!("http://{at}"), "the shop is open"),
    }
}

fn workers_of(
    role: Role,
    config: &Config,
    engine: &Engine,
    wake: &WakeSignals,
    stopped: &watch::Receiver<bool>,
) -> Vec<Task> {
    match role {
        Role::Web => Vec::new(),
        Role::All | Role::Worker => workers::tasks(engine, wake, config.schedule(), stopped),
    }
}

/// An embedded shop's folder holds mobile numbers and password hashes.
fn warn_of_readers(config: &Config) {
    let folder = &config.process.data_dir;
    if config.cluster.is_none() && data_folder::is_open_to_others(folder) {
        tracing::warn!(folder = %folder.display(), "other users of this machine can read the data folder; `chmod -R go=` prevents that");
    }
}

/// The shop's own texts. A real shop must write some of them itself.
fn own_texts(config: &Config) -> Result<Texts, TextsError> {
    let texts = texts::load(config.web.texts_dir.as_deref())?;
    if let (true, Some(missing)) = (config.process.production, texts::missing(&texts)) {
        tracing::warn!(
            missing,
            "pages of this shop are placeholders; write them into the folder SECKILL_TEXTS_DIR"
        );
    }
    Ok(texts)
}

/// Workers finish their current run, and the servers are told that we are gone.
async fn end(mut workers: JoinSet<()>, shutdown_hook: Option<BoxFuture<'static, ()>>) {
    let last_runs = timeout(LAST_RUNS, async {
        while workers.join_next().await.is_some() {}
    });
    if last_runs.await.is_err() {
        tracing::warn!("the process ends while a worker is still running");
    }
    if let Some(hook) = shutdown_hook {
        drop(timeout(SHUTDOWN_HOOK, hook).await);
    }
}

/// The address of this process for the built-in provider's notices.
fn notice_url(address: SocketAddr) -> String {
    let host = match address.ip().is_unspecified() {
        true => SocketAddr::from(([127, 0, 0, 1], address.port())),
        false => address,
    };
    format!("http://{host}/api/payments/notice/sandbox")
}

fn sandbox_task(sandbox: &Arc<Sandbox>, notice_url: String) -> Task {
    let sandbox = sandbox.clone();
    Task::restartable(
        "sandbox",
        "Sends the payment sandbox's notices.",
        move || deliver(sandbox.clone(), notice_url.clone()),
    )
}

fn upkeep_task(metrics: &PrometheusHandle) -> Task {
    let metrics = metrics.clone();
    Task::restartable(
        "metrics_upkeep",
        "Adds what was observed to the metrics' buckets.",
        move || metrics::upkeep(metrics.clone()),
    )
}

/// An address that no other process uses.
fn taken(addr: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Sockets of the previous process may still be closing.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

/// Loads items before the process serves, so that the first buyers need not wait. If it fails, the worker
/// repeats it every second.
async fn warm_gate(engine: &Engine) {
    if let Err(error) = warm_up::run_once(&engine.stock).await {
        tracing::warn!(error = %Chain(&error), "cannot warm up the gate at start-up; the worker tries again");
    }
}

/// Data about the process itself, for the routes.
struct Process {
    readiness: Arc<Ready>,
    stopped: watch::Receiver<bool>,
    metrics: PrometheusHandle,
    texts: Texts,
}

/// Reads the switches, so that they apply to the first shopper too. If it fails, the task repeats it.
async fn know_switches(engine: &Engine) {
    if let Err(error) = follow::run_once(&engine.switches).await {
        tracing::warn!(error = %Chain(&error), "cannot read the switches at start-up; tried again every second");
    }
}

fn router(
    config: &Config,
    engine: Engine,
    sandbox: Option<Arc<Sandbox>>,
    changes: &CatalogueChanges,
    process: Process,
) -> std::io::Result<Router> {
    let facts = Arc::new(RunningProcess(config.clone()));
    let cookie = LoginCookie {
        secure: config.web.tls,
    };
    Ok(http::router(Site {
        payments: http::payments(
            engine.payments.clone(),
            sandbox.map(|built_in| built_in as _),
        ),
        office: Arc::new(OfficeCalls::new(&engine, process.readiness.clone(), facts)),
        shop: Arc::new(ShopFront::new(engine)),
        readiness: process.readiness,
        stopped: process.stopped,
        metrics: process.metrics,
        built: built_site(&config.web.site_root)?,
        texts: process.texts,
        invalidation: assembly::page_invalidation(changes),
        settings: HttpSettings {
            cookie,
            trusted_proxies: config.web.trusted_proxies.clone(),
            page_life: config.web.page_life,
            request_timeout: REQUEST_TIMEOUT,
            shop: ShopSettings {
                utc_offset_min: config.web.utc_offset_min,
                path_opens_before_s: config.sale.path_opens_before_s,
            },
            pay_page: config.pay_page(),
            shop_url: config.web.shop_url.clone(),
        },
    }))
}

/// Resolves when the process is told to stop. A second signal ends it at once: its sender does not want to
/// wait, and everything promised to buyers is on disk by then.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut told = async move || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(async move {
        told().await;
        tokio::spawn(async move {
            told().await;
            tracing::warn!("told to stop a second time: ending at once");
            std::process::exit(1);
        });
    })
}

/// The built site: the build tool's names of the files are in a file beside the binary.
fn built_site(site_root: &Path) -> std::io::Result<BuiltSite> {
    let names = std::env::current_exe()?.with_file_name("hash.txt");
    match fs::read_to_string(names) {
        Ok(names) => Ok(BuiltSite::new(site_root, Some(&names))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BuiltSite::new(site_root, None)),
        Err(error) => Err(error),
    }
}
