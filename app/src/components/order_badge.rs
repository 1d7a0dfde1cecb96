//! An order's state in words and a shape, so that colour is never the only sign.

use leptos::prelude::*;

use super::{Icon, Shape};
use crate::{
    text::pages::orders as say,
    wire::{CloseReason, Language, Order, OrderState},
};

/// The state of `order`.
#[component]
pub fn OrderBadge<'a>(order: &'a Order, language: Language) -> impl IntoView + use<> {
    let (class, shape) = match (order.state, order.close_reason) {
        (OrderState::PendingPayment, _) => ("badge badge--waiting", Shape::Clock),
        (OrderState::Paid | OrderState::Received, _) => ("badge badge--done", Shape::Done),
        (OrderState::Shipped, _) => ("badge badge--done", Shape::Parcel),
        (OrderState::Refunding, _) => ("badge badge--waiting", Shape::Withdrawn),
        (OrderState::Refunded, _) => ("badge", Shape::Withdrawn),
        (OrderState::Closed, Some(CloseReason::Cancelled)) => ("badge", Shape::Withdrawn),
        (OrderState::Closed, _) => ("badge", Shape::Closed),
    };
    view! {
        <span class=class>
            <Icon shape />
            {say::state(language, order.state, order.close_reason)}
        </span>
    }
}
