//! `/`: the rounds as a row of times, the running ones and the coming ones with their items, the
//! ended ones folded away. The same bytes for everybody.

mod card;
mod opening;
mod phases;
mod round;
mod row;

use leptos::prelude::*;
use leptos_meta::Title;

use self::{opening::Opening, round::RoundSection, row::RoundRow};
use crate::{
    api,
    components::{Calendar, Dial, PageHead, Preview, when_read},
    public_site::SharedPicture,
    routes,
    text::pages::{self, home as say},
    wire::{ApiError, Language, Phase, Round},
};

/// The list of rounds and items.
#[component]
pub fn HomePage() -> impl IntoView {
    let language = api::language();
    when_read(language, read(), move |(rounds, now_ms)| {
        let calendar = Calendar::of_page(now_ms, language);
        view! { <Rounds rounds calendar language /> }.into_any()
    })
}

async fn read() -> Result<(Vec<Round>, i64), ApiError> {
    let rounds = api::rounds().await?;
    Ok((rounds, api::clock().await?.now_ms))
}

#[component]
fn Rounds(rounds: Vec<Round>, calendar: Calendar, language: Language) -> impl IntoView {
    let now_ms = calendar.now_ms();
    let (mut ended, mut current): (Vec<Round>, Vec<Round>) = rounds
        .into_iter()
        .partition(|round| round.phase_at(now_ms) == Phase::Ended);
    // Rounds on sale come first; the rest is in order of time.
    current.sort_by_key(|round| (round.phase_at(now_ms) != Phase::Running, round.starts_at_ms));
    ended.sort_by_key(|round| std::cmp::Reverse(round.ends_at_ms));
    // The page's first two pictures are visible on every screen.
    let sections = current
        .iter()
        .enumerate()
        .map(|(index, round)| {
            view! { <RoundSection round calendar language first=index == 0 /> }
        })
        .collect_view();
    let is_empty = current.is_empty() && ended.is_empty();
    let preview = preview(&current, calendar, language);
    view! {
        <Title text=say::title(language) />
        <PageHead preview language />
        {(!is_empty).then(|| view! { <Opening current=&current calendar language /> })}
        {(!current.is_empty()).then(|| view! { <RoundRow rounds=&current calendar language /> })}
        {sections}
        {is_empty.then(|| view! { <Empty language /> })}
        {(!ended.is_empty()).then(|| view! { <Ended rounds=&ended calendar language /> })}
    }
}

/// Names the running sale, or the next one.
fn preview(current: &[Round], calendar: Calendar, language: Language) -> Preview {
    let sale = current.iter().find(|round| round.stopped.is_none());
    let description = match sale {
        None => say::description(language).to_owned(),
        Some(round) => say::nearest_sale(
            language,
            &calendar.span(round.starts_at_ms, round.ends_at_ms),
        ),
    };
    Preview {
        page: routes::Page::Home,
        title: format!("{} · {}", say::title(language), pages::shop_name(language)),
        description,
        kind: "website",
        picture: SharedPicture::default(),
    }
}

#[component]
fn Ended<'a>(rounds: &'a [Round], calendar: Calendar, language: Language) -> impl IntoView + use<> {
    let sections = rounds
        .iter()
        .map(|round| view! { <RoundSection round calendar language first=false /> })
        .collect_view();
    view! {
        <details class="ended">
            <summary class="ended__summary">{say::ended_rounds(language)}</summary>
            {sections}
        </details>
    }
}

#[component]
fn Empty(language: Language) -> impl IntoView {
    view! {
        <section class="notice">
            <Dial />
            <h1 class="notice__title">{say::empty_title(language)}</h1>
            <p class="notice__text">{say::empty_text(language)}</p>
            <div class="notice__actions">
                <a class="button button--main" href=routes::LOGIN>{say::empty_action(language)}</a>
            </div>
        </section>
    }
}
