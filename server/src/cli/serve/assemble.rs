//! Assembles the shop, and waits for a ledger that starts later than the process.

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
    telemetry::counters::CounterValues,
};

/// Between two attempts to open an absent ledger.
const RETRY: Duration = Duration::from_secs(1);
/// Time limit for assembling the shop, apart from waiting for the ledger.
const ASSEMBLY: Duration = Duration::from_secs(3);

/// Assembles the shop. A cluster's ledger may start later: this logs one line and waits.
pub async fn assemble(
    config: &Config,
    counter_values: &CounterValues,
) -> Result<Assembly, Failure> {
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
            counter_values: counter_values.clone(),
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
            // Waiting does not help: somebody must act.
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

/// Checks for server settings that would lose the shop's data: production refuses to start with
/// them. If a server does not answer now, readiness reports it later.
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
