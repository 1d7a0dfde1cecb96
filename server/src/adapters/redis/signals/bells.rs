//! Bells that ring at every copy of the server.

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

use super::{BELL, Redis};
use crate::engine::ports::{Bell, Job};

/// One message per job in this time, however often a bell is rung.
const PERIOD: Duration = Duration::from_millis(5);

/// Names a copy of the server while it runs, so that it does not answer its own bell.
pub type Copy = Uuid;

/// What can be rung for.
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

/// Rings in this process at once, and at the others a few milliseconds later. Clones are the same
/// bells.
#[derive(Clone)]
pub struct RedisBells(Arc<Shared>);

struct Shared {
    redis: Redis,
    local: Arc<dyn Bell>,
    copy: Copy,
    /// Rung and not published yet, in the order of [`JOBS`].
    rung: [AtomicBool; JOBS.len()],
    any: Notify,
}

impl RedisBells {
    /// Bells for this process's `local` ones and everybody else's.
    pub fn new(redis: Redis, local: Arc<dyn Bell>) -> Self {
        Self(Arc::new(Shared {
            redis,
            local,
            copy: Uuid::now_v7(),
            rung: Default::default(),
            any: Notify::new(),
        }))
    }

    pub(super) fn local(&self) -> Arc<dyn Bell> {
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
            rung,
            any,
            ..
        } = &*self.0;
        loop {
            any.notified().await;
            let jobs = JOBS.into_iter().zip(rung);
            let rung = jobs.filter(|(_, rung)| rung.swap(false, Ordering::AcqRel));
            let published = rung.map(async |(job, _)| {
                let mut publish = redis::cmd("PUBLISH");
                publish.arg(redis.key(BELL));
                publish.arg(format!("{} {copy}", word(job)));
                redis.ask::<()>(&publish).await
            });
            for error in join_all(published)
                .await
                .into_iter()
                .filter_map(Result::err)
            {
                tracing::debug!(error = ?error, "a bell was not heard by other copies");
            }
            sleep(PERIOD).await;
        }
    }
}

impl Bell for RedisBells {
    fn ring(&self, job: Job) {
        self.0.local.ring(job);
        for (known, rung) in JOBS.iter().zip(&self.0.rung) {
            if *known == job {
                rung.store(true, Ordering::Release);
            }
        }
        self.0.any.notify_one();
    }
}
