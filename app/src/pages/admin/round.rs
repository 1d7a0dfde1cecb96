//! One round: its state, its units, and the button that stops or resumes it.

use leptos::prelude::*;

use super::{
    Caller,
    table::{Column, Kind, table},
};
use crate::{
    components::{Calendar, Icon, Instant, Shape, fact},
    preview::{Moment, address},
    routes,
    text::pages::{admin as say, preview, report},
    wire::{
        DEFAULT_STOP_TEXT, ItemOverview, Language, LocalText, Permission, Phase, Reason,
        RoundDraft, RoundOverview, RoundState,
    },
};

/// Most characters of an operator's words; the server checks them.
const MAX_WORDS: u32 = 200;

#[component]
pub fn RoundCard<'a>(
    round: &'a RoundOverview,
    calendar: Calendar,
    caller: Caller,
    language: Language,
) -> impl IntoView + use<> {
    let phase = round.phase_at(calendar.now_ms());
    let (class, shape, status) = status(round.state, phase, language);
    let opens = calendar.label(round.starts_at_ms);
    let closes = calendar.label(round.ends_at_ms);
    let heading = format!("round-{}", round.round_id);
    let words = round.stopped.as_ref().map(|words| {
        let words = words.get(language).to_owned();
        view! { <p class="admin__words">{say::shoppers_read(language, &words)}</p> }
    });
    let is_over = phase == Phase::Ended;
    let copy = caller.may(Permission::PrepareRounds).then(|| {
        let from = format!("{}?copy={}", routes::NEW_ROUND, round.round_id);
        view! { <p><a href=from>{say::copy(language)}</a></p> }
    });
    let report = (caller.may(Permission::SeeReports) && phase != Phase::Upcoming).then(|| {
        let report = routes::round_report(round.round_id);
        view! { <p><a href=report>{report::report(language)}</a></p> }
    });
    let shown = address(round.round_id, Moment::Before, None);
    let is_approved = round.state == RoundState::Approved;
    let form = (caller.may(Permission::StopRounds) && is_approved && !is_over).then(|| {
        view! { <StopOrResume round language /> }
    });
    let content = round.to_approve.as_ref().map(|draft| {
        view! { <Content draft language /> }
    });
    let review = (round.state == RoundState::Submitted).then(|| {
        view! { <Review round caller language /> }
    });
    view! {
        <article class="admin__round" aria-labelledby=heading.clone()>
            <header class="admin__head">
                <h2 id=heading.clone()>{round.title.get(language).to_owned()}</h2>
                <span class=class><Icon shape />{status}</span>
                <p class="admin__window">
                    <Instant calendar at_ms=round.starts_at_ms text=opens />
                    " – "
                    <Instant calendar at_ms=round.ends_at_ms text=closes />
                </p>
            </header>
            {words}
            <Origin round language />
            <Units items=&round.items language />
            {content}
            {review}
            {form}
            {report}
            <p><a href=shown>{preview::preview(language)}</a></p>
            {copy}
        </article>
    }
    .into_any()
}

/// A badge with a round's state.
fn status(
    state: RoundState,
    phase: Phase,
    language: Language,
) -> (&'static str, Shape, &'static str) {
    let on_sale = say::phase(language, phase);
    match (state, phase) {
        (RoundState::Submitted, _) => ("badge badge--waiting", Shape::Clock, say::waits(language)),
        (RoundState::SentBack, _) => ("badge", Shape::Withdrawn, say::was_sent_back(language)),
        (RoundState::Approved, Phase::Running) => ("badge badge--done", Shape::Clock, on_sale),
        (RoundState::Approved, Phase::Stopped) => {
            ("badge badge--waiting", Shape::Withdrawn, on_sale)
        }
        (RoundState::Approved, Phase::Upcoming | Phase::Ended) => ("badge", Shape::Clock, on_sale),
    }
}

/// Who prepared a round that is not approved, and why it was sent back.
#[component]
fn Origin<'a>(round: &'a RoundOverview, language: Language) -> impl IntoView + use<> {
    let is_approved = round.state == RoundState::Approved;
    let name = round.prepared_by_name.as_ref().filter(|_| !is_approved);
    let prepared = name.map(|name| {
        view! { <p class="admin__soft">{say::prepared_by(language, name)}</p> }
    });
    let because = round.sent_back_because.as_ref().map(|reason| {
        let words = say::sent_back_because(language, reason);
        view! { <p class="admin__words">{words}</p> }
    });
    view! {
        {prepared}
        {because}
    }
}

