//! `/admin/messages`: reservations that could not be written as orders, and undelivered messages to programs,
//! each with a button to try again.

use leptos::prelude::*;

use super::{
    confirmation::Confirm,
    frame::{Section, StaffFrame, for_staff, parameter},
};
use crate::{
    api,
    components::{Calendar, Instant, when_read},
    routes,
    text::pages::{admin, undelivered as say},
    wire::{
        Language, Parked, ParkedReservation, Permission, ReservationId, Role, Undelivered, Webhook,
        WebhookMessage,
    },
};

/// Everything that needs manual work.
#[component]
pub fn AdminMessagesPage() -> impl IntoView {
    let language = api::language();
    let to_drop = parameter("drop").and_then(|id| id.parse().ok());
    let read = for_staff(api::undelivered());
    when_read(language, read, move |(found, role, now_ms)| {
        view! { <Messages found to_drop role now_ms language /> }.into_any()
    })
}

/// Data for every row.
#[derive(Clone, Copy)]
struct Shown {
    calendar: Calendar,
    may_resolve: bool,
    language: Language,
}

#[component]
fn Messages(
    found: Undelivered,
    to_drop: Option<ReservationId>,
    role: Role,
    now_ms: i64,
    language: Language,
) -> impl IntoView {
    let shown = Shown {
        calendar: Calendar::of_page(now_ms, language),
        may_resolve: Permission::ResolveUndelivered.is_given_to(role),
        language,
    };
    let drop = to_drop.filter(|_| shown.may_resolve).map(|id| {
        view! {
            <Confirm
                action=routes::drop_parked(id)
                label=say::drop_this(language, &id.to_string())
                means=say::drop_means(language)
                button=say::drop_now(language)
                language
            />
        }
    });
    let parked = match &found.parked {
        Some(parked) => view! { <ParkedList parked shown /> }.into_any(),
        None => view! { <p class="admin__words">{say::parked_unknown(language)}</p> }.into_any(),
    };
    let webhooks = found
        .webhooks
        .iter()
        .map(|webhook| endpoint(webhook, shown))
        .collect_view();
    let given_up = list(&found.given_up, &found.webhooks, shown);
    let waiting = list(&found.waiting, &found.webhooks, shown);
    view! {
        <StaffFrame here=Section::Messages role title=admin::messages(language) language>
            {drop}
            <h2>{say::parked(language)}</h2>
            <p class="admin__soft">{say::parked_means(language)}</p>
            {parked}
            <h2>{say::webhooks(language)}</h2>
            <p class="admin__soft">{say::webhooks_mean(language)}</p>
            {found.webhooks.is_empty().then(|| view! { <p>{say::no_webhooks(language)}</p> })}
            <ul class="admin__plain">{webhooks}</ul>
            <h2>{say::given_up(language)}</h2>
            {given_up}
            <h2>{say::waiting(language)}</h2>
            {waiting}
        </StaffFrame>
    }
}

/// Parked reservations, oldest first.
#[component]
fn ParkedList<'a>(parked: &'a Parked, shown: Shown) -> impl IntoView + use<> {
    let language = shown.language;
    if parked.all == 0 {
        return view! { <p>{say::nothing_parked(language)}</p> }.into_any();
    }
    let rows = parked
        .entries
        .iter()
        .map(|entry| reservation(entry, shown))
        .collect_view();
    let replay = shown.may_resolve.then(|| {
        view! {
            <form method="post" action=routes::REPLAY_ALL_PARKED>
                <button class="button button--main" type="submit">{say::replay_all(language)}</button>
            </form>
        }
    });
    view! {
        <p>{say::how_many_parked(language, parked.all, parked.unreadable)}</p>
        {replay}
        <ul class="admin__plain">{rows}</ul>
    }
    .into_any()
}

fn reservation(entry: &ParkedReservation, shown: Shown) -> impl IntoView + use<> {
    let (id, language) = (entry.reservation_id, shown.language);
    let buttons = shown.may_resolve.then(|| {
        view! {
            <div class="admin__buttons">
                <form method="post" action=routes::replay_parked(id)>
                    <button class="button" type="submit">{say::replay(language)}</button>
                </form>
                <a class="button" href=routes::drop_form(id)>{say::drop(language)}</a>
            </div>
        }
    });
    view! {
        <li>
            <p>
                <a href=routes::item(entry.item_id)>{say::item(language)}</a> " "
                <a href=routes::admin_buyer(entry.buyer)>{say::number(language, entry.position)}</a> " "
                {entry.replayed.then(|| say::replayed(language))}
            </p>
            <p class="admin__soft">
                <code>{id.to_string()}</code> " "
                <Instant calendar=shown.calendar at_ms=entry.held_at_ms text=shown.calendar.exact(entry.held_at_ms) />
            </p>
            {buttons}
        </li>
    }
}

fn endpoint(webhook: &Webhook, shown: Shown) -> impl IntoView + use<> {
    let language = shown.language;
    let status = match (&webhook.switched_off, webhook.switched_off_at_ms) {
        (Some(why), Some(at_ms)) => say::off_since(language, &shown.calendar.exact(at_ms), why),
        _ => say::on(language).to_owned(),
    };
    view! {
        <li>
            <p><code>{webhook.url.clone()}</code> " " {status}</p>
            <p class="admin__soft">{webhook.events.join(", ")}</p>
        </li>
    }
}

/// Undelivered messages.
fn list(messages: &[WebhookMessage], webhooks: &[Webhook], shown: Shown) -> AnyView {
    if messages.is_empty() {
        return view! { <p>{say::none(shown.language)}</p> }.into_any();
    }
    let rows = messages
        .iter()
        .map(|message| {
            let known = webhooks
                .iter()
                .find(|known| known.endpoint_id == message.endpoint_id);
            let url = known.map(|known| known.url.clone()).unwrap_or_default();
            row(message, url, shown)
        })
        .collect_view();
    view! { <ul class="admin__plain">{rows}</ul> }.into_any()
}

fn row(message: &WebhookMessage, url: String, shown: Shown) -> impl IntoView + use<> {
    let (calendar, language) = (shown.calendar, shown.language);
    let replay = shown.may_resolve.then(|| {
        view! {
            <form method="post" action=routes::replay_message(message.delivery_id)>
                <button class="button" type="submit">{say::send_again(language)}</button>
            </form>
        }
    });
    let error = message.last_error.clone().unwrap_or_default();
    let next = message
        .next_at_ms
        .map(|at_ms| say::next_at(language, &calendar.exact(at_ms)));
    view! {
        <li>
            <p>
                <strong>{message.event.clone()}</strong> " " <code>{message.subject_id.to_string()}</code>
                " → " <code>{url}</code>
            </p>
            <p class="admin__soft">
                <Instant calendar at_ms=message.at_ms text=calendar.exact(message.at_ms) /> " "
                {say::tries(language, message.tries)} " " {error} " " {next}
            </p>
            {replay}
        </li>
    }
}
