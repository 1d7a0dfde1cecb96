//! The schema, one migration for each change, the same on every database.

mod m0001_shop;
mod m0002_cluster;
mod m0003_buyer_reservations;
mod m0004_payments;
mod m0005_sandbox;
mod m0006_replayed;
mod m0007_stripe;
mod m0008_log_ins;
mod m0009_activity_log;
mod m0010_approval;
mod m0011_shipping;
mod m0012_messages;
mod m0013_switches;
mod m0014_webhooks;
mod m0015_second_factors;
mod m0017_pictures;
mod m0018_listed_orders;
mod tables;

use sea_orm_migration::prelude::*;

/// Every migration, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_shop::Migration),
            Box::new(m0002_cluster::Migration),
            Box::new(m0003_buyer_reservations::Migration),
            Box::new(m0004_payments::Migration),
            Box::new(m0005_sandbox::Migration),
            Box::new(m0006_replayed::Migration),
            Box::new(m0007_stripe::Migration),
            Box::new(m0008_log_ins::Migration),
            Box::new(m0009_activity_log::Migration),
            Box::new(m0010_approval::Migration),
            Box::new(m0011_shipping::Migration),
            Box::new(m0012_messages::Migration),
            Box::new(m0013_switches::Migration),
            Box::new(m0014_webhooks::Migration),
            Box::new(m0015_second_factors::Migration),
            Box::new(m0017_pictures::Migration),
            Box::new(m0018_listed_orders::Migration),
        ]
    }
}
