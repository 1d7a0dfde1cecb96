//! Security events: they reveal an attack in progress, and help to investigate it afterwards. Each is
//! counted, and logged as one line with fixed field names.
//!
//! A line contains account ids, addresses, route patterns and words of ours, never typed text: no
//! passwords, tokens or numbers, and nobody can forge a line.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{
    port::Visitor,
    wire::{AccountId, ApiError},
};
use tracing::field::display;

use crate::engine::counted_address;

/// The target of every line, for filters of the log.
const TARGET: &str = "seckill::security";

/// The kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Somebody signed in.
    LogIn,
    /// Number and password did not match.
    LogInFailed,
    /// A log-in, a registration or a change of a password was refused because there were too many tries.
    LogInLimited,
    /// Somebody signed out.
    LogOut,
    /// Log-ins were ended: by their owner, by a new password, or because a new log-in replaced them.
    LogInsEnded,
    /// A buyer registered.
    Registered,
    /// A password was changed.
    PasswordChanged,
    /// A password was not changed, because the current one was wrong.
    PasswordRefused,
    /// Number and password matched, and a second-factor code is required.
    CodeAsked,
    /// A second-factor code was wrong, or used before.
    CodeRefused,
    /// An account got a second factor.
    SecondFactorSet,
    /// A second factor was removed.
    SecondFactorRemoved,
    /// An account got more rights than a buyer's.
    RightsGiven,
    /// A call was refused because there were too many.
    Limited,
    /// Another site sent a browser to change something.
    CrossSite,
    /// An account's role does not allow the call.
    RoleRefused,
    /// A banned account tried to buy.
    Banned,
    /// The answer to a captcha was wrong.
    CaptchaWrong,
    /// A hidden path was invented, used, expired, or somebody else's.
    PathRefused,
}

impl Event {
    /// Its name in log and metric.
    pub fn name(self) -> &'static str {
        match self {
            Event::LogIn => "log_in",
            Event::LogInFailed => "log_in_failed",
            Event::LogInLimited => "log_in_limited",
            Event::LogOut => "log_out",
            Event::LogInsEnded => "log_ins_ended",
            Event::Registered => "registered",
            Event::PasswordChanged => "password_changed",
            Event::PasswordRefused => "password_refused",
            Event::CodeAsked => "code_asked",
            Event::CodeRefused => "code_refused",
            Event::SecondFactorSet => "second_factor_set",
            Event::SecondFactorRemoved => "second_factor_removed",
            Event::RightsGiven => "rights_given",
            Event::Limited => "limited",
            Event::CrossSite => "cross_site",
            Event::RoleRefused => "role_refused",
            Event::Banned => "banned",
            Event::CaptchaWrong => "captcha_wrong",
            Event::PathRefused => "path_refused",
        }
    }

    /// The event for an error of a call, if it may be an attack.
    pub fn of_refusal(error: &ApiError) -> Option<Event> {
        match error {
            ApiError::RateLimited { .. } => Some(Event::Limited),
            ApiError::Banned => Some(Event::Banned),
            ApiError::CaptchaWrong => Some(Event::CaptchaWrong),
            ApiError::PathInvalid => Some(Event::PathRefused),
            _ => None,
        }
    }

    /// Whether something was refused. Failed passwords are among them and always logged: the limits and
    /// the slow hash bound them.
    fn is_refusal(self) -> bool {
        self.is_cheap()
            || matches!(
                self,
                Event::LogInFailed | Event::PasswordRefused | Event::CodeRefused
            )
    }

    /// Whether anybody can cause any number of them.
    fn is_cheap(self) -> bool {
        match self {
            Event::LogIn
            | Event::LogInFailed
            | Event::LogOut
            | Event::LogInsEnded
            | Event::Registered
            | Event::PasswordChanged
            | Event::PasswordRefused
            | Event::CodeAsked
            | Event::CodeRefused
            | Event::SecondFactorSet
            | Event::SecondFactorRemoved
            | Event::RightsGiven => false,
            Event::LogInLimited
            | Event::Limited
            | Event::CrossSite
            | Event::RoleRefused
            | Event::Banned
            | Event::CaptchaWrong
            | Event::PathRefused => true,
        }
    }
}

/// The subject of an event, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Concerned<'a> {
    /// The account that acted, or whose password was tried.
    pub account_id: Option<AccountId>,
    /// The caller's address.
    pub ip: Option<IpAddr>,
    /// The route's pattern, never the address itself.
    pub route: Option<&'a str>,
    /// The new role.
    pub role: Option<&'static str>,
    /// The number of ended log-ins.
    pub number: Option<u64>,
}

