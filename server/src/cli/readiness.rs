//! Whether this process can do its work: its servers answer, its tasks run, and it is not about to stop.

use std::time::Duration;

use app::wire::DependencyState;
use async_trait::async_trait;
use futures::future::join_all;
use tokio::{sync::watch, time::timeout};

use crate::{
    assembly::Ping,
    chain::Chain,
    engine::ports::Health,
    http::{Dependency, Readiness},
    tasks::{State, Status, Statuses},
};

/// A slower dependency is not ready.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The dependencies of a process.
pub struct Ready {
    dependencies: Vec<(&'static str, Ping)>,
    tasks: Statuses,
    stopped: watch::Receiver<bool>,
}

impl Ready {
    pub fn new(
        dependencies: Vec<(&'static str, Ping)>,
        tasks: Statuses,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            dependencies,
            tasks,
            stopped,
        }
    }
}

fn of_task(status: &Status) -> Dependency {
    Dependency {
        name: status.name,
        ready: status.state == State::Running,
        about: Some(status.about),
        detail: status.detail(),
    }
}

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Vec<Dependency> {
        let asked = self.dependencies.iter().map(async |(name, ping)| {
            let detail = match timeout(TIMEOUT, ping()).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(Chain(&error).to_string()),
                Err(_) => Some("no answer in time".to_owned()),
            };
            Dependency {
                name,
                ready: detail.is_none(),
                about: None,
                detail,
            }
        });
        let mut answers = join_all(asked).await;
        answers.extend(self.tasks.all().iter().map(of_task));
        let stopping = *self.stopped.borrow();
        answers.push(Dependency {
            name: "process",
            ready: !stopping,
            about: None,
            detail: stopping.then(|| "stopping".to_owned()),
        });
        answers
    }
}

#[async_trait]
impl Health for Ready {
    async fn states(&self) -> Vec<DependencyState> {
        let parts = self.check().await;
        let state = |part: Dependency| DependencyState {
            name: part.name.to_owned(),
            ready: part.ready,
            is_task: part.about.is_some(),
            detail: part.detail,
        };
        parts.into_iter().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::{Restarts, Supervisor, Task};

    #[tokio::test]
    async fn a_task_that_panicked_makes_the_process_unready_and_says_why() {
        let (_stop, stopped) = watch::channel(false);
        let restarts = Restarts {
            first: Duration::from_hours(1),
            ..Restarts::default()
        };
        let (supervisor, _ended) = Supervisor::new(stopped.clone(), restarts);
        let careless = Task::restartable("write_orders", "Writes orders.", || async {
            panic!("no such row");
        });
        let sound = Task::restartable("release", "Releases units.", std::future::pending);
        let _tasks = supervisor.start([careless, sound]);
        let ready = Ready::new(Vec::new(), supervisor.statuses(), stopped);
        let red = loop {
            let mut parts = ready.check().await;
            parts.retain(|part| !part.ready);
            if !parts.is_empty() {
                break parts;
            }
            tokio::task::yield_now().await;
        };
        let [part] = &red[..] else {
            panic!("{red:?}");
        };
        assert_eq!(
            (part.name, part.about),
            ("write_orders", Some("Writes orders."))
        );
        assert!(
            part.detail
                .as_ref()
                .unwrap()
                .contains("it panicked: no such row")
        );
    }
}
