//! The settings of the shop that pages need. The server gives them to every page through the
//! context; they are the same for every visitor.

use jiff::tz::Offset;
use leptos::prelude::use_context;

/// The server's settings that pages need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopSettings {
    /// The zone of times on pages, in minutes east of UTC: -1559 to 1559; beyond that UTC is used.
    pub utc_offset_min: i32,
    /// Captchas and hidden paths are given from this many seconds before the start of a round.
    pub path_opens_before_s: u32,
}

impl Default for ShopSettings {
    /// UTC+8, which all of China uses, and one minute.
    fn default() -> Self {
        Self {
            utc_offset_min: 8 * 60,
            path_opens_before_s: 60,
        }
    }
}

/// The shop's offset from UTC; UTC itself for an invalid offset.
pub fn utc_offset(minutes: i32) -> Offset {
    Offset::from_seconds(minutes.saturating_mul(60)).unwrap_or(Offset::UTC)
}

impl ShopSettings {
    /// The settings of the page being rendered.
    pub fn of_page() -> Self {
        use_context().unwrap_or_default()
    }
}
