//! Limits on calls.

use std::num::NonZeroU32;

use super::{
    forms::{Form, Or, Whole, whole},
    section::section,
};

/// A whole number that is not 0.
struct Calls(Whole<u32>);

/// At most this many calls.
const fn calls(of: &'static str) -> Calls {
    Calls(whole(of, 1, 1_000_000))
}

impl Form for Calls {
    type Value = NonZeroU32;

    fn read(&self, text: &str) -> Option<NonZeroU32> {
        self.0.read(text).and_then(NonZeroU32::new)
    }

    fn describe(&self) -> String {
        self.0.describe()
    }

    fn example(&self) -> String {
        self.0.example()
    }
}

section! {
    /// Limits on calls for each buyer and each address.
    #[derive(Clone, Debug)]
    Limits, "Limits" {
        action_per_5s: Option<NonZeroU32> = "USER_LIMIT", "5", Or(calls("calls"), "off"),
            "Calls in 5 seconds of one buyer for each action; off is refused in production.";
        address_per_s: Option<NonZeroU32> = "IP_LIMIT", "50", Or(calls("requests"), "off"),
            "Requests a second from one address; off is refused in production.";
    }
}
