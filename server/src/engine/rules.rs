//! The numbers of the sale.

use super::ports::QueuedReservation;

/// Defaults are the shop's; all can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A question is good for this long.
    pub captcha_life_ms: i64,
    /// Paths need an answered question. Off only for load tools, never in production.
    pub captcha_required: bool,
    /// A path is good for this long, and one handed out before the start for this long after it.
    pub path_life_ms: i64,
    /// Questions and paths are handed out from this long before the start, so that people spread.
    pub path_opens_before_ms: i64,
    /// A log-in lasts this long after its last use.
    pub login_life_ms: i64,
    /// And this long at most.
    pub login_life_max_ms: i64,
    /// Money that is under way at an order's deadline may still come for this long.
    pub pay_grace_ms: i64,
    /// After that, an order whose provider does not say what became of the money is closed this
    /// much later.
    pub pay_close_patience_ms: i64,
    /// Where an order was sent is kept for this long after the last thing that happened to it.
    pub keep_address_ms: i64,
    /// What the shop told its buyers is kept for this long.
    pub keep_messages_ms: i64,
    /// A reservation that has waited this long for its order is late: an alarm, and the share below
    /// is released instead of ordered.
    pub queue_age_ms: i64,
    /// Of 100 late reservations so many are released. 0 orders them all, however late.
    pub fail_fast_percent: u8,
}

impl Rules {
    /// Whether a queued reservation is to be released instead of ordered. The same entry always
    /// gets the same answer at the same instant, so that a repeat changes nothing. One that was parked
    /// is never: it was not the buyer's turn that passed, somebody has mended the cause.
    pub fn is_given_up(&self, entry: &QueuedReservation, now_ms: i64) -> bool {
        // Ids end in random bits.
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

/// Entries a worker takes at once: bounds a transaction, and what a crash repeats.
pub const BATCH: u32 = 256;
