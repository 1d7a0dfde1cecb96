//! An item's price in its round, beside its ordinary price.

use leptos::prelude::*;

use crate::{
    text::pages::home as say,
    wire::{Item, Language, Money},
};

/// Sale price, struck list price, and the difference.
#[component]
pub fn Price<'a>(item: &'a Item, language: Language) -> impl IntoView + use<> {
    let cheaper = item.list_price > item.sale_price;
    let ordinary = cheaper.then(|| {
        let saved = Money(item.list_price.0 - item.sale_price.0);
        view! {
            <s class="price__list">
                <span class="visually-hidden">{say::list_price(language)} " "</span>
                {item.list_price.to_string()}
            </s>
            <span class="price__saving">{say::saves(language, saved)}</span>
        }
    });
    view! {
        <p class="price">
            <span class="visually-hidden">{say::sale_price(language)} " "</span>
            <strong class="price__sale">{item.sale_price.to_string()}</strong>
            {ordinary}
        </p>
    }
    .into_any()
}
