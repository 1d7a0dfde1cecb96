//! Checks TLS before the instance connects to anything: a server that answers with an unacceptable certificate
//! aborts start-up, with the setting's name. Otherwise the instance would wait for it as for an absent server.

use futures::future::try_join_all;

use super::AssemblyError;
use crate::{adapters::tls::Trust, config::Cluster};

/// The accepted certificate authorities. Connects to Redis and RabbitMQ to check their certificates if their
/// addresses use TLS; opening the ledger checks its own.
pub async fn trusted(cluster: &Cluster) -> Result<Trust, AssemblyError> {
    let trust = Trust::of(cluster.tls_ca.as_deref());
    if cluster.tls_ca.is_some() {
        trust.pem()?;
    }
    let gate = cluster
        .redis_urls
        .iter()
        .map(|url| ("SECKILL_REDIS_URL", url));
    let all = gate.chain([("SECKILL_AMQP_URL", &cluster.amqp_url)]);
    try_join_all(all.map(|(setting, url)| trust.check(setting, url))).await?;
    Ok(trust)
}
