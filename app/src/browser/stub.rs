//! Stands in for the browser on the server, where islands are compiled and their effects never
//! run: nothing here is ever called, and nothing here does anything.

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

/// No chance either.
pub fn random() -> f64 {
    0.5
}

/// Nobody looks.
pub fn is_visible() -> bool {
    false
}

/// Nobody ever will.
pub fn on_visibility(_then: impl Fn(bool) + 'static) {}

/// There is no address.
pub fn path() -> String {
    String::new()
}

/// There is no page.
pub fn reload() {}

/// Nothing is kept.
pub fn kept(_name: &str) -> Option<String> {
    None
}

/// Keeps nothing.
pub fn keep(_name: &str, _text: &str) {}

/// There is nothing to forget.
pub fn forget(_name: &str) {}
