//! Webhooks: messages to other programs.

use super::{forms::SWITCH, section::section};

section! {
    /// The addresses that messages may be sent to.
    #[derive(Clone, Debug)]
    Webhooks, "Webhooks" {
        private_addresses: bool = "WEBHOOK_PRIVATE_ADDRESSES", "off", SWITCH,
            "On if webhooks are in the shop's own network: messages may also go to addresses that are not public, and to `http://`. When it is off, nobody can use a webhook to reach the shop's servers.";
    }
}
