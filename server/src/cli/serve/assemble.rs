//! Puts the shop together, and waits for a ledger that comes up after the process.

use std::{fmt::Display, pin::pin, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use crate::{
    adapters::{
        captcha::{CaptchaKind, CaptchaPool},
        sql::ConnectError,
    },
    assembly::{self, Assembly, AssemblyError, Environment},
    chain::Chain,
    cli::{Failure, service_manager},
    config::Config,
    telemetry::kept::KeptCounters,
};

/// Between two attempts to open a ledger that is not there yet.
const RETRY: Duration = Duration::from_secs(1);
/// The shop is assembled within this time, unless the ledger is away.
const ASSEMBLY: Duration = Duration::from_secs(3);

/// Puts the shop together. A cluster's ledger may come up after us: one line says so, and we wait.
pub async fn assemble(config: &Config, kept: &KeptCounters) -> Result<Assembly, Failure> {
    let questions = Arc::new(CaptchaPool::start(
        config.sale.captcha.unwrap_or(CaptchaKind::Arithmetic),
    )?);
    let mut told = config.cluster.is_none();
    let mut tell = |why: &dyn Display| {
        if !std::mem::replace(&mut told, true) {
            tracing::warn!("waiting for the ledger: {why}");
            service_manager::waiting("waiting for the ledger");
        }
    };
    loop {
        let environment = Environment {
            kept: kept.clone(),
            ..Environment::real(config, questions.clone())?
        };
        let mut shop = pin!(assembly::assemble(config, environment));
        let shop = match timeout(ASSEMBLY, &mut shop).await {
            Ok(shop) => shop,
            Err(_) => {
                tell(&"it does not answer yet");
                shop.await
            }
        };
        match shop {
            // Waiting does not help: somebody has to act.
            Err(AssemblyError::Ledger(
                error @ (ConnectError::NoShop(_)
                | ConnectError::EarlierVersion(_)
                | ConnectError::LaterVersion { .. }
                | ConnectError::NotAccepted(_)),
            )) => return Err(error.into()),
            Err(AssemblyError::Ledger(error)) if config.cluster.is_some() => {
                tell(&Chain(&error));
                sleep(RETRY).await;
            }
            shop => {
                let shop = shop?;
                check_settings(config, &shop).await?;
                return Ok(shop);
            }
        }
    }
}

/// Servers that would lose what the shop gives them: production refuses to start with them. Of one
/// that does not answer now readiness says it later.
async fn check_settings(config: &Config, shop: &Assembly) -> Result<(), Failure> {
    let Some(check) = &shop.settings else {
        return Ok(());
    };
    match check().await {
        Ok(()) => Ok(()),
        Err(error) if config.process.production => Err(error.into()),
        Err(error) => {
            tracing::warn!(
                error = %Chain(&error),
                "a server has settings that lose reservations; production would not start with it"
            );
            Ok(())
        }
    }
}
