//! A product's picture. Its size is known before it arrives, so that nothing moves.

use leptos::prelude::*;

use crate::{routes::small_picture, wire::PictureSize};

/// Side of the square pictures in `public/products`, in pixels.
const SIDE: &str = "480";

/// The picture at `url`; the placeholder when there is none.
#[component]
pub fn Picture(
    url: String,
    /// Its description; empty beside a title that says the same.
    #[prop(optional, into)]
    alt: String,
    /// Whether it can wait until it scrolls into view.
    #[prop(default = true)]
    lazy: bool,
    /// How wide it is shown, for the browser that chooses among the sizes of an uploaded picture.
    #[prop(default = "(min-width: 640px) 480px, 100vw")]
    sizes: &'static str,
) -> impl IntoView {
    let url = if url.is_empty() {
        "/products/placeholder.svg".to_owned()
    } else {
        url
    };
    let small = small_picture(&url);
    let sizes = small.is_some().then_some(sizes);
    let choice = small.map(|small| {
        let (narrow, wide) = (PictureSize::Small.side(), PictureSize::Large.side());
        format!("{small} {narrow}w, {url} {wide}w")
    });
    view! {
        <img
            class="picture"
            src=url
            srcset=choice
            sizes=sizes
            alt=alt
            width=SIDE
            height=SIDE
            loading=if lazy { "lazy" } else { "eager" }
            decoding="async"
        />
    }
    .into_any()
}
