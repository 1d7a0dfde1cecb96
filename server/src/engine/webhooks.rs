//! Webhooks: notify external programs of orders and rounds, by the conventions of Standard Webhooks
//! (<https://www.standardwebhooks.com>).

pub mod announce;
pub mod deliver;
pub mod endpoints;
mod message;
pub mod purge_deliveries;
pub mod secret;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use app::wire::RoundId;
use uuid::Uuid;

use super::ports::{
    Catalogue, Clock, StockGate, WebhookDeliveries, WebhookEndpoints, WebhookEvent, WebhookSender,
};

/// The most endpoints: each is called in turn, and each order is written once for each.
pub const MOST_ENDPOINTS: u32 = 20;

/// Dependencies of the webhooks.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub endpoints: Arc<dyn WebhookEndpoints>,
    pub deliveries: Arc<dyn WebhookDeliveries>,
    pub sender: Arc<dyn WebhookSender>,
    pub catalogue: Arc<dyn Catalogue>,
    pub gate: Arc<dyn StockGate>,
    /// Endpoints that answered slowly the last time this process called them.
    pub slow: Mutex<HashSet<Uuid>>,
    /// Events already announced for rounds in the catalogue, so that they are not written every second.
    pub announced: Mutex<HashSet<(RoundId, WebhookEvent)>>,
}
