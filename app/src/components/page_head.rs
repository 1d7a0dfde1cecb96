//! Metadata in the head of a page that is the same for everybody: for search engines and previews of links.

use leptos::prelude::*;
use leptos_meta::{Link, Meta};

use crate::{
    public_site::{PublicSite, SharedPicture},
    routes::{Page, in_language},
    text::pages as say,
    wire::Language,
};

/// The page's own texts.
#[derive(Clone, Debug)]
pub struct Preview {
    pub page: Page,
    /// The preview's heading; the page's title may differ.
    pub title: String,
    /// One or two sentences. Previews are kept for days: no "today" in them.
    pub description: String,
    /// `website` or `product`.
    pub kind: &'static str,
    pub picture: SharedPicture,
}

/// The tags. Each language has its own address, which the tags name, since the page's plain address is
/// answered in the visitor's language.
#[component]
pub fn PageHead(
    /// The page's texts.
    preview: Preview,
    language: Language,
) -> impl IntoView {
    let others = Language::ALL
        .into_iter()
        .filter(|other| *other != language)
        .map(|other| view! { <Meta property="og:locale:alternate" content=locale(other) /> })
        .collect_view();
    let absolute = PublicSite::of_page()
        .filter(|site| site.url.is_some())
        .map(|site| view! { <Addresses site preview=preview.clone() language /> });
    view! {
        <Meta name="description" content=preview.description.clone() />
        <Meta property="og:type" content=preview.kind />
        <Meta property="og:site_name" content=say::shop_name(language) />
        <Meta property="og:title" content=preview.title />
        <Meta property="og:description" content=preview.description />
        <Meta property="og:locale" content=locale(language) />
        {others}
        {absolute}
    }
}

/// The tags that need the shop's own address.
#[component]
fn Addresses(site: PublicSite, preview: Preview, language: Language) -> impl IntoView {
    let Preview {
        page,
        title,
        picture,
        ..
    } = preview;
    let address = |path: &str| site.absolute(path).unwrap_or_default();
    let own = address(&in_language(page, language));
    let alternates = Language::ALL
        .map(|language| {
            let href = address(&in_language(page, language));
            view! { <Link rel="alternate" hreflang=language.tag() href /> }
        })
        .into_iter()
        .collect_view();
    let size = picture.size.map(|(width, height)| {
        view! {
            <Meta property="og:image:width" content=width />
            <Meta property="og:image:height" content=height />
        }
    });
    view! {
        <Link rel="canonical" href=own.clone() />
        {alternates}
        <Link rel="alternate" hreflang="x-default" href=address(&page.to_string()) />
        <Meta property="og:url" content=own />
        <Meta property="og:image" content=address(&picture.path) />
        {size}
        <Meta property="og:image:alt" content=title />
        <Meta name="twitter:card" content="summary_large_image" />
    }
}

/// A language in the form of previews.
fn locale(language: Language) -> &'static str {
    match language {
        Language::Zh => "zh_CN",
        Language::En => "en_US",
    }
}
