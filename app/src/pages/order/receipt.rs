//! A shipped order: its buyer confirms that it arrived. The button is a plain form, so that it works
//! without JavaScript.

use leptos::prelude::*;

use crate::{
    routes,
    text::pages::shipping as say,
    wire::{Language, OrderId},
};

/// The instruction and the button.
#[component]
pub fn ConfirmReceipt(order_id: OrderId, language: Language) -> impl IntoView {
    view! {
        <p class="order__text">{say::shipped_text(language)}</p>
        <form method="post" action=routes::order_received(order_id)>
            <button class="button button--main" type="submit">{say::confirm_receipt(language)}</button>
        </form>
    }
}
