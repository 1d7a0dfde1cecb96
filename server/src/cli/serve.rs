//! `server serve`.

use std::{path::Path, sync::Arc, time::Duration};

use app::ShopZone;
use async_trait::async_trait;
use leptos::prelude::{Env, LeptosOptions};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::timeout,
};
use tracing_subscriber::EnvFilter;

use super::Failure;
use crate::{
    adapters::{captcha::CaptchaPool, sql::Sql},
    assembly::{self, Surroundings},
    config::Config,
    engine::{
        storefront::{LoginCookie, ShopFront},
        warm_up,
    },
    http::{self, Dependency, HttpSettings, Readiness, Site},
    workers,
};

/// Longer than any request of ours takes; then the caller hears `busy`.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Workers finish the run they are in within this time.
const LAST_RUNS: Duration = Duration::from_secs(2);

/// Serves until the process is told to stop (`SIGTERM`, `SIGINT`); then requests and workers finish
/// what they are in.
pub async fn serve(config: &Config) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&config.log)?)
        .init();
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let listener = TcpListener::bind(config.addr)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.addr))?;

    let questions = Arc::new(CaptchaPool::start(config.captcha)?);
    let shop = assembly::embedded(config, Surroundings::real(questions)?).await?;
    let gate = tokio::spawn(shop.gate_task.run());
    // Before the first request: who comes at the start of a round finds the gate warm.
    warm_up::run_once(&shop.engine).await?;
    let (stop, stopped) = watch::channel(false);
    let mut workers = workers::start(&shop.engine, &shop.bells, config.pace, &stopped);

    let cookie = LoginCookie { secure: config.tls };
    let site = Site {
        shop: Arc::new(ShopFront::new(shop.engine, cookie)),
        readiness: Arc::new(Ready {
            ledger: shop.sql,
            stopped,
        }),
        metrics,
        leptos: leptos_options(&config.site_root),
        settings: HttpSettings {
            cookie,
            trusted_proxies: config.trusted_proxies.clone(),
            page_life: config.page_life,
            request_timeout: REQUEST_TIMEOUT,
            zone: ShopZone {
                offset_min: config.utc_offset_min,
            },
        },
    };
    println!("The shop is open: http://{}", listener.local_addr()?);
    let told = told_to_stop()?;
    http::serve(listener, http::router(site), async move {
        told.await;
        stop.send_replace(true);
    })
    .await;
    let ended = timeout(LAST_RUNS, async {
        while workers.join_next().await.is_some() {}
    })
    .await;
    if ended.is_err() {
        tracing::warn!("a worker was still in a run at the end");
    }
    gate.abort();
    Ok(())
}

fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// What the build tool made: the names it gave to the assets stand in a file beside the binary.
fn leptos_options(site_root: &Path) -> LeptosOptions {
    const NAMES: &str = "hash.txt";
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join(NAMES)));
    LeptosOptions::builder()
        .output_name("seckill")
        .site_root(site_root.display().to_string())
        .site_pkg_dir("pkg")
        .env(Env::PROD)
        .hash_file(Arc::from(NAMES))
        .hash_files(beside.is_some_and(|file| file.exists()))
        .build()
}

/// What the embedded shop stands on: its ledger, and not being about to stop.
struct Ready {
    ledger: Sql,
    stopped: watch::Receiver<bool>,
}

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Vec<Dependency> {
        let ledger = self.ledger.ping().await;
        let stopping = *self.stopped.borrow();
        vec![
            Dependency {
                name: "ledger",
                ready: ledger.is_ok(),
                detail: ledger.err().map(|error| error.to_string()),
            },
            Dependency {
                name: "process",
                ready: !stopping,
                detail: stopping.then(|| "stopping".to_owned()),
            },
        ]
    }
}
