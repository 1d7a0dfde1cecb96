//! A wake signal for the workers of every instance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use tokio::{sync::Notify, time::sleep};
use uuid::Uuid;

use super::super::{Redis, keys};
use crate::chain::Chain;
use crate::engine::ports::{Job, WakeSignal};

/// At most one message per job in this time, however often workers are woken.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(5);

/// Identifies an instance while it runs, so that it ignores its own messages.
pub type InstanceId = Uuid;

fn name(job: Job) -> &'static str {
    match job {
        Job::Relay => "relay",
        Job::WriteOrders => "write_orders",
        Job::Release => "release",
        Job::Confirm => "confirm",
        Job::ApplyNotices => "apply_notices",
        Job::Refund => "refund",
        Job::Notify => "notify",
        Job::WarmUp => "warm_up",
    }
}

/// The job with this name.
pub fn job(text: &str) -> Option<Job> {
    Job::ALL.into_iter().find(|job| name(*job) == text)
}

/// Wakes the workers of this process at once, and those of the others a few milliseconds later.
/// Clones share the signal.
#[derive(Clone)]
pub struct RedisWakeSignal(Arc<Shared>);

struct Shared {
    redis: Redis,
    local: Arc<dyn WakeSignal>,
    instance: InstanceId,
    /// Not published yet, in the order of [`Job::ALL`].
    pending: [AtomicBool; Job::ALL.len()],
    any_pending: Notify,
}

impl RedisWakeSignal {
    /// A signal for this process's `local` workers and all other instances'.
    pub fn new(redis: Redis, local: Arc<dyn WakeSignal>) -> Self {
        Self(Arc::new(Shared {
            redis,
            local,
            instance: Uuid::now_v7(),
            pending: Default::default(),
            any_pending: Notify::new(),
        }))
    }

    pub(super) fn local(&self) -> Arc<dyn WakeSignal> {
        self.0.local.clone()
    }

    pub(super) fn instance(&self) -> InstanceId {
        self.0.instance
    }

    /// Publishes to the other instances, for ever. Stops when dropped.
    pub async fn publish(self) {
        let Shared {
            redis,
            instance,
            pending,
            any_pending,
            ..
        } = &*self.0;
        loop {
            any_pending.notified().await;
            let jobs = Job::ALL.into_iter().zip(pending);
            let jobs = jobs.filter(|(_, pending)| pending.swap(false, Ordering::AcqRel));
            let published = jobs.map(async |(job, _)| {
                let mut publish = redis::cmd("PUBLISH");
                publish.arg(redis.key(keys::WAKE));
                publish.arg(format!("{} {instance}", name(job)));
                (job, redis.query::<()>(&publish).await)
            });
            for (job, published) in join_all(published).await {
                if let Err(error) = published {
                    tracing::debug!(
                        error = %Chain(&error),
                        ?job,
                        "cannot wake other instances' workers; they run at their next period"
                    );
                }
            }
            sleep(PUBLISH_INTERVAL).await;
        }
    }
}

impl WakeSignal for RedisWakeSignal {
    fn notify(&self, job: Job) {
        self.0.local.notify(job);
        for (known, pending) in Job::ALL.iter().zip(&self.0.pending) {
            if *known == job {
                pending.store(true, Ordering::Release);
            }
        }
        self.0.any_pending.notify_one();
    }
}
