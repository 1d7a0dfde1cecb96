//! The engine's ports on real things. Which adapter is used is decided at run time, in `assembly`.

pub mod cached;
pub mod captcha;
pub mod catalogue_changes;
pub mod data_folder;
pub mod embedded;
pub mod fault_injection;
pub mod payment;
pub mod pictures;
pub mod process_counters;
pub mod quotas;
pub mod rabbitmq;
pub mod recording;
pub mod redis;
mod signature;
pub mod sold_out_cache;
pub mod sold_out_gate;
pub mod sql;
pub mod system;
pub mod tls;
pub mod webhook_sender;
