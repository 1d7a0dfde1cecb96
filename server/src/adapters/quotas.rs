//! The numbers of the rate limits, the same for every adapter of
//! [`Limits`](crate::engine::ports::Limits). The adapters do the counting.

use std::{num::NonZeroU32, time::Duration};

use crate::engine::ports::Limit;

/// Allowed calls per time, for each kind of limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Requests a second from one address.
    pub address_per_s: NonZeroU32,
    /// Calls per five seconds and action of one buyer.
    pub action_per_5s: NonZeroU32,
}

impl Default for Quotas {
    fn default() -> Self {
        const FIFTY: NonZeroU32 = NonZeroU32::new(50).unwrap();
        const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
        Self {
            address_per_s: FIFTY,
            action_per_5s: FIVE,
        }
    }
}

/// Limits that are switched off, for load tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoLimits {
    /// No limit per address.
    pub address: bool,
    /// No limit per buyer and action.
    pub action: bool,
}

/// Limits that share the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Requests from an address.
    Address,
    /// Actions of a buyer, and sign-ins.
    Action,
    /// Questions read out in words.
    Spelling,
    /// Second-factor codes.
    Code,
}

/// A burst of calls, then one call each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Time from one call to the next.
    pub period: Duration,
    /// Size of the burst.
    pub burst: NonZeroU32,
}

impl Quota {
    /// The period in microseconds, at least one.
    pub fn period_us(&self) -> i64 {
        i64::try_from(self.period.as_micros()).map_or(i64::MAX, |period_us| period_us.max(1))
    }
}

/// Words are easier for programs than pictures: a burst of three, then one in ten seconds.
const SPELLING: Quota = Quota {
    period: Duration::from_secs(10),
    burst: NonZeroU32::new(3).unwrap(),
};

/// Three of a million codes are valid at any moment. With a burst of five, then one in five minutes, guessing
/// one takes a thousand days.
const CODE: Quota = Quota {
    period: Duration::from_mins(5),
    burst: NonZeroU32::new(5).unwrap(),
};

impl Kind {
    /// The kind of a limit.
    pub fn of(limit: &Limit) -> Kind {
        match limit {
            Limit::Address(_) => Kind::Address,
            Limit::Spelling(_) => Kind::Spelling,
            Limit::Code(_) => Kind::Code,
            Limit::SignIn(_)
            | Limit::Account(_)
            | Limit::Captcha(_)
            | Limit::Path(_)
            | Limit::Purchase(_)
            | Limit::Pay(_)
            | Limit::Cancel(_)
            | Limit::ChangeOrder(_) => Kind::Action,
        }
    }

    /// The numbers; `None` when the limit is switched off.
    pub fn quota(self, quotas: Quotas, off: NoLimits) -> Option<Quota> {
        let in_time = |time: Duration, burst: NonZeroU32| Quota {
            period: time / burst.get(),
            burst,
        };
        let (quota, off) = match self {
            Kind::Address => (
                in_time(Duration::from_secs(1), quotas.address_per_s),
                off.address,
            ),
            Kind::Action => (
                in_time(Duration::from_secs(5), quotas.action_per_5s),
                off.action,
            ),
            Kind::Spelling => (SPELLING, off.action),
            // Load tools use no codes.
            Kind::Code => (CODE, false),
        };
        (!off).then_some(quota)
    }
}
