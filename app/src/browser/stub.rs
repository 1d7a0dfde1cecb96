//! Replaces the browser on the server, where islands are compiled and their effects never run: none
//! of this is ever called.

/// As in the browser, without a timer.
pub struct Alarm;

/// Never calls.
pub fn alarm(_ms: u32, _then: impl FnOnce() + 'static) -> Alarm {
    Alarm
}

/// Never ends.
pub fn pause(_ms: u32) -> impl Future<Output = ()> {
    std::future::pending()
}

/// No time passes.
pub fn monotonic_ms() -> f64 {
    0.0
}

/// Not random.
pub fn random() -> f64 {
    0.5
}

/// Never visible.
pub fn is_visible() -> bool {
    false
}

/// Never calls.
pub fn on_visibility(_then: impl Fn(bool) + 'static) {}

/// Has no address.
pub fn path() -> String {
    String::new()
}

/// Does nothing.
pub fn reload() {}

/// Has nothing.
pub fn kept(_name: &str) -> Option<String> {
    None
}

/// Keeps nothing.
pub fn keep(_name: &str, _text: &str) {}

/// Does nothing.
pub fn forget(_name: &str) {}
