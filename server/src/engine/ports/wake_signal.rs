//! Wakes workers.

/// Work that may be waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// The gate has holds that are not yet in the queue.
    Relay,
    /// Reservations are queued.
    WriteOrders,
    /// Units have come back.
    Release,
    /// Orders were paid, and the gate was not told yet.
    Confirm,
    /// Payment notices wait to be applied.
    ApplyNotices,
    /// Refunds are due.
    Refund,
    /// Notices wait to be sent.
    Notify,
    /// Rounds were added or changed.
    WarmUp,
}

impl Job {
    /// Every job.
    pub const ALL: [Job; 8] = [
        Job::Relay,
        Job::WriteOrders,
        Job::Release,
        Job::Confirm,
        Job::ApplyNotices,
        Job::Refund,
        Job::Notify,
        Job::WarmUp,
    ];
}

/// Tells a worker that there is work. Only a hint: workers also check by themselves.
pub trait WakeSignal: Send + Sync + 'static {
    /// Never blocks, never fails; a repeated call has no further effect.
    fn notify(&self, job: Job);
}
