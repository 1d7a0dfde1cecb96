//! Whole sales in a cluster: instances of the real binary behind nginx, on a real Redis, RabbitMQ
//! and database, each reached through a proxy that can break the line.

mod deployment;
mod ledger;
mod life_cycle;
mod links;
mod memory;
mod processes;
mod rabbitmq;
mod redis;
mod returns;
mod sales;
mod scenario;
mod servers;
