//! An order's shipping address, and the form for its shipment.

use leptos::prelude::*;

use super::text_input::TextInput;
use crate::{
    api, routes,
    text::pages::{customers as say, shipping},
    wire::{
        ApiError, Language, OrderHistory, OrderState, Permission, Role, Shipment, ShippingAddress,
    },
};

/// A form that is shown again. The server puts it into the request whose page is rendered.
#[derive(Clone, Debug, Default)]
pub struct ShipForm {
    /// As it was typed.
    pub carrier: String,
    /// As it was typed.
    pub number: String,
    /// Why nothing was done.
    pub problem: Option<ApiError>,
}

/// For staff who ship orders: the address, and the form of an order that waits for shipment.
#[component]
pub fn Shipping<'a>(
    history: &'a OrderHistory,
    role: Role,
    language: Language,
) -> impl IntoView + use<> {
    if !Permission::ShipOrders.is_given_to(role) {
        return ().into_any();
    }
    let waits = history.order.state == OrderState::Paid;
    let form: ShipForm = api::extension().unwrap_or_default();
    let problem = form.problem.as_ref().map(|problem| {
        let words = say::problem(language, problem);
        view! { <p class="form__message" id="ship-problem" role="alert">{words}</p> }
    });
    let to = match history.address.clone() {
        Some(address) => Some(view! { <To address language /> }.into_any()),
        None => waits.then(|| view! { <p>{say::no_address(language)}</p> }.into_any()),
    };
    let form = (waits && history.address.is_some()).then(|| {
        let action = routes::ship_order(history.order.order_id);
        view! { <Fields form action language /> }
    });
    view! {
        {problem}
        {to}
        {form}
    }
    .into_any()
}

#[component]
fn To(address: ShippingAddress, language: Language) -> impl IntoView {
    view! {
        <h2>{shipping::title(language)}</h2>
        <address>{address.name} " " {address.mobile} <br /> {address.address}</address>
    }
}

#[component]
fn Fields(form: ShipForm, action: String, language: Language) -> impl IntoView {
    let wrong = match &form.problem {
        Some(ApiError::Invalid { field }) => field.clone(),
        _ => String::new(),
    };
    let described = |field: &str| (wrong == field).then_some("ship-problem");
    view! {
        <details class="admin__stop" open=form.problem.is_some()>
            <summary>{say::ship(language)}</summary>
            <form class="admin__form" method="post" action=action>
                <p>{say::ship_means(language)}</p>
                <TextInput
                    name="carrier"
                    label=shipping::carrier(language)
                    value=form.carrier
                    max=2 * Shipment::MAX_CARRIER
                    problem=described("carrier")
                />
                <TextInput
                    name="number"
                    label=shipping::carrier_number(language)
                    value=form.number
                    max=2 * Shipment::MAX_NUMBER
                    problem=described("number")
                />
                <button class="button button--main" type="submit">{say::ship_now(language)}</button>
            </form>
        </details>
    }
}
