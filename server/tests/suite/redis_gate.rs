//! What only a gate on Redis can do: be shared, forget, be split, lose a message.

use std::sync::atomic::{AtomicU32, Ordering};

use server::adapters::redis::Redis;

use crate::servers::redis::shared;

/// The shared Redis under a namespace of the test's own.
pub fn connect(test: &str) -> Redis {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    Redis::new(&[shared().url()], &format!("{test}-{number}")).unwrap()
}
