//! `/messages`: the shop's messages to the caller. Rendered per request; visitors who are signed out never
//! get here. An island, or a button that works without scripts, marks them as read: loading the page alone
//! changes nothing.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api,
    components::{Calendar, Dial, Instant, when_read},
    islands::SeenMessages,
    routes,
    text::pages::inbox as say,
    wire::{ApiError, Language, Message, MessageId},
};

/// The list of messages.
#[component]
pub fn MessagesPage() -> impl IntoView {
    let language = api::language();
    when_read(language, read(), move |(messages, now_ms)| {
        let calendar = Calendar::of_page(now_ms, language);
        view! { <Inbox messages calendar language /> }.into_any()
    })
}

async fn read() -> Result<(Vec<Message>, i64), ApiError> {
    Ok((api::messages().await?, api::clock().await?.now_ms))
}

#[component]
fn Inbox(messages: Vec<Message>, calendar: Calendar, language: Language) -> impl IntoView {
    let latest = messages.first().map(|message| message.message_id);
    let has_unread = messages.iter().any(|message| !message.is_read);
    let read_all = latest
        .filter(|_| has_unread)
        .map(|up_to| view! { <ReadAll up_to language /> });
    let list = match messages.is_empty() {
        true => view! { <Empty language /> }.into_any(),
        false => {
            let rows = messages
                .into_iter()
                .map(|message| view! { <Row message calendar language /> })
                .collect_view();
            view! {
                <p class="lead">{say::lead(language)}</p>
                {read_all}
                <ol class="messages">{rows}</ol>
            }
            .into_any()
        }
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
fn ReadAll(up_to: MessageId, language: Language) -> impl IntoView {
    view! {
        <form method="post" action=routes::READ_MESSAGES>
            <input type="hidden" name="message_id" value=up_to.to_string() />
            <button class="button" type="submit">{say::read_all(language)}</button>
        </form>
        <SeenMessages up_to />
    }
}

#[component]
fn Row(message: Message, calendar: Calendar, language: Language) -> impl IntoView {
    let badge = (!message.is_read)
        .then(|| view! { <span class="badge badge--waiting">{say::new(language)}</span> " " });
    view! {
        <li class="messages__row">
            <p class="messages__top">
                {badge}
                <Instant calendar at_ms=message.at_ms text=calendar.when(message.at_ms) />
            </p>
            <h2 class="messages__title">
                <a class="card__link" href=routes::order(message.order_id)>
                    {message.title.get(language).to_owned()}
                </a>
            </h2>
            <p>{say::text(language, message.kind)}</p>
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
        </div>
    }
}
