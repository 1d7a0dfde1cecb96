//! One item as a card; the whole card is its link.

use leptos::prelude::*;

use crate::{
    components::{Picture, Price},
    islands::StockBar,
    text::pages::home as say,
    wire::{Item, Language, Phase},
};

/// Picture, title, price, and where it stands.
#[component]
pub fn ItemCard<'a>(
    /// Which item.
    item: &'a Item,
    /// Where its round stands.
    phase: Phase,
    /// The page's language.
    language: Language,
    /// Whether its picture can wait.
    lazy: bool,
) -> impl IntoView + use<> {
    let (item_id, total, sellable) = (item.item_id, item.total, item.sellable);
    let standing = match phase {
        Phase::Running => view! { <StockBar item_id total sellable language /> }.into_any(),
        Phase::Upcoming => plain(say::phase_upcoming(language), &say::units(language, total)),
        Phase::Stopped => plain(say::phase_stopped(language), ""),
        Phase::Ended => plain(say::phase_ended(language), ""),
    };
    let over = matches!(phase, Phase::Ended);
    view! {
        <li class=if over { "card card--over" } else { "card" }>
            <Picture url=item.picture_url.clone() lazy />
            <div class="card__body">
                <h3 class="card__title">
                    <a class="card__link" href=format!("/items/{item_id}")>
                        {item.title.get(language).to_owned()}
                    </a>
                </h3>
                <Price item language />
                <div class="card__standing">{standing}</div>
            </div>
        </li>
    }
}

fn plain(phase: &'static str, more: &str) -> AnyView {
    let text = if more.is_empty() {
        phase.to_owned()
    } else {
        format!("{phase} · {more}")
    };
    view! { <p class="card__phase">{text}</p> }.into_any()
}
