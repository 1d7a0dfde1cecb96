//! What an instance does about TLS before it connects to anything: a server that was reached and is not accepted
//! ends the start, with the name of the setting. Without that the instance would wait for it as for one that is
//! away.

use futures::future::try_join_all;

use super::AssemblyError;
use crate::{adapters::tls::Trust, config::Cluster};

/// Whose certificates count. Redis and RabbitMQ are asked for theirs, where their addresses ask for TLS; the
/// ledger says it by itself when it is opened.
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
