//! What the process says about itself to whoever runs it.

pub mod log;
pub mod metrics;
pub mod request_id;
