//! A product's picture. Its size is known before it arrives, so that nothing moves.

use leptos::prelude::*;

/// Side of the square pictures in pixels, as they lie in `public/products`.
const SIDE: &str = "480";

/// The picture at `url`; the placeholder when there is none.
#[component]
pub fn Picture(
    /// Its address.
    url: String,
    /// What it shows; empty beside a title that says so already.
    #[prop(optional, into)]
    alt: String,
    /// Whether it can wait until it scrolls into view.
    #[prop(default = true)]
    lazy: bool,
) -> impl IntoView {
    let url = if url.is_empty() {
        "/products/placeholder.svg".to_owned()
    } else {
        url
    };
    view! {
        <img
            class="picture"
            src=url
            alt=alt
            width=SIDE
            height=SIDE
            loading=if lazy { "lazy" } else { "eager" }
            decoding="async"
        />
    }
    .into_any()
}
