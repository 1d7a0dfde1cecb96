//! `server serve`.

use std::sync::Arc;

use tokio::{net::TcpListener, sync::watch};

use super::Failure;
use crate::{
    adapters::captcha::CaptchaPool,
    assembly::{self, Surroundings},
    config::Config,
    engine::warm_up,
    workers,
};

/// Serves until the process is told to stop (`SIGTERM`, `SIGINT`); then requests and workers finish
/// what they are in.
pub async fn serve(config: &Config) -> Result<(), Failure> {
    let questions = Arc::new(CaptchaPool::start(config.captcha)?);
    let shop = assembly::embedded(config, Surroundings::real(questions)?).await?;
    let gate = tokio::spawn(shop.gate_task.run());
    warm_up::run_once(&shop.engine).await?;
    let (stop, stopped) = watch::channel(false);
    let mut workers = workers::start(&shop.engine, &shop.bells, config.pace, &stopped);
    let _ = (TcpListener::bind(config.addr).await?, &gate, stop.send(true));
    while workers.join_next().await.is_some() {}
    Ok(())
}
