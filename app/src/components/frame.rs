//! The frame of every page: header, main part, footer. It has no visitor's data; the account badge
//! reads that after the page has loaded.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::PreviewBar;
use crate::{
    islands::AccountBadge,
    preview::Preview,
    routes::{self, TextPage},
    text::pages::{self as say, shop_text},
    wire::Language,
};

/// The frame around `children`.
#[component]
pub fn Frame(
    language: Language,
    /// The page.
    children: Children,
) -> impl IntoView {
    let here = use_location().pathname.get_untracked();
    if here == routes::ADMIN_SCREEN {
        // Read from a distance, without anything to press.
        let main = view! { <main class="site-main" id="main">{children()}</main> };
        return main.into_any();
    }
    // Shoppers' pages contain nothing for it.
    let page = match Preview::of_page() {
        Some(preview) => view! { <PreviewBar preview language /> {children()} }.into_any(),
        None => children(),
    };
    view! {
        <a class="skip-link" href="#main">{say::skip_to_content(language)}</a>
        <header class="site-header">
            <div class="site-header__inner">
                <a class="brand" href=routes::HOME aria-label=say::home_link(language)>
                    <Logo />
                    <span class="brand__name">{say::shop_name(language)}</span>
                </a>
                <div class="site-header__tools">
                    <AccountBadge language />
                    <LanguageSwitch language />
                </div>
            </div>
        </header>
        <main class="site-main" id="main" tabindex="-1">
            {page}
        </main>
        <footer class="site-footer">
            <p>{say::promise(language)}</p>
            {(!routes::is_of_staff(&here)).then(|| view! { <TextLinks language /> })}
        </footer>
    }
    .into_any()
}

/// Links to the shop's own texts.
#[component]
fn TextLinks(language: Language) -> impl IntoView {
    let links = TextPage::ALL
        .map(|page| {
            view! { <li><a href=page.path()>{shop_text::name(language, page)}</a></li> }
        })
        .into_iter()
        .collect_view();
    view! {
        <nav aria-label=shop_text::about_the_shop(language)>
            <ul class="site-footer__links">{links}</ul>
        </nav>
    }
}

/// The shop's logo: a clock.
#[component]
fn Logo() -> impl IntoView {
    view! {
        <svg class="brand__mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
            <circle class="brand__disc" cx="16" cy="16" r="15"></circle>
            <path class="brand__hands" d="M16 6.5V16l5.5 5.5"></path>
        </svg>
    }
}

/// One button with the other language's own name; a form, so that it works without scripts.
#[component]
fn LanguageSwitch(language: Language) -> impl IntoView {
    let other = match language {
        Language::Zh => Language::En,
        Language::En => Language::Zh,
    };
    let here = use_location().pathname;
    view! {
        <form class="language" method="post" action=routes::LANGUAGE>
            <input type="hidden" name="to" value=other.code() />
            <input type="hidden" name="next" value=move || here.get() />
            <button class="button button--quiet" type="submit" lang=other.tag() title=say::switch_language(other)>
                {say::own_name(other)}
            </button>
        </form>
    }
}
