//! The entry of the wasm, and nothing else.

extern crate app;

/// Called by the page when the wasm has arrived: wakes the islands.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
