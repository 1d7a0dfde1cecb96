//! The tables, as sea-orm entities. Not visible outside the adapter.

pub mod account;
pub mod item;
pub mod login_token;
pub mod notice;
pub mod order;
pub mod product;
pub mod reservation;
pub mod round;
