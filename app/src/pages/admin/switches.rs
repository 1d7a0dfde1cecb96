//! `/admin/switches`: the switches that are set, by whom, why and until when, and the forms that change
//! them.

use leptos::prelude::*;

use super::frame::{Section, StaffFrame, for_staff, in_effect, parameter};
use crate::{
    api,
    components::when_read,
    routes,
    text::pages::{admin, switches as say},
    wire::{Language, Permission, Reason, Role, SetSwitch, Switch},
};

/// The offered durations, in minutes. Programs may send any number up to a day.
const MINUTES: [u32; 5] = [15, 60, 180, 720, Switch::MAX_MINUTES];

#[component]
pub fn AdminSwitchesPage() -> impl IntoView {
    let language = api::language();
    when_read(
        language,
        for_staff(api::switches()),
        move |(set, role, now_ms)| view! { <Switches set role now_ms language /> }.into_any(),
    )
}

#[component]
fn Switches(set: Vec<SetSwitch>, role: Role, now_ms: i64, language: Language) -> impl IntoView {
    let may = Permission::SetSwitches.is_given_to(role);
    let problem = parameter("problem").map(|field| {
        view! { <p class="form__message" role="alert">{say::problem(language, &field)}</p> }
    });
    let cards = Switch::ALL
        .into_iter()
        .map(|switch| {
            let set = set.iter().find(|set| set.switch == switch);
            let status = set.map(|set| in_effect(language, set, now_ms));
            view! { <Card switch status may language /> }
        })
        .collect_view();
    view! {
        <StaffFrame here=Section::Switches role title=admin::switches(language) language>
            <p class="lead">{say::intro(language)}</p>
            {problem}
            {cards}
        </StaffFrame>
    }
}

#[component]
fn Card(
    switch: Switch,
    /// The text shown while it is set.
    status: Option<String>,
    may: bool,
    language: Language,
) -> impl IntoView {
    let heading = format!("switch-{}", switch.code());
    let is_set = status.is_some();
    let status = match status {
        Some(words) => view! { <p class="admin__words">{words}</p> }.into_any(),
        None => view! { <p class="admin__soft">{say::off(language)}</p> }.into_any(),
    };
    let forms = may.then(|| {
        let clear = is_set.then(|| {
            view! {
                <form method="post" action=routes::change_switch(switch, false)>
                    <button class="button" type="submit">{say::clear(language)}</button>
                </form>
            }
        });
        view! { {clear} <SetForm switch is_set language /> }
    });
    view! {
        <article class="admin__round" aria-labelledby=heading.clone()>
            <header class="admin__head">
                <h2 id=heading.clone()>{say::name(language, switch)}</h2>
            </header>
            <p>{say::meaning(language, switch)}</p>
            {status}
            {forms}
        </article>
    }
    .into_any()
}

#[component]
fn SetForm(switch: Switch, is_set: bool, language: Language) -> impl IntoView {
    let (reason, minutes) = (
        format!("reason-{}", switch.code()),
        format!("minutes-{}", switch.code()),
    );
    let choices = MINUTES
        .map(|minutes| {
            view! { <option value=minutes.to_string()>{say::minutes(language, minutes)}</option> }
        })
        .collect_view();
    let summary = match is_set {
        true => say::change(language),
        false => say::set(language),
    };
    view! {
        <details class="admin__stop">
            <summary>{summary}</summary>
            <form class="admin__form" method="post" action=routes::change_switch(switch, true)>
                <label for=minutes.clone()>{say::how_long(language)}</label>
                <select id=minutes name="minutes">{choices}</select>
                <label for=reason.clone()>{say::reason(language)}</label>
                <input id=reason name="reason" maxlength=Reason::MAX.to_string() required=true />
                <button class="button button--main" type="submit">{say::set_now(language)}</button>
            </form>
        </details>
    }
    .into_any()
}
