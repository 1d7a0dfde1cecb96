//! The settings of the shop that pages need. The server gives them to every page through the
//! context; they are the same for every visitor.

use jiff::tz::Offset;
use leptos::prelude::use_context;

/// What pages must know of the server's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopSettings {
    /// Pages show times so many minutes east of UTC: -1559 to 1559; beyond that UTC is used.
    pub utc_offset_min: i32,
    /// Questions and hidden paths are given from this many seconds before the start of a round.
    pub path_opens_before_s: u32,
}

impl Default for ShopSettings {
    /// UTC+8, the whole of China, and a minute.
    fn default() -> Self {
        Self {
            utc_offset_min: 8 * 60,
            path_opens_before_s: 60,
        }
    }
}

/// The shop's offset from UTC; UTC itself where there is no such offset.
pub fn utc_offset(minutes: i32) -> Offset {
    Offset::from_seconds(minutes.saturating_mul(60)).unwrap_or(Offset::UTC)
}

impl ShopSettings {
    /// Those of the page being rendered.
    pub fn of_page() -> Self {
        use_context().unwrap_or_default()
    }
}
