//! Effects in the browser, with one copy of their machinery for all: closures of different types
//! would each compile, and download, a copy of it.

use leptos::prelude::Effect;

/// Runs now, and again whenever a signal that was read changes; never on the server.
pub fn on_change(run: impl FnMut() + 'static) {
    boxed(Box::new(run));
}

fn boxed(run: Box<dyn FnMut()>) {
    Effect::new(run);
}
