//! Webhooks: programs of others are told of orders and rounds, by the conventions of Standard Webhooks
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

/// The most endpoints: each is tried in turn, and each order is written down once for each.
pub const MOST_ENDPOINTS: u32 = 20;

/// What webhooks need.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub endpoints: Arc<dyn WebhookEndpoints>,
    pub deliveries: Arc<dyn WebhookDeliveries>,
    pub sender: Arc<dyn WebhookSender>,
    pub catalogue: Arc<dyn Catalogue>,
    pub gate: Arc<dyn StockGate>,
    /// Endpoints that answered slowly the last time that this process asked them.
    pub slow: Mutex<HashSet<Uuid>>,
    /// What this process has announced of rounds that are in the catalogue, so that it is not written every second.
    pub announced: Mutex<HashSet<(RoundId, WebhookEvent)>>,
}
