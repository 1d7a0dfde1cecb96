//! Parts of a shop, for commands that do not run it.

use std::sync::Arc;

use super::{AssemblyError, open_ledger};
use crate::{
    adapters::{
        catalogue_changes::CatalogueChanges,
        redis::{Redis, RedisCatalogueEvents},
        sql::Access,
        system::{Argon2Passwords, SystemClock, SystemIds},
        tls::Trust,
    },
    config::Config,
    engine::{back_office, ports::CatalogueEvents},
};

/// The back office alone, for commands that change a shop. In a cluster the running instances hear
/// of a change; a server on the same data folder does not.
///
/// # Errors
/// See [`AssemblyError`].
pub async fn open_back_office(
    config: &Config,
    access: Access,
) -> Result<back_office::Deps, AssemblyError> {
    let ledger = Arc::new(open_ledger(config, access).await?);
    let nobody_here = CatalogueChanges::default();
    let events: Arc<dyn CatalogueEvents> = match &config.cluster {
        None => Arc::new(nobody_here),
        Some(cluster) => {
            let redis = {
                let trust = Trust::of(cluster.tls_ca.as_deref());
                Redis::trusting(&cluster.redis_urls, &cluster.namespace, &trust)?
            };
            Arc::new(RedisCatalogueEvents::new(redis, nobody_here))
        }
    };
    Ok(back_office::Deps {
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        catalogue: ledger.clone(),
        overview: ledger.clone(),
        events,
        accounts: ledger.clone(),
        activity_log: ledger,
        passwords: Arc::new(Argon2Passwords::new()?),
        self_approval: config.sale.self_approval,
    })
}
