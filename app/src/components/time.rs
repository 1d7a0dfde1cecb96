//! Instants as the shop's calendar shows them. The zone is the shop's, never the visitor's: a page
//! is the same for everybody. Not here: anything that ticks (that is the islands' work).

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use leptos::prelude::*;

use crate::{
    settings::{ShopSettings, utc_offset},
    text::pages::time as say,
    wire::Language,
};

/// The shop's calendar while one page is rendered: its zone, its language, and today's date.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    offset: Offset,
    now_ms: i64,
    language: Language,
}

impl Calendar {
    /// The calendar of the page being rendered, at `now_ms`.
    pub fn of_page(now_ms: i64, language: Language) -> Self {
        Self::new(ShopSettings::of_page().utc_offset_min, now_ms, language)
    }

    fn new(utc_offset_min: i32, now_ms: i64, language: Language) -> Self {
        Self {
            offset: utc_offset(utc_offset_min),
            now_ms,
            language,
        }
    }

    /// The instant at which the page is rendered, epoch milliseconds.
    pub fn now_ms(self) -> i64 {
        self.now_ms
    }

    /// The day's time to the minute: `20:00`.
    pub fn clock(self, at_ms: i64) -> String {
        let at = self.civil(at_ms);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// Day and time inside a sentence: `today at 20:00`.
    pub fn when(self, at_ms: i64) -> String {
        say::day_at(self.language, &self.day(at_ms), &self.clock(at_ms))
    }

    /// Day and time as a label: `20:00` on the same day, else `Tomorrow 12:00`.
    pub fn label(self, at_ms: i64) -> String {
        if self.civil(at_ms).date() == self.civil(self.now_ms).date() {
            self.clock(at_ms)
        } else {
            say::day_label(&self.day(at_ms), &self.clock(at_ms))
        }
    }

    /// Day and time to the second, for past events: `5 Jan at 20:00:03`.
    pub fn exact(self, at_ms: i64) -> String {
        say::day_at(self.language, &self.day(at_ms), &self.to_the_second(at_ms))
    }

    /// The day's time to the second: `20:00:03`.
    pub fn to_the_second(self, at_ms: i64) -> String {
        format!("{}:{:02}", self.clock(at_ms), self.civil(at_ms).second())
    }

    /// For programs: `2026-01-05T20:00:03+08:00`.
    pub fn machine(self, at_ms: i64) -> String {
        let minutes = self.offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let at = self.civil(at_ms).strftime("%Y-%m-%dT%H:%M:%S");
        format!(
            "{at}{sign}{:02}:{:02}",
            minutes.abs() / 60,
            minutes.abs() % 60
        )
    }

    /// For use elsewhere and later: `27 Nov 2026 at 20:00 (UTC+8)`.
    pub fn full(self, at_ms: i64) -> String {
        let at = say::day_at(self.language, &self.date(at_ms), &self.clock(at_ms));
        at + &self.zone()
    }

    /// The same for a time between two instants: `27 Nov 2026, 20:00 to 22:00 (UTC+8)`.
    pub fn span(self, from_ms: i64, to_ms: i64) -> String {
        let to = match self.civil(from_ms).date() == self.civil(to_ms).date() {
            true => self.clock(to_ms),
            false => say::day_and_clock(self.language, &self.date(to_ms), &self.clock(to_ms)),
        };
        let from = say::day_and_clock(self.language, &self.date(from_ms), &self.clock(from_ms));
        say::from_to(self.language, &from, &to) + &self.zone()
    }

    fn date(self, at_ms: i64) -> String {
        let date = self.civil(at_ms).date();
        say::date(self.language, date.year(), date.month(), date.day())
    }

    fn zone(self) -> String {
        say::zone(self.language, self.offset.seconds() / 60)
    }

    fn day(self, at_ms: i64) -> String {
        let (day, today) = (self.civil(at_ms).date(), self.civil(self.now_ms).date());
        match today.until(day).map(|span| span.get_days()) {
            Ok(0) => say::today(self.language).to_owned(),
            Ok(1) => say::tomorrow(self.language).to_owned(),
            Ok(-1) => say::yesterday(self.language).to_owned(),
            _ => say::day_of_month(self.language, day.month(), day.day()),
        }
    }

    fn civil(self, at_ms: i64) -> DateTime {
        self.offset
            .to_datetime(Timestamp::from_millisecond(at_ms).unwrap_or_default())
    }
}

/// A text that names an instant, with the instant itself for programs.
#[component]
pub fn Instant(
    calendar: Calendar,
    /// The instant, epoch milliseconds.
    at_ms: i64,
    /// The words; made with the calendar.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <time datetime=calendar.machine(at_ms)>{text}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-05 23:30 in Shanghai.
    const NOW_MS: i64 = 1_767_627_000_000;
    const HOUR_MS: i64 = 3_600_000;

    fn calendar(language: Language) -> Calendar {
        Calendar::new(8 * 60, NOW_MS, language)
    }

    #[test]
    fn days_change_at_the_shop_s_midnight_and_not_at_utc_s() {
        let english = calendar(Language::En);
        assert_eq!(english.when(NOW_MS), "today at 23:30");
        assert_eq!(english.when(NOW_MS + HOUR_MS), "tomorrow at 00:30");
        assert_eq!(english.when(NOW_MS - 24 * HOUR_MS), "yesterday at 23:30");
        assert_eq!(english.when(NOW_MS + 72 * HOUR_MS), "8 Jan at 23:30");
        assert_eq!(
            calendar(Language::Zh).when(NOW_MS + 72 * HOUR_MS),
            "1月8日 23:30"
        );
    }

    #[test]
    fn a_month_ahead_is_no_day_of_this_week() {
        assert_eq!(
            calendar(Language::En).when(NOW_MS + 31 * 24 * HOUR_MS),
            "5 Feb at 23:30"
        );
        assert_eq!(
            calendar(Language::En).when(NOW_MS + 32 * 24 * HOUR_MS),
            "6 Feb at 23:30"
        );
    }

    #[test]
    fn labels_omit_today() {
        assert_eq!(calendar(Language::En).label(NOW_MS), "23:30");
        assert_eq!(
            calendar(Language::En).label(NOW_MS + HOUR_MS),
            "Tomorrow 00:30"
        );
        assert_eq!(calendar(Language::Zh).label(NOW_MS + HOUR_MS), "明天 00:30");
    }

    #[test]
    fn times_for_use_elsewhere_have_year_and_zone() {
        let (zh, en) = (calendar(Language::Zh), calendar(Language::En));
        assert_eq!(en.full(NOW_MS), "5 Jan 2026 at 23:30 (UTC+8)");
        assert_eq!(zh.full(NOW_MS), "2026年1月5日 23:30（北京时间）");
        let later = NOW_MS + HOUR_MS / 4;
        assert_eq!(en.span(NOW_MS, later), "5 Jan 2026, 23:30 to 23:45 (UTC+8)");
        assert_eq!(
            zh.span(NOW_MS, NOW_MS + HOUR_MS),
            "2026年1月5日 23:30 至 2026年1月6日 00:30（北京时间）"
        );
        let west = Calendar::new(-210, NOW_MS, Language::Zh);
        assert_eq!(
            west.span(NOW_MS, later),
            "2026年1月5日 12:00 至 12:15（UTC-3:30）"
        );
        let utc = Calendar::new(0, NOW_MS, Language::En);
        assert_eq!(utc.span(NOW_MS, later), "5 Jan 2026, 15:30 to 15:45 (UTC)");
    }

    #[test]
    fn programs_get_the_offset_with_the_time() {
        assert_eq!(
            calendar(Language::Zh).machine(NOW_MS),
            "2026-01-05T23:30:00+08:00"
        );
        let west = Calendar::new(-210, NOW_MS, Language::Zh);
        assert_eq!(west.machine(NOW_MS), "2026-01-05T12:00:00-03:30");
        assert_eq!(
            calendar(Language::En).exact(NOW_MS + 3_000),
            "today at 23:30:03"
        );
    }
}
