//! Webhooks: messages to other programs.

use super::{forms::SWITCH, section::section};

section! {
    /// The addresses that messages may be sent to.
    #[derive(Clone, Debug)]
    Webhooks, "Webhooks" {
        private_addresses: bool = "WEBHOOK_PRIVATE_ADDRESSES", "off", SWITCH,
            "On where programs in the shop's own network are told of orders: messages go to addresses that are not public, too, and to `http://`. Off, nobody who may add an endpoint reaches the shop's servers by it.";
    }
}
