//! The ports of shipping, failing.

use app::wire::{AccountId, OrderId, ShippingAddress};

use super::ledger::with_faults;
use crate::engine::ports::{SaveOutcome, ShippingAddresses};

with_faults! { ShippingAddresses:
    address(order_id: OrderId) -> Option<ShippingAddress>;
    save_address(order_id: OrderId, buyer: AccountId, address: &ShippingAddress, now_ms: i64) -> SaveOutcome;
    erase_addresses(before_ms: i64, limit: u32) -> u32;
}
