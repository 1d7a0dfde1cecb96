//! Whole sales in a cluster: instances of the real binary behind nginx, on a real Redis, RabbitMQ
//! and database. Every instance reaches each server through a proxy of its own, which can break the link.

mod cut_off;
mod deployment;
mod ending;
mod ledger;
mod life_cycle;
mod links;
mod lost_keys;
mod masters;
mod memory;
mod processes;
mod rabbitmq;
mod redis;
mod redis_errors;
mod returns;
mod sales;
mod scenario;
mod segments;
mod servers;
mod waves;
