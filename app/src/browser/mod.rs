//! The only place that touches the browser's API: time and timers.
