//! Whether this process can do its work: what it stands on answers, and it is not about to stop.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use tokio::{sync::watch, time::timeout};

use crate::{
    assembly::Ping,
    http::{Dependency, Readiness},
};

/// A dependency that takes longer is not ready.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What a process stands on.
pub struct Ready {
    dependencies: Vec<(&'static str, Ping)>,
    stopped: watch::Receiver<bool>,
}

impl Ready {
    pub fn new(dependencies: Vec<(&'static str, Ping)>, stopped: watch::Receiver<bool>) -> Self {
        Self {
            dependencies,
            stopped,
        }
    }
}

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Vec<Dependency> {
        let asked = self.dependencies.iter().map(async |(name, ping)| {
            let detail = match timeout(TIMEOUT, ping()).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no answer in time".to_owned()),
            };
            Dependency {
                name,
                ready: detail.is_none(),
                detail,
            }
        });
        let mut answers = join_all(asked).await;
        let stopping = *self.stopped.borrow();
        answers.push(Dependency {
            name: "process",
            ready: !stopping,
            detail: stopping.then(|| "stopping".to_owned()),
        });
        answers
    }
}
