//! The page itself: whether anybody sees it, where it is, loading it again.

use leptos::prelude::*;

use super::web;

pub use web::{is_visible, path, reload};

/// Whether the page is seen, and how often it came back from the browser's page cache (which
/// changes nothing that can be seen, but everything the page knew may be old).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visibility {
    /// Somebody can see it.
    pub visible: bool,
    /// Times it came back.
    pub returns: u32,
}

thread_local! {
    static VISIBILITY: ArcRwSignal<Visibility> = watch();
}

/// Whether the page is seen, as a signal. For effects only.
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
