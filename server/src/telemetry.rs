//! What the process says about itself to whoever runs it.

pub mod kept;
pub mod log;
pub mod metrics;
pub mod request_id;
pub mod sale;
