//! `/items/{id}`: one item, its rules and the buy panel. The same bytes for everybody.

mod head;
mod title;

use leptos::prelude::*;

use self::{head::ItemHead, title::ItemTitle};
use crate::{
    api,
    components::{Calendar, Icon, Instant, Picture, Price, Shape, id_of_page, when_read},
    islands::{BuyPanel, PanelItem},
    preview::{Preview, link_to_rounds},
    settings::ShopSettings,
    text::pages::{home, item as say},
    wire::{ApiError, ItemDetail, ItemId, Language, Phase},
};

/// Shows in the panel that its wasm has not started after ten seconds, or cannot: a plain script,
/// because the wasm is missing then. The page's policy allows it by its hash.
pub const START_CHECK: &str = include_str!("item/start_check.js");

/// The page of the item named in the address.
#[component]
pub fn ItemPage() -> impl IntoView {
    let language = api::language();
    let read = read(id_of_page());
    when_read(language, read, move |(item, now_ms)| {
        let calendar = Calendar::of_page(now_ms, language);
        view! { <ItemView item calendar language /> }.into_any()
    })
}

async fn read(item_id: Result<ItemId, ApiError>) -> Result<(ItemDetail, i64), ApiError> {
    let item = api::item(item_id?).await?;
    Ok((item, api::clock().await?.now_ms))
}

#[component]
fn ItemView(item: ItemDetail, calendar: Calendar, language: Language) -> impl IntoView {
    let title = item.item.title.get(language).to_owned();
    let description = item.description.get(language).to_owned();
    let panel = PanelItem {
        item_id: item.item.item_id,
        starts_at_ms: item.starts_at_ms,
        ends_at_ms: item.ends_at_ms,
        opens_before_s: ShopSettings::of_page().path_opens_before_s,
        stopped: item
            .stopped
            .as_ref()
            .map(|words| words.get(language).to_owned()),
        pay_window_s: item.pay_window_s,
        sale_price: item.item.sale_price,
        total: item.item.total,
        sellable: item.item.sellable,
    };
    let is_preview = Preview::of_page().is_some();
    view! {
        <ItemHead item=&item calendar language />
        <p class="back">
            <a class="back__link" href=link_to_rounds()>
                <Icon shape=Shape::Back />
                {say::all_rounds(language)}
            </a>
        </p>
        <article class="item">
            <div class="item__picture">
                <Picture url=item.item.picture_url.clone() alt=title.clone() lazy=false />
            </div>
            <div class="item__head">
                <p class="item__round">{item.round_title.get(language).to_owned()}</p>
                <ItemTitle title language />
                <Price item=&item.item language />
            </div>
            <div class="item__panel" id="buy">
                <BuyPanel item=panel language />
                {(!is_preview).then(|| view! { <script inner_html=START_CHECK></script> })}
                <noscript>
                    <p class="item__without-script">{say::without_script(language)}</p>
                </noscript>
            </div>
            <div class="item__more">
                <Rules item=&item calendar language />
                <h2 class="item__heading">{say::about(language)}</h2>
                <p class="item__description">{description}</p>
            </div>
        </article>
    }
}

/// Three lines: how many, how long to pay, and when.
#[component]
fn Rules<'a>(
    item: &'a ItemDetail,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let (starts_at_ms, ends_at_ms) = (item.starts_at_ms, item.ends_at_ms);
    let ends = match item.phase_at(calendar.now_ms()) {
        Phase::Ended => home::ended(language, &calendar.when(ends_at_ms)),
        _ => home::ends(language, &calendar.when(ends_at_ms)),
    };
    let opens = (item.phase_at(calendar.now_ms()) == Phase::Upcoming).then(|| {
        let text = home::opens(language, &calendar.when(starts_at_ms));
        view! { <Instant calendar at_ms=starts_at_ms text /> " · " }
    });
    view! {
        <h2 class="item__heading">{say::rules(language)}</h2>
        <ul class="rules">
            <li class="rules__line">
                <Icon shape=Shape::Person />
                <span>{say::limit(language, item.limit_per_buyer)}</span>
            </li>
            <li class="rules__line">
                <Icon shape=Shape::Purse />
                <span>{say::pay_within(language, item.pay_window_s)}</span>
            </li>
            <li class="rules__line">
                <Icon shape=Shape::Clock />
                <span>{opens} <Instant calendar at_ms=ends_at_ms text=ends /></span>
            </li>
        </ul>
    }
    .into_any()
}
