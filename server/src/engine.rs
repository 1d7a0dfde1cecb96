//! The rules of the sale and its use cases. Pure decisions over [`ports`]: nothing here knows which
//! database, broker, web framework or runtime is underneath.
//!
//! A folder per subject, a file per verb. Each subject names what its verbs need in a `Deps`.
//! Shoppers reach the verbs through [`storefront`], staff through the `calls` of [`back_office`],
//! [`customer_service`] (with `bulk_calls`), [`products`], [`reports`] and [`system`] and the
//! `undelivered_calls` of [`orders`]; workers call the same functions.

pub mod accounts;
pub mod activity_log;
pub mod audit;
pub mod back_office;
pub mod customer_service;
mod limit;
pub mod live;
pub mod messages;
pub mod notices;
pub mod orders;
mod paging;
pub mod payments;
pub mod ports;
pub mod products;
pub mod purchase;
pub mod reports;
mod rules;
pub mod shipping;
pub mod stock;
pub mod storefront;
pub mod switches;
pub mod system;
pub mod webhooks;
mod wire_errors;

use std::sync::Arc;

pub use limit::{LimitError, counted_address};
pub use rules::{BATCH, Rules};

/// The subjects with their dependencies. One per process, shared by requests and workers.
#[derive(Clone)]
pub struct Engine {
    pub accounts: Arc<accounts::Deps>,
    pub audit: Arc<audit::Deps>,
    pub back_office: Arc<back_office::Deps>,
    pub customer_service: Arc<customer_service::Deps>,
    pub live: Arc<live::Deps>,
    pub messages: Arc<messages::Deps>,
    pub notices: Arc<notices::Deps>,
    pub orders: Arc<orders::Deps>,
    pub payments: Arc<payments::Deps>,
    pub products: Arc<products::Deps>,
    pub purchase: Arc<purchase::Deps>,
    pub reports: Arc<reports::Deps>,
    pub shipping: Arc<shipping::Deps>,
    pub stock: Arc<stock::Deps>,
    pub switches: Arc<switches::Deps>,
    pub system: Arc<system::Deps>,
    pub webhooks: Arc<webhooks::Deps>,
}
