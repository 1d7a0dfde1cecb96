//! Faults for the ports of shipping.

use app::wire::{AccountId, OrderId, Shipment, ShippingAddress};

use super::ledger::with_faults;
use crate::engine::ports::{ChangedBy, SaveOutcome, ShipOutcome, Shipments, ShippingAddresses};

with_faults! { ShippingAddresses:
    address(order_id: OrderId) -> Option<ShippingAddress>;
    save_address(order_id: OrderId, buyer: AccountId, address: &ShippingAddress, now_ms: i64) -> SaveOutcome;
    erase_addresses(before_ms: i64, limit: u32) -> u32;
}

with_faults! { Shipments:
    ship(order_id: OrderId, shipment: &Shipment, by: &ChangedBy, now_ms: i64) -> ShipOutcome;
    receive(order_id: OrderId, now_ms: i64) -> bool;
}
