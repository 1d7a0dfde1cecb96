//! `/orders`: the caller's orders, newest first. Rendered per request; whoever is signed out never
//! gets here.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api,
    components::{Calendar, Dial, Failure, Instant, OrderBadge, Picture},
    text::pages::orders as say,
    wire::{ApiError, Language, Order, OrderState},
};

/// The list of orders.
#[component]
pub fn OrdersPage() -> impl IntoView {
    let language = api::language();
    view! {
        <Suspense>
            {Suspend::new(async move {
                match read().await {
                    Ok((orders, now_ms)) => {
                        let calendar = Calendar::of_page(now_ms, language);
                        view! { <Orders orders calendar language /> }.into_any()
                    }
                    Err(error) => view! { <Failure error language /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

async fn read() -> Result<(Vec<Order>, i64), ApiError> {
    let orders = api::orders().await?;
    Ok((orders, api::clock().await?.now_ms))
}

#[component]
fn Orders(orders: Vec<Order>, calendar: Calendar, language: Language) -> impl IntoView {
    let list = if orders.is_empty() {
        view! { <Empty language /> }.into_any()
    } else {
        let rows = orders
            .iter()
            .map(|order| view! { <OrderRow order calendar language /> })
            .collect_view();
        view! {
            <p class="lead">{say::newest_first(language)}</p>
            <ol class="orders">{rows}</ol>
        }
        .into_any()
    };
    view! {
        <Title text=say::title(language) />
        <section class="column">
            <h1>{say::title(language)}</h1>
            {list}
        </section>
    }
}

#[component]
fn OrderRow<'a>(order: &'a Order, calendar: Calendar, language: Language) -> impl IntoView + use<> {
    let what_to_do = match order.state {
        OrderState::PendingPayment => {
            let text = say::held_until(language, &calendar.when(order.pay_deadline_ms));
            view! { <Instant calendar at_ms=order.pay_deadline_ms text /> }.into_any()
        }
        OrderState::Paid => say::nothing_to_do(language).into_any(),
        OrderState::Closed => say::back_on_sale(language).into_any(),
    };
    view! {
        <li class="order-row">
            <Picture url=order.picture_url.clone() />
            <div class="order-row__body">
                <p class="order-row__top">
                    <OrderBadge order language />
                    <span class="order-row__made">
                        <Instant calendar at_ms=order.created_at_ms text=calendar.when(order.created_at_ms) />
                    </span>
                </p>
                <h2 class="order-row__title">
                    <a class="card__link" href=format!("/orders/{}", order.order_id)>
                        {order.title.get(language).to_owned()}
                    </a>
                </h2>
                <p class="order-row__hint">{what_to_do}</p>
            </div>
            <p class="order-row__amount">{order.amount.to_string()}</p>
        </li>
    }
}

#[component]
fn Empty(language: Language) -> impl IntoView {
    view! {
        <div class="notice">
            <Dial />
            <h2 class="notice__title">{say::empty_title(language)}</h2>
            <p class="notice__text">{say::empty_text(language)}</p>
            <div class="notice__actions">
                <a class="button button--main" href="/">{say::empty_action(language)}</a>
            </div>
        </div>
    }
}
