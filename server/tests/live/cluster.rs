//! Whole sales in a cluster: instances of the real binary behind nginx, with real Redis, RabbitMQ and a
//! database. Each instance reaches each server through its own proxy, which can break the connection.

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