impl Concerned<'_> {
    /// The caller.
    pub fn of(visitor: &Visitor) -> Self {
        Self {
            account_id: visitor.me.as_ref().map(|me| me.account_id),
            ip: Some(visitor.ip),
            ..Self::default()
        }
    }

    /// The same caller, with this account.
    #[must_use]
    pub fn account(self, account_id: Option<AccountId>) -> Self {
        Self { account_id, ..self }
    }
}

/// Counts and logs an event; refusals of one kind are logged once a minute for each address.
pub fn record(event: Event, concerned: &Concerned<'_>) {
    metrics::counter!("seckill_security_events_total", "event" => event.name()).increment(1);
    if let (true, Some(ip)) = (event.is_cheap(), concerned.ip) {
        let logged = LOGGED.lock();
        let mut logged = logged.unwrap_or_else(PoisonError::into_inner);
        let (is_first, left_out) = logged.note(event, ip, Instant::now());
        drop(logged);
        if left_out > 0 {
            tracing::warn!(target: TARGET, left_out, "refusals of the last minute were counted and not logged");
        }
        if !is_first {
            return;
        }
    }
    let (name, route, role, number) = (
        event.name(),
        concerned.route,
        concerned.role,
        concerned.number,
    );
    let (account_id, ip) = (concerned.account_id.map(display), concerned.ip.map(display));
    if event.is_refusal() {
        tracing::warn!(target: TARGET, event = name, account_id, ip, route, role, number, "security event");
    } else {
        tracing::info!(target: TARGET, event = name, account_id, ip, route, role, number, "security event");
    }
}

/// The lines logged in the current minute.
static LOGGED: Mutex<Logged> = Mutex::new(Logged::new(MOST));

/// One line for each kind and address in this time.
const MINUTE: Duration = Duration::from_mins(1);
/// Largest number of refusal lines in that time, over all addresses: 2 MB of log.
const MOST: usize = 10_000;

/// The logged refusals, and the number of omitted ones.
struct Logged {
    most: usize,
    since: Option<Instant>,
    /// `None` until the first.
    seen: Option<HashSet<(Event, IpAddr)>>,
    left_out: u64,
}

impl Logged {
    const fn new(most: usize) -> Self {
        Self {
            most,
            since: None,
            seen: None,
            left_out: 0,
        }
    }

    /// Whether to log this one; and once, how many of the previous minute were not logged.
    fn note(&mut self, event: Event, ip: IpAddr, now: Instant) -> (bool, u64) {
        let mut of_last_minute = 0;
        let is_over = |since| now.duration_since(since) >= MINUTE;
        if self.since.is_none_or(is_over) {
            self.since = Some(now);
            self.seen = None;
            of_last_minute = std::mem::take(&mut self.left_out);
        }
        let seen = self.seen.get_or_insert_default();
        let is_logged = seen.len() < self.most && seen.insert((event, counted_address(ip)));
        self.left_out += u64::from(!is_logged);
        (is_logged, of_last_minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_a_line_a_minute_for_each_address_and_bounded_in_all() {
        let mut logged = Logged::new(3);
        let begun = Instant::now();
        let ip = |last: u8| IpAddr::from([198, 51, 100, last]);
        let mut note = |event, last, seconds| {
            let now = begun + Duration::from_secs(seconds);
            logged.note(event, ip(last), now)
        };
        assert_eq!(note(Event::Limited, 1, 0), (true, 0));
        assert_eq!(note(Event::Limited, 1, 59), (false, 0));
        assert_eq!(note(Event::CrossSite, 1, 59), (true, 0), "another kind");
        assert_eq!(note(Event::Limited, 2, 59), (true, 0), "another address");
        assert_eq!(note(Event::Limited, 3, 59), (false, 0), "too many");
        assert_eq!(note(Event::Limited, 1, 60), (true, 2), "the next minute");
        assert_eq!(note(Event::Limited, 1, 61), (false, 0));
    }

    #[test]
    fn a_network_of_one_subscriber_is_one_address() {
        let mut logged = Logged::new(10);
        let now = Instant::now();
        for (address, is_logged) in [("2001:db8::1", true), ("2001:db8::2", false)] {
            let noted = logged.note(Event::Limited, address.parse().unwrap(), now);
            assert_eq!(noted.0, is_logged, "{address}");
        }
    }
}
