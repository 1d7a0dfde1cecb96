//! Wake signals that reach the workers of every copy of the server.

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

use super::{Redis, WAKE};
use crate::{
    chain::Chain,
    engine::ports::{Job, WakeSignal},
};

/// One message per job in this time, however often it is notified.
const PERIOD: Duration = Duration::from_millis(5);

/// Names a copy of the server while it runs, so that it ignores its own messages.
pub type Copy = Uuid;

/// Every job that can be notified.
pub const JOBS: [Job; 4] = [Job::Relay, Job::WriteOrders, Job::Release, Job::Notify];

fn word(job: Job) -> &'static str {
    match job {
        Job::Relay => "relay",
        Job::WriteOrders => "write_orders",
        Job::Release => "release",
        Job::Notify => "notify",
    }
}

/// The job of a word.
pub fn job(text: &str) -> Option<Job> {
    JOBS.into_iter().find(|job| word(*job) == text)
}

/// Notifies this process at once, and the others a few milliseconds later. Clones share one state.
#[derive(Clone)]
pub struct RedisWakeSignals(Arc<Shared>);

struct Shared {
    redis: Redis,
    local: Arc<dyn WakeSignal>,
    copy: Copy,
    /// Notified and not published yet, in the order of [`JOBS`].
    pending: [AtomicBool; JOBS.len()],
    any: Notify,
}

impl RedisWakeSignals {
    /// Notifies the workers of this process through `local`, and those of every other.
    pub fn new(redis: Redis, local: Arc<dyn WakeSignal>) -> Self {
        Self(Arc::new(Shared {
            redis,
            local,
            copy: Uuid::now_v7(),
            pending: Default::default(),
            any: Notify::new(),
        }))
    }

    pub(super) fn local(&self) -> Arc<dyn WakeSignal> {
        self.0.local.clone()
    }

    pub(super) fn copy(&self) -> Copy {
        self.0.copy
    }

    /// Tells the other copies, for ever. Stops when dropped.
    pub async fn publish(self) {
        let Shared {
            redis,
            copy,
            pending,
            any,
            ..
        } = &*self.0;
        loop {
            any.notified().await;
            let jobs = JOBS.into_iter().zip(pending);
            let jobs = jobs.filter(|(_, pending)| pending.swap(false, Ordering::AcqRel));
            let published = jobs.map(async |(job, _)| {
                let mut publish = redis::cmd("PUBLISH");
                publish.arg(redis.key(WAKE));
                publish.arg(format!("{} {copy}", word(job)));
                redis.ask::<()>(&publish).await
            });
            for error in join_all(published)
                .await
                .into_iter()
                .filter_map(Result::err)
            {
                tracing::debug!(error = %Chain(&error), "cannot publish a wake signal to other copies");
            }
            sleep(PERIOD).await;
        }
    }
}

impl WakeSignal for RedisWakeSignals {
    fn notify(&self, job: Job) {
        self.0.local.notify(job);
        for (known, pending) in JOBS.iter().zip(&self.0.pending) {
            if *known == job {
                pending.store(true, Ordering::Release);
            }
        }
        self.0.any.notify_one();
    }
}