/// Everything that is approved, in both languages: the card alone shows less.
#[component]
fn Content<'a>(draft: &'a RoundDraft, language: Language) -> impl IntoView + use<> {
    let both = |words: &LocalText| format!("{} / {}", words.zh, words.en);
    let window = match draft.pay_window_s {
        Some(seconds) => say::seconds(language, seconds),
        None => say::as_the_shop(language).to_owned(),
    };
    let items = draft
        .items
        .iter()
        .map(|item| {
            view! {
                <dl class="facts">
                    {fact(say::item(language), both(&item.title))}
                    {fact(say::description(language), both(&item.description))}
                    {fact(say::picture(language), item.picture_url.clone())}
                    {fact(say::list_price(language), item.list_price.to_string())}
                    {fact(say::price(language), item.sale_price.to_string())}
                    {fact(say::total(language), item.stock.to_string())}
                    {fact(say::segments(language), item.segments.to_string())}
                </dl>
            }
        })
        .collect_view();
    view! {
        <details class="admin__stop" open=true>
            <summary>{say::to_approve(language)}</summary>
            <dl class="facts">
                {fact(say::round_title(language), both(&draft.title))}
                {fact(say::pay_window(language), window)}
            </dl>
            {items}
        </details>
    }
    .into_any()
}

/// The forms that approve a round and send it back.
#[component]
fn Review<'a>(
    round: &'a RoundOverview,
    caller: Caller,
    language: Language,
) -> impl IntoView + use<> {
    let round_id = round.round_id;
    let reason = format!("reason-{round_id}");
    let content_hash = round.content_hash.clone();
    let approve = caller.may(Permission::ApproveRounds).then(|| {
        view! {
            <form class="admin__form" method="post" action=routes::approve_round(round_id)>
                <p>{say::approve_means(language)}</p>
                <input type="hidden" name="content_hash" value=content_hash />
                <button class="button button--main" type="submit">{say::approve(language)}</button>
            </form>
        }
    });
    let is_own =
        caller.may(Permission::PrepareRounds) && round.prepared_by == Some(caller.account_id);
    let send_back = (caller.may(Permission::ApproveRounds) || is_own).then(|| {
        view! {
            <details class="admin__stop">
                <summary>{say::send_back(language)}</summary>
                <form class="admin__form" method="post" action=routes::send_round_back(round_id)>
                    <label for=reason.clone()>{say::send_back_reason(language)}</label>
                    <input id=reason name="reason" maxlength=Reason::MAX.to_string() required=true />
                    <button class="button button--main" type="submit">
                        {say::send_back_now(language)}
                    </button>
                </form>
            </details>
        }
    });
    view! {
        {approve}
        {send_back}
    }
    .into_any()
}

/// Every unit, one row for each item.
#[component]
fn Units<'a>(items: &'a [ItemOverview], language: Language) -> impl IntoView + use<> {
    let rows = items
        .iter()
        .map(|item| {
            view! {
                <tr>
                    <th scope="row">
                        <a href=routes::item(item.item_id)>{item.title.get(language).to_owned()}</a>
                    </th>
                    <td>{item.sale_price.to_string()}</td>
                    <td>{item.sellable}</td>
                    <td>{item.locked}</td>
                    <td>{item.sold}</td>
                    <td>{item.total}</td>
                </tr>
            }
        })
        .collect_view();
    table(
        Kind::Units,
        say::units(language),
        [
            say::item(language),
            say::price(language),
            say::sellable(language),
            say::locked(language),
            say::sold(language),
            say::total(language),
        ]
        .map(Column::Plain),
        rows,
    )
}

/// The stop button with the words that shoppers will read, or the resume button.
#[component]
fn StopOrResume<'a>(round: &'a RoundOverview, language: Language) -> impl IntoView + use<> {
    let round_id = round.round_id;
    if round.stopped.is_some() {
        return view! {
            <form class="admin__form" method="post" action=routes::resume_round(round_id)>
                <button class="button button--main" type="submit">{say::resume(language)}</button>
            </form>
        }
        .into_any();
    }
    let field = |name: &'static str, label: &'static str, value: &'static str| {
        let id = format!("{name}-{round_id}");
        view! {
            <label for=id.clone()>{label}</label>
            <input id=id name=name value=value maxlength=MAX_WORDS required=true />
        }
    };
    view! {
        <details class="admin__stop">
            <summary>{say::stop(language)}</summary>
            <form class="admin__form" method="post" action=routes::stop_round(round_id)>
                <p>{say::stop_means(language)}</p>
                {field("zh", say::words_zh(language), DEFAULT_STOP_TEXT.0)}
                {field("en", say::words_en(language), DEFAULT_STOP_TEXT.1)}
                <button class="button button--main" type="submit">{say::stop_now(language)}</button>
            </form>
        </details>
    }
    .into_any()
}
