//! The configurable numbers of the sale.

use super::ports::QueuedReservation;

/// The defaults are the shop's own values; all can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A question expires after this time.
    pub captcha_life_ms: i64,
    /// A path requires an answered question. Off only for load tools, never in production.
    pub captcha_required: bool,
    /// A path expires after this time, or this long after the start if it was issued earlier.
    pub path_life_ms: i64,
    /// Questions and paths are available this long before the start, to spread the load.
    pub path_opens_before_ms: i64,
    /// A log-in expires this long after its last use.
    pub login_life_ms: i64,
    /// A log-in expires after this time at the latest.
    pub login_life_max_ms: i64,
    /// Money already on its way at an order's deadline may arrive within this time.
    pub pay_grace_ms: i64,
    /// If the provider still does not report a payment's result, the order is closed this much
    /// later.
    pub pay_close_patience_ms: i64,
    /// A delivery address is erased this long after the last change of its order.
    pub keep_address_ms: i64,
    /// Messages to buyers are deleted after this time.
    pub keep_messages_ms: i64,
    /// A reservation that waits longer than this for its order is late: an alarm is raised, and the
    /// share below is released instead of ordered.
    pub queue_age_ms: i64,
    /// Percentage of late reservations that are released. 0 orders them all, however late.
    pub fail_fast_percent: u8,
}

impl Rules {
    /// Whether a queued reservation is released instead of ordered. The same entry always gets the
    /// same answer at the same instant, so that a repeat changes nothing. A replayed reservation is
    /// never released: an operator has fixed the cause.
    pub fn is_given_up(&self, entry: &QueuedReservation, now_ms: i64) -> bool {
        // Ids end with random bits.
        let sample = entry.unit.reservation_id.0.as_u128() % 100;
        let is_late = now_ms - entry.held_at_ms >= self.queue_age_ms;
        is_late && !entry.replayed && sample < u128::from(self.fail_fast_percent)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            captcha_life_ms: 120_000,
            captcha_required: true,
            path_life_ms: 60_000,
            path_opens_before_ms: 60_000,
            login_life_ms: 30 * 60_000,
            login_life_max_ms: 2 * 24 * 3_600_000,
            pay_grace_ms: 30_000,
            pay_close_patience_ms: 300_000,
            keep_address_ms: 90 * 24 * 3_600_000,
            keep_messages_ms: 90 * 24 * 3_600_000,
            queue_age_ms: 2 * 60_000,
            fail_fast_percent: 100,
        }
    }
}

/// Most entries that a worker takes at once: limits a transaction, and what a crash repeats.
pub const BATCH: u32 = 256;
