//! Who is signed in, in the header of every page.

use leptos::{prelude::*, task::spawn_local};

use super::awake;
use crate::{
    api,
    browser::page,
    text::panel,
    wire::{Language, Me},
};

/// Pages are cached without any visitor's data, so this finds out after the page is there. Without
/// JavaScript both links stay, and work.
#[island]
pub fn AccountBadge(language: Language) -> impl IntoView {
    let me = RwSignal::new(None::<Me>);
    let sign_in = RwSignal::new("/login".to_owned());
    // Also when the page comes back: the visitor may have signed in or out elsewhere.
    Effect::new(move || {
        if !page::sight().visible {
            return;
        }
        sign_in.set(sign_in_address(&page::path()));
        spawn_local(async move {
            // Without an answer the links that are there still work.
            if let Ok(answer) = api::me().await
                && me.with_untracked(|shown| *shown != answer)
            {
                me.set(answer);
            }
        });
    });
    let signed_in = move || me.with(Option::is_some);
    let nickname = move || me.with(|me| me.as_ref().map(|me| me.nickname.clone()));
    view! {
        <nav class="account" aria-label=panel::account_label(language) data-ready=awake()>
            <span class="account__name" hidden=move || !signed_in()>
                {nickname}
            </span>
            <a class="account__orders" href="/orders">
                {panel::my_orders(language)}
            </a>
            <a class="account__sign-in" href=sign_in hidden=signed_in>
                {panel::sign_in(language)}
            </a>
            <form
                class="account__sign-out"
                method="post"
                action="/api/logout"
                hidden=move || !signed_in()
            >
                <button type="submit" class="account__button">
                    {panel::sign_out(language)}
                </button>
            </form>
        </nav>
    }
}

/// Back to where the visitor is, unless that is a form for signing in itself.
fn sign_in_address(path: &str) -> String {
    match path {
        "" | "/" | "/login" | "/register" => "/login".to_owned(),
        path => format!("/login?next={path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::sign_in_address;

    #[test]
    fn signing_in_leads_back_to_the_page_but_never_to_a_form() {
        assert_eq!(sign_in_address("/items/7"), "/login?next=/items/7");
        for nowhere in ["", "/", "/login", "/register"] {
            assert_eq!(sign_in_address(nowhere), "/login");
        }
    }
}
