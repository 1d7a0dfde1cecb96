//! The bar above a preview: its moment, and links to the others.

use leptos::prelude::*;
use leptos_meta::{Link, Meta};

use crate::{
    preview::{Moment, Preview, address},
    routes,
    text::pages::preview as say,
    wire::Language,
};

/// The bar of a page that is a preview.
#[component]
pub fn PreviewBar(preview: Preview, language: Language) -> impl IntoView {
    let links = Moment::ALL
        .map(|moment| {
            let current = (moment == preview.moment).then_some("page");
            let href = address(preview.round.round_id, moment, None);
            view! {
                <li>
                    <a href=href aria-current=current>{say::moment(language, moment)}</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <Meta name="robots" content="noindex" />
        <Link rel="stylesheet" href="/admin.css" />
        <section class="column admin admin__preview" aria-label=say::preview(language)>
            <nav class="admin__nav" aria-label=say::moments(language)>
                <ul>{links}</ul>
            </nav>
            <p class="admin__words">
                {say::means(language)} " " <a href=routes::ADMIN_ROUNDS>{say::back(language)}</a>
            </p>
        </section>
    }
}
