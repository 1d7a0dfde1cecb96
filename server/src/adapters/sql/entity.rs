//! The tables, as sea-orm entities. Not visible outside the adapter.

pub mod account;
pub mod activity;
pub mod activity_end;
pub mod item;
pub mod login_token;
pub mod message;
pub mod notice;
pub mod order;
pub mod order_address;
pub mod order_event;
pub mod payment;
pub mod payment_notice;
pub mod picture;
pub mod product;
pub mod reservation;
pub mod round;
pub mod sandbox_charge;
pub mod sandbox_notice;
pub mod sandbox_payment;
pub mod second_factor;
pub mod shipment;
pub mod stripe_session;
pub mod switch;
pub mod webhook_delivery;
pub mod webhook_endpoint;
