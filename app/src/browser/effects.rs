//! Effects in the browser, one copy of their machinery for all of them: a closure of its own type
//! for each would be compiled, and downloaded, each with a copy of its own.

use leptos::prelude::Effect;

/// Runs now, and again whenever a signal that was read changes; never on the server.
pub fn on_change(run: impl FnMut() + 'static) {
    boxed(Box::new(run));
}

fn boxed(run: Box<dyn FnMut()>) {
    Effect::new(run);
}
