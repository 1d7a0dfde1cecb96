//! `/help`, `/contact`, `/terms`, `/privacy` and `/returns`: the shop's own texts. The same bytes for everybody.

use leptos::prelude::*;
use leptos_meta::{Link, Title};
use leptos_router::hooks::use_location;

use crate::{
    api,
    components::{NotFound, PageHead, Preview},
    public_site::SharedPicture,
    routes::{Page, TextPage},
    text::pages::{self, shop_text as say},
    texts::{Text, Texts},
    wire::Language,
};

/// The text page at the address.
#[component]
pub fn ShopTextPage() -> impl IntoView {
    let language = api::language();
    let here = use_location().pathname.get_untracked();
    match (Page::parse(&here), Texts::of_page()) {
        (Some(Page::Text(page)), Some(texts)) => {
            let text = texts.get(page, language).clone();
            view! { <TextView page text language /> }.into_any()
        }
        _ => view! { <NotFound language /> }.into_any(),
    }
}

#[component]
fn TextView(page: TextPage, text: Text, language: Language) -> impl IntoView {
    let preview = Preview {
        page: Page::Text(page),
        title: format!("{} · {}", text.title, pages::shop_name(language)),
        description: say::description(language, page).to_owned(),
        kind: "website",
        picture: SharedPicture::default(),
    };
    let lang = (text.language != language).then(|| text.language.tag());
    view! {
        <Title text=text.title.clone() />
        <PageHead preview language />
        <Link rel="stylesheet" href="/shop-text.css" />
        <article class="column shop-text" lang=lang>
            <h1>{text.title}</h1>
            <div inner_html=text.html></div>
        </article>
    }
}
