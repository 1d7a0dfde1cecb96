//! Background work.

use std::time::Duration;

use super::{
    forms::{Or, Seconds, whole},
    section::section,
};

section! {
    /// How fast, and for how long, workers try.
    #[derive(Clone, Debug)]
    Workers, "Workers" {
        orders_per_s: Option<u32> = "ORDERS_PER_S", "", Or(whole("orders", 1, 1_000_000), ""),
            "Orders that this process writes a second, at most; spares a database with other work. An embedded shop writes orders with \
             their reservations unless this is set.";
        queue_age: Duration = "QUEUE_AGE_S", "120", Seconds(1, 86_400),
            "A reservation that waited this long for its order is late: an alarm, and the next setting applies.";
        fail_fast_percent: u8 = "FAIL_FAST_PERCENT", "100", whole("percent", 0, 100),
            "Of 100 late reservations this many are released; the rest become orders.";
        reconcile: Duration = "RECONCILE_S", "60", Seconds(1, 86_400),
            "Time between two comparisons of gate and ledger.";
    }
}
