//! Waking workers.

/// Work that may be waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// The gate holds units that the queue has not heard of.
    Relay,
    /// Reservations are queued.
    WriteOrders,
    /// Units have come back.
    Release,
    /// Orders were paid, and the gate does not know yet.
    Confirm,
    /// Payment notices wait to be applied.
    ApplyNotices,
    /// Money is due to go back.
    Refund,
    /// Notices wait to be sent.
    Notify,
    /// There are new rounds, or changed ones.
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

/// Tells a worker that there is work. Only a hint: workers also look by themselves.
pub trait WakeSignal: Send + Sync + 'static {
    /// Never blocks, never fails; notifying twice is the same as once.
    fn notify(&self, job: Job);
}
