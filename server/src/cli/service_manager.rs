//! Messages to systemd from a server started with `Type=notify`: that it is ready, that it lives, that it
//! stops. Without systemd nothing is sent.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::sleep;

use crate::{chain::Chain, tasks::Task};

/// The server answers from now on.
pub fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

/// The reason why start-up waits.
pub fn waiting(reason: &str) {
    tell(&[NotifyState::Status(reason)]);
}

/// The server was told to stop.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = %Chain(&error), "cannot tell systemd what state the server is in");
    }
}

/// Notifies systemd often enough for its `WatchdogSec`, if set. It only shows that tasks run at all;
/// `/readyz` reports what each of them does.
pub fn watchdog() -> Option<Task> {
    let period: Duration = sd_notify::watchdog_enabled()? / 3;
    Some(Task::restartable(
        "watchdog",
        "Tells systemd that the process lives.",
        move || async move {
            loop {
                tell(&[NotifyState::Watchdog]);
                sleep(period).await;
            }
        },
    ))
}
