//! Messages to people.

pub mod send_notices;

use std::sync::Arc;

use super::ports::{Clock, Notices, Notifier};

/// Dependencies of sending notices.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub notices: Arc<dyn Notices>,
    pub notifier: Arc<dyn Notifier>,
}
