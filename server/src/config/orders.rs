//! How long data of finished orders is kept.

use super::{forms::whole, section::section};

section! {
    /// How long data is kept.
    #[derive(Clone, Debug)]
    Orders, "After the purchase" {
        keep_address_days: u32 = "KEEP_ADDRESS_DAYS", "90", whole("days", 1, 3_650),
            "Where an order was sent is erased so long after the last thing that happened to it.";
        keep_messages_days: u32 = "KEEP_MESSAGES_DAYS", "90", whole("days", 1, 3_650),
            "What the shop told its buyers on its pages is deleted after so long, and of each account all but the latest 200.";
    }
}
