//! The browser's own functions, in the form that the rest of `browser` needs. No decisions are made
//! here.

use gloo_timers::callback::Timeout;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};

/// A timer that is cancelled when dropped. The browser has one thread; the wrapper says so to the
/// compiler, so that the same islands compile for the server, which has many.
pub type Alarm = SendWrapper<Timeout>;

/// Calls `then` once, after `ms` milliseconds.
pub fn alarm(ms: u32, then: impl FnOnce() + 'static) -> Alarm {
    SendWrapper::new(Timeout::new(ms, then))
}

/// Ends `ms` milliseconds from now.
pub fn pause(ms: u32) -> impl Future<Output = ()> {
    gloo_timers::future::TimeoutFuture::new(ms)
}

/// Milliseconds since the page began: monotonic, and cannot be set.
pub fn monotonic_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |it| it.now())
}

/// A uniformly random number in `0.0..1.0`.
#[expect(clippy::disallowed_methods, reason = "this is what others ask")]
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// Whether the page is visible.
pub fn is_visible() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_none_or(|page| !page.hidden())
}

/// Calls `then` when the page is hidden or shown, and with `true` when it comes back out of the
/// browser's page cache. For as long as the page lives.
pub fn on_visibility(then: impl Fn(bool) + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        let returned = event
            .dyn_ref::<web_sys::PageTransitionEvent>()
            .map(web_sys::PageTransitionEvent::persisted);
        // The first `pageshow` of a page is not a return.
        if returned != Some(false) {
            then(returned.is_some());
        }
    })
    .into_js_value();
    let listener = listener.unchecked_ref();
    // Both fail only for a listener that is no function.
    let _ = window.add_event_listener_with_callback("pageshow", listener);
    if let Some(document) = window.document() {
        let _ = document.add_event_listener_with_callback("visibilitychange", listener);
    }
}

/// The path of the page's address.
pub fn path() -> String {
    web_sys::window()
        .and_then(|window| window.location().pathname().ok())
        .unwrap_or_default()
}

/// Loads the page again.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        // Fails only in a frame that may not navigate; ours are in none.
        let _ = window.location().reload();
    }
}

/// The text that the tab has stored under `name`.
pub fn kept(name: &str) -> Option<String> {
    tab_storage()?.get_item(name).ok()?
}

/// Stores `text` under `name` for the tab's next pages. A full or forbidden storage ignores it.
pub fn keep(name: &str, text: &str) {
    if let Some(storage) = tab_storage() {
        let _ = storage.set_item(name, text);
    }
}

/// Removes the text under `name`.
pub fn forget(name: &str) {
    if let Some(storage) = tab_storage() {
        let _ = storage.remove_item(name);
    }
}

fn tab_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok()?
}
