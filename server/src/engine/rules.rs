//! The numbers of the sale.

/// Defaults are the shop's; all can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A question is good for this long.
    pub captcha_life_ms: i64,
    /// Paths need an answered question. Off only for load tools, never in production.
    pub captcha_required: bool,
    /// A path is good for this long.
    pub path_life_ms: i64,
    /// Questions and paths are handed out from this long before the start, so that people spread.
    pub path_opens_before_ms: i64,
    /// A log-in lasts this long after its last use.
    pub login_life_ms: i64,
    /// And this long at most.
    pub login_life_max_ms: i64,
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
        }
    }
}

/// Entries a worker takes at once: bounds a transaction, and what a crash repeats.
pub const BATCH: u32 = 256;
