//! The page itself: its visibility, its address, loading it again.

use leptos::prelude::*;

use super::web;

pub use web::{is_visible, path, reload};

/// Whether the page is visible, and how often it came back from the browser's page cache (which
/// changes nothing visible, but all of the page's data may be old).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visibility {
    /// Whether it is visible.
    pub visible: bool,
    /// Times it came back.
    pub returns: u32,
}

thread_local! {
    static VISIBILITY: ArcRwSignal<Visibility> = watch();
}

/// Whether the page is visible, as a signal. For effects only.
pub fn visibility() -> Visibility {
    VISIBILITY.with(|visibility| visibility.get())
}

fn watch() -> ArcRwSignal<Visibility> {
    let visibility = ArcRwSignal::new(Visibility {
        visible: web::is_visible(),
        returns: 0,
    });
    let changed = visibility.clone();
    web::on_visibility(move |returned| {
        changed.update(|visibility| {
            visibility.visible = web::is_visible();
            visibility.returns += u32::from(returned);
        });
    });
    visibility
}
