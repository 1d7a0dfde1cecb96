//! One item as a card; the whole card is its link.

use leptos::prelude::*;

use crate::{
    components::{Picture, Price},
    islands::StockBar,
    preview::link_to,
    text::pages::home as say,
    wire::{Item, Language, Phase, Round},
};

/// Picture, title, price, and state.
#[component]
pub fn ItemCard<'a>(
    item: &'a Item,
    round: &'a Round,
    phase: Phase,
    language: Language,
    /// Whether its picture can wait.
    lazy: bool,
) -> impl IntoView + use<> {
    let status = phase
        .and_later()
        .iter()
        .map(|phase| {
            let status = status(item, round, *phase, language);
            view! { <div data-when=phase.name()>{status}</div> }
        })
        .collect_view();
    view! {
        <li class="card">
            <Picture url=item.picture_url.clone() lazy sizes="(min-width: 640px) 300px, 124px" />
            <div class="card__body">
                <h3 class="card__title">
                    <a class="card__link" href=link_to(item.item_id)>
                        {item.title.get(language).to_owned()}
                    </a>
                </h3>
                <Price item language />
                <div class="card__status by-phase">{status}</div>
            </div>
        </li>
    }
}

fn status(item: &Item, round: &Round, phase: Phase, language: Language) -> AnyView {
    let (item_id, total, sellable) = (item.item_id, item.total, item.sellable);
    let (starts_at_ms, ends_at_ms) = (round.starts_at_ms, round.ends_at_ms);
    match phase {
        Phase::Running => {
            view! { <StockBar item_id total sellable starts_at_ms ends_at_ms language /> }
                .into_any()
        }
        Phase::Upcoming => {
            let units = say::units(language, total);
            plain(format!("{} · {units}", say::phase_upcoming(language)))
        }
        Phase::Stopped => plain(say::phase_stopped(language).to_owned()),
        Phase::Ended => plain(say::phase_ended(language).to_owned()),
    }
}

fn plain(text: String) -> AnyView {
    view! { <p class="card__phase">{text}</p> }.into_any()
}
