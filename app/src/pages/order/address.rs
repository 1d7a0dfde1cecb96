//! The order's shipping address and its form. It works without scripts, and a mistake keeps the typed
//! text.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api, routes,
    text::pages::{account, shipping as say},
    wire::{ApiError, Language, OrderDetail, OrderState, ShippingAddress, TypedAddress},
};

/// A form that is shown again. The server puts it into the request whose page is rendered.
#[derive(Clone, Default)]
pub struct AddressForm {
    pub typed: TypedAddress,
    /// Why nothing was saved.
    pub problem: Option<ApiError>,
}

/// The part of the page; empty if there is no address and none can be given any more.
#[component]
pub fn Shipping<'a>(
    detail: &'a OrderDetail,
    /// The saved address.
    address: Option<ShippingAddress>,
    language: Language,
) -> impl IntoView + use<> {
    let state = detail.order.state;
    let can_change = matches!(state, OrderState::PendingPayment | OrderState::Paid);
    let form: AddressForm = api::extension().unwrap_or_default();
    if !can_change && address.is_none() && form.problem.is_none() {
        return ().into_any();
    }
    let message = form
        .problem
        .as_ref()
        .and_then(|problem| say::problem(language, problem))
        .map(|words| view! { <p class="form__message" role="alert">{words}</p> });
    let is_saved = use_query_map().with_untracked(|query| query.get_str("done") == Some("address"));
    let saved = (is_saved && form.problem.is_none())
        .then(|| view! { <p class="shipping__saved" role="status">{say::saved(language)}</p> });
    let known = address.clone().map(|address| view! { <Known address /> });
    let fields = can_change.then(|| {
        // A page that follows a payment reloads itself, which would empty an open form.
        let asks = address.is_none() && !detail.paying;
        let lead = match (state, &address) {
            (_, Some(_)) => say::lead_known(language),
            (OrderState::Paid, None) => say::lead_paid(language),
            (_, None) => say::lead(language),
        };
        let action = routes::order_address(detail.order.order_id);
        view! { <Fields form address asks lead action language /> }
    });
    view! {
        <section class="shipping" id="address">
            <h2 class="order__heading">{say::title(language)}</h2>
            {message}
            {saved}
            {known}
            {fields}
        </section>
    }
    .into_any()
}

#[component]
fn Known(address: ShippingAddress) -> impl IntoView {
    view! {
        <address class="shipping__known">
            <span>{address.name} " " {address.mobile}</span>
            <span>{address.address}</span>
        </address>
    }
}

/// The form, open if an address is missing or the form is shown again; otherwise folded.
#[component]
fn Fields(
    form: AddressForm,
    address: Option<ShippingAddress>,
    asks: bool,
    lead: &'static str,
    action: String,
    language: Language,
) -> impl IntoView {
    let is_open = asks || form.problem.is_some();
    let label = match address {
        Some(_) => say::change(language),
        None => say::fill_in(language),
    };
    let (typed, mistakes) = match form.problem {
        Some(_) => (form.typed.clone(), form.typed.mistakes()),
        None => (
            address.map(TypedAddress::from).unwrap_or_default(),
            Vec::new(),
        ),
    };
    let name = TextField {
        name: "name",
        label: say::name(language),
        hint: "",
        value: typed.name,
        kind: "text",
        autocomplete: "shipping name",
        max: ShippingAddress::MAX_NAME,
    };
    let mobile = TextField {
        name: "mobile",
        label: say::mobile(language),
        hint: account::mobile_hint(language),
        value: typed.mobile,
        kind: "tel",
        autocomplete: "shipping tel",
        max: 64,
    };
    let address = TextField {
        name: "address",
        label: say::address(language),
        hint: say::address_hint(language),
        value: typed.address,
        kind: "text",
        autocomplete: "shipping address-line1",
        max: ShippingAddress::MAX_ADDRESS,
    };
    let fields = [name, mobile, address].map(|field| {
        let mistake = mistakes.contains(&field.name);
        let mistake = mistake.then(|| say::mistake(language, field.name));
        let has_focus = mistakes.first() == Some(&field.name);
        field.view(mistake, has_focus)
    });
    view! {
        <details class="shipping__change" open=is_open>
            <summary>{label}</summary>
            <form class="shipping__form" method="post" action=action>
                <p>{lead} " " {say::kept_for(language)}</p>
                {fields.into_iter().collect_view()}
                <button class="button" type="submit">{say::save(language)}</button>
            </form>
        </details>
    }
}

/// A labelled field.
struct TextField {
    name: &'static str,
    label: &'static str,
    /// Empty for none.
    hint: &'static str,
    value: String,
    kind: &'static str,
    autocomplete: &'static str,
    /// Most characters. Browsers count UTF-16 units, one or two for a character: the server decides.
    max: usize,
}

impl TextField {
    /// The field, with its mistake beside it.
    fn view(self, mistake: Option<String>, has_focus: bool) -> AnyView {
        let Self { name, hint, .. } = self;
        let described_by = match (mistake.is_some(), hint.is_empty()) {
            (true, true) => Some(format!("{name}-mistake")),
            (true, false) => Some(format!("{name}-mistake {name}-hint")),
            (false, false) => Some(format!("{name}-hint")),
            (false, true) => None,
        };
        let invalid = mistake.is_some().then_some("true");
        let mistake = mistake.map(|words| {
            view! { <p class="field__mistake" id=format!("{name}-mistake")>{words}</p> }
        });
        let hint = (!hint.is_empty())
            .then(|| view! { <p class="field__hint" id=format!("{name}-hint")>{hint}</p> });
        view! {
            <div class="field">
                <label class="field__label" for=name>{self.label}</label>
                <input
                    class="field__input"
                    id=name
                    name=name
                    type=self.kind
                    value=self.value
                    required
                    autocomplete=self.autocomplete
                    inputmode=(self.kind == "tel").then_some("tel")
                    maxlength=(2 * self.max).to_string()
                    aria-describedby=described_by
                    aria-invalid=invalid
                    autofocus=has_focus
                />
                {mistake}
                {hint}
            </div>
        }
        .into_any()
    }
}
