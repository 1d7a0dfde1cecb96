//! How long data of finished orders is kept.

use super::{forms::whole, section::section};

section! {
    /// How long data is kept.
    #[derive(Clone, Debug)]
    Orders, "After the purchase" {
        keep_address_days: u32 = "KEEP_ADDRESS_DAYS", "90", whole("days", 1, 3_650),
            "Shipping addresses are erased this long after an order's last event.";
        keep_messages_days: u32 = "KEEP_MESSAGES_DAYS", "90", whole("days", 1, 3_650),
            "Messages to buyers are deleted after this time, and of each account all but the latest 200.";
    }
}
