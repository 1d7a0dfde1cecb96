//! The signed-in visitor, in the header of every page.

use leptos::{prelude::*, task::spawn_local};
use server_fn::ServerFn;

use super::{awake, present, shown};
use crate::{
    api,
    browser::{effects::on_change, page},
    routes,
    text::panel,
    wire::Language,
};

/// Pages are cached without any visitor's data, so this reads it after the page is loaded. Without
/// JavaScript both links stay, and work.
#[island]
pub fn AccountBadge(language: Language) -> impl IntoView {
    let nickname = RwSignal::new(String::new());
    let signed_in = RwSignal::new(false);
    let sign_in = RwSignal::new(routes::LOGIN.to_owned());
    let unread = RwSignal::new(0);
    // Also when the page comes back: the visitor may have signed in or out elsewhere.
    on_change(move || {
        if page::visibility().visible {
            sign_in.set(sign_in_address(&page::path()));
            spawn_local(async move {
                // Without an answer the existing links still work.
                if let Ok(me) = api::me().await {
                    let is_known = me.is_some();
                    signed_in.set(is_known);
                    nickname.set(me.map_or(String::new(), |me| me.nickname));
                    if is_known && asks_for_messages(&page::path()) {
                        unread.set(api::unread_messages().await.unwrap_or_default());
                    }
                }
            });
        }
    });
    let is_stranger = Signal::derive(move || !signed_in.get());
    let inbox = Signal::derive(move || panel::inbox(language, unread.get()));
    let inbox_label = Signal::derive(move || panel::inbox_label(language, unread.get()));
    let has_unread = Signal::derive(move || present(unread.get() > 0));
    view! {
        <nav class="account" aria-label=panel::account_label(language) data-ready=awake()>
            <a class="account__name" href=routes::ACCOUNT hidden=is_stranger>
                {shown(nickname)}
            </a>
            <a
                class="account__messages"
                href=routes::MESSAGES
                hidden=is_stranger
                aria-label=inbox_label
                data-unread=has_unread
            >
                {inbox}
            </a>
            <a class="account__orders" href=routes::ORDERS>
                {panel::my_orders(language)}
            </a>
            <a
                class="account__sign-in"
                href=shown(sign_in)
                hidden=shown(signed_in)
            >
                {panel::sign_in(language)}
            </a>
            <form
                class="account__sign-out"
                method="post"
                action=api::Logout::PATH
                hidden=is_stranger
            >
                <button type="submit" class="account__button">
                    {panel::sign_out(language)}
                </button>
            </form>
        </nav>
    }
}

/// Back to the visitor's page, unless that is a sign-in form itself.
fn sign_in_address(path: &str) -> String {
    match path {
        "" | routes::HOME | routes::LOGIN | routes::REGISTER => routes::LOGIN.to_owned(),
        path => routes::login(path),
    }
}

/// The messages' own page marks them all read; and thousands load an item's page in the same second.
fn asks_for_messages(path: &str) -> bool {
    path != routes::MESSAGES && !path.starts_with("/items/")
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
