//! Time left and stock left, in figures.

use crate::wire::Language;

/// Shown in a countdown until the clock is known.
pub const COUNTDOWN_PLACEHOLDER: &str = "--:--";

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Days and hours as needed, tenths of a second in the last minute: `2 d 03:04:05`, `03:04:05`,
/// `04:05`, `00:41.3`. The rest below the smallest unit is cut off, never rounded up.
pub fn countdown(language: Language, left_ms: i64) -> String {
    let left_ms = left_ms.max(0);
    let (days, hours) = (left_ms / DAY_MS, left_ms % DAY_MS / HOUR_MS);
    let (minutes, seconds) = (left_ms % HOUR_MS / MINUTE_MS, left_ms % MINUTE_MS / 1_000);
    let day = match language {
        Language::Zh => "天",
        Language::En => "d",
    };
    match (days, hours) {
        (1.., _) => format!("{days} {day} {hours:02}:{minutes:02}:{seconds:02}"),
        (_, 1..) => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        _ if left_ms > MINUTE_MS => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{minutes:02}:{seconds:02}.{}", left_ms % 1_000 / 100),
    }
}

/// Whole seconds, rounded up: `3 s`.
pub fn seconds(language: Language, left_ms: i64) -> String {
    let seconds = (left_ms.max(0) + 999) / 1_000;
    match language {
        Language::Zh => format!("{seconds} 秒"),
        Language::En => format!("{seconds} s"),
    }
}

/// A duration in words: whole minutes, or seconds when it is shorter.
pub fn duration(language: Language, s: u32) -> String {
    match (language, s >= 60) {
        (Language::Zh, true) => format!("{} 分钟", s / 60),
        (Language::Zh, false) => format!("{s} 秒"),
        (Language::En, true) if s / 60 == 1 => "1 minute".to_owned(),
        (Language::En, true) => format!("{} minutes", s / 60),
        (Language::En, false) => format!("{s} seconds"),
    }
}

/// The remaining stock in per cent. Zero only when sold out.
pub fn left(language: Language, sellable: u32, total: u32) -> String {
    let (sellable, total) = (u64::from(sellable), u64::from(total).max(1));
    let percent = (sellable * 100).div_ceil(total).min(100);
    match (language, percent) {
        (Language::Zh, 0) => "已抢光".to_owned(),
        (Language::En, 0) => "sold out".to_owned(),
        (Language::Zh, percent) => format!("还剩 {percent}%"),
        (Language::En, percent) => format!("{percent} % left"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_shows_days_hours_and_at_last_tenths() {
        for (left_ms, text) in [
            (
                2 * DAY_MS + 3 * HOUR_MS + 4 * MINUTE_MS + 5_999,
                "2 d 03:04:05",
            ),
            (3 * HOUR_MS + 4 * MINUTE_MS + 5_000, "03:04:05"),
            (9 * MINUTE_MS + 41_500, "09:41"),
            (60_001, "01:00"),
            (60_000, "01:00.0"),
            (41_399, "00:41.3"),
            (99, "00:00.0"),
            (-5, "00:00.0"),
        ] {
            assert_eq!(countdown(Language::En, left_ms), text, "{left_ms}");
        }
        assert_eq!(countdown(Language::Zh, DAY_MS), "1 天 00:00:00");
    }

    #[test]
    fn waits_are_rounded_up_to_whole_seconds() {
        assert_eq!(seconds(Language::En, 2_001), "3 s");
        assert_eq!(seconds(Language::Zh, -1), "0 秒");
    }

    #[test]
    fn the_last_unit_is_not_rounded_away() {
        assert_eq!(left(Language::En, 1, 1_000), "1 % left");
        assert_eq!(left(Language::Zh, 37, 100), "还剩 37%");
        assert_eq!(left(Language::En, 0, 100), "sold out");
        assert_eq!(left(Language::En, 0, 0), "sold out");
    }

    #[test]
    fn a_pay_window_of_a_minute_or_more_is_shown_in_minutes() {
        assert_eq!(duration(Language::En, 600), "10 minutes");
        assert_eq!(duration(Language::Zh, 30), "30 秒");
    }
}
