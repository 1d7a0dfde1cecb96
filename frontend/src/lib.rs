//! The entry point of the wasm, and nothing else.

extern crate app;

/// The page calls this when the wasm has arrived: it wakes the islands.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
